#include "daemon/notes/finder.h"

#include <stdlib.h>
#include <string.h>

#include "base/macros.h"

#define STRANGERS UINT32_MAX /* who asks, for all uids that are not known to have an account: it is no uid */

/* One that waits. */
struct finder_note {
	LIST_ENTRY(finder_note) link;
	struct names_asker asker;
	struct finder *finder;
	uint64_t token;
	bool bound; /* to the uid `only` */
	uint32_t only;
	struct kept_record record;
	uint8_t body[];
};

/* What the answer means for a note that may be bound to a uid. */
static enum verdict
judge(enum verdict v, uint32_t uid, const uint32_t *only)
{
	if (v == VERDICT_NO_ANSWER)
		return VERDICT_NO_OWNER; /* it was asked with patience: the sender need not ask again */
	return v == VERDICT_OK && only && *only != uid ? VERDICT_NO_SUCH_USER : v;
}

static void
on_answered(struct names_asker *asker, enum verdict v)
{
	struct finder_note *n = container_of(asker, struct finder_note, asker);
	struct finder *f = n->finder;

	n->record.to_uid = asker->uid;
	LIST_REMOVE(n, link);
	f->class->found(f->context, n->token, &n->record, judge(v, asker->uid, n->bound ? &n->only : NULL));
	free(n);
}

static struct finder_note *
copy(struct finder *f, uint64_t token, const struct kept_record *r, const uint32_t *only)
{
	struct finder_note *n = calloc(1, sizeof(*n) + r->note.length);

	if (!n)
		return NULL;
	*n = (struct finder_note){ .asker.answered = on_answered, .finder = f, .token = token, .record = *r };
	n->bound = only != NULL;
	n->only = only ? *only : 0;
	memcpy(n->body, r->note.body, r->note.length);
	n->record.note.body = n->body;
	return n;
}

enum verdict
finder_find(struct finder *f, uint64_t token, struct kept_record *r, const uint32_t *only)
{
	const uint32_t asking = r->note.stranger ? STRANGERS : r->note.from.uid;
	struct finder_note *n = copy(f, token, r, only);
	enum verdict v;

	if (!n)
		return VERDICT_FULL;
	v = names_find(f->names, asking, r->to_name, &r->to_uid, &n->asker);
	if (v == VERDICT_QUEUED) {
		LIST_INSERT_HEAD(&f->notes, n, link);
		return v;
	}
	free(n);
	return judge(v, r->to_uid, only);
}

void
finder_init(struct finder *f, const struct finder_class *class, void *context, struct names *names)
{
	*f = (struct finder){ .class = class, .context = context, .names = names };
	LIST_INIT(&f->notes);
}

void
finder_release(struct finder *f)
{
	struct finder_note *n;

	while ((n = LIST_FIRST(&f->notes))) {
		names_leave(f->names, &n->asker);
		LIST_REMOVE(n, link);
		free(n);
	}
}
