#include "session/messages/notes_out.h"

#include <stdlib.h>

#include "core/limits.h"

struct open_note {
	bool used;
	bool orphan; /* its command is gone */
	uint32_t client;
	struct ident msgid;
};

struct notes_out {
	const struct notes_out_class *class;
	void *context;
	struct open_note note[NOTES_WAY_UID];
};

struct notes_out *
notes_out_new(const struct notes_out_class *class, void *context)
{
	struct notes_out *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->class = class;
	n->context = context;
	return n;
}

void
notes_out_free(struct notes_out *n)
{
	free(n);
}

static void
answer(struct notes_out *n, uint32_t client, const struct ident *msgid, enum verdict v)
{
	const struct told t = { .msgid = *msgid, .verdict = (uint8_t)v };

	n->class->told(n->context, client, &t);
}

static struct open_note *
free_note(struct notes_out *n)
{
	for (size_t i = 0; i < ARRAY_SIZE(n->note); i++)
		if (!n->note[i].used)
			return &n->note[i];
	return NULL;
}

void
notes_out_tell(struct notes_out *n, uint32_t client, const struct tell *t)
{
	const struct upstream_message m = { .type = UPSTREAM_TELL, .u.tell = *t };
	struct open_note *o = free_note(n);
	enum verdict v = n->class->reach(n->context);

	if (v == VERDICT_OK && !o)
		v = VERDICT_FULL;
	if (v == VERDICT_OK && !n->class->send(n->context, &m))
		v = VERDICT_NO_DAEMON;
	if (v != VERDICT_OK)
		answer(n, client, &t->msgid, v);
	else
		*o = (struct open_note){ .used = true, .client = client, .msgid = t->msgid };
}

static void
settle(struct notes_out *n, struct open_note *o, enum verdict v)
{
	o->used = false;
	if (!o->orphan)
		answer(n, o->client, &o->msgid, v);
}

void
notes_out_told(struct notes_out *n, const struct told *t)
{
	for (size_t i = 0; i < ARRAY_SIZE(n->note); i++) {
		if (n->note[i].used && ident_equal(&n->note[i].msgid, &t->msgid)) {
			settle(n, &n->note[i], (enum verdict)t->verdict);
			return; /* the same id may be told twice: each is answered */
		}
	}
}

void
notes_out_down(struct notes_out *n)
{
	for (size_t i = 0; i < ARRAY_SIZE(n->note); i++)
		if (n->note[i].used)
			settle(n, &n->note[i], VERDICT_STALE);
}

void
notes_out_forget(struct notes_out *n, uint32_t client)
{
	for (size_t i = 0; i < ARRAY_SIZE(n->note); i++)
		n->note[i].orphan |= n->note[i].used && n->note[i].client == client;
}
