#include "session/messages/offers_in.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "core/limits.h"

enum stage {
	FREE = 0,
	OWED,  /* to be answered when the transaction ends */
	OPEN,  /* it can be taken */
	ASKED, /* a command takes it: the daemon is asked for the channel */
	TAKEN, /* a command has the channel */
};

struct entry {
	enum stage stage;
	bool hangs;  /* OWED: on the transaction */
	bool orphan; /* ASKED: its command is gone */
	uint32_t client;
	uint64_t number;
	int64_t time_ms;
	enum verdict verdict; /* OWED */
	struct ident msgid;
	uint8_t body[OFFER_MAX];
	uint32_t length;
};

struct offers_in {
	const struct offers_in_class *class;
	void *context;
	struct entry *entry[OFFERS_PAIR]; /* NULL: a place that was never used */
};

struct offers_in *
offers_in_new(const struct offers_in_class *class, void *context)
{
	struct offers_in *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->class = class;
	o->context = context;
	return o;
}

void
offers_in_free(struct offers_in *o)
{
	if (!o)
		return;
	for (size_t i = 0; i < OFFERS_PAIR; i++)
		free(o->entry[i]);
	free(o);
}

static struct entry *
find(const struct offers_in *o, const struct ident *msgid)
{
	for (size_t i = 0; i < OFFERS_PAIR; i++)
		if (o->entry[i] && o->entry[i]->stage != FREE && ident_equal(&o->entry[i]->msgid, msgid))
			return o->entry[i];
	return NULL;
}

static struct entry *
free_place(struct offers_in *o)
{
	for (size_t i = 0; i < OFFERS_PAIR; i++) {
		if (!o->entry[i])
			o->entry[i] = calloc(1, sizeof(*o->entry[i]));
		if (o->entry[i] && o->entry[i]->stage == FREE)
			return o->entry[i];
	}
	return NULL;
}

/* The one of that number, or the oldest above `after` when it is 0; of those that can be taken. */
static struct entry *
choose(const struct offers_in *o, uint64_t number, uint64_t after)
{
	struct entry *found = NULL;

	for (size_t i = 0; i < OFFERS_PAIR; i++) {
		struct entry *e = o->entry[i];

		if (!e || e->stage != OPEN || e->number <= after || (number != 0 && e->number != number))
			continue;
		if (!found || e->number < found->number)
			found = e;
	}
	return found;
}

static void
send_word(struct offers_in *o, enum upstream_type type, const struct ident *msgid, enum verdict v, uint64_t number)
{
	const struct upstream_message m = { .type = type,
		.u.word = { .msgid = *msgid, .verdict = (uint8_t)v, .number = number } };

	(void)o->class->send(o->context, &m);
}

/* ------------------------------------------------------------------------- from the partner */

static void
answer(struct offers_in *o, struct entry *e, enum verdict v)
{
	e->stage = v == VERDICT_OK ? OPEN : FREE;
	send_word(o, UPSTREAM_OFFER_ACK, &e->msgid, v, e->number);
}

void
offers_in_refuse(struct offers_in *o, const struct offer *offer)
{
	send_word(o, UPSTREAM_OFFER_ACK, &offer->msgid, VERDICT_OFFERS_FULL, 0);
}

void
offers_in_offered(struct offers_in *o, const struct offer *offer)
{
	struct entry *e = find(o, &offer->msgid);
	bool known = false;

	if (!e)
		e = free_place(o);
	else if (e->stage != OPEN)
		return; /* it is being answered, or taken */
	if (!e) {
		offers_in_refuse(o, offer);
		return;
	}
	e->orphan = false;
	e->msgid = offer->msgid;
	e->length = offer->length;
	e->time_ms = clock_wall_ms();
	memcpy(e->body, offer->body, offer->length);
	e->verdict = o->class->store(o->context, offer, e->time_ms, &e->number, &known);
	e->hangs = e->verdict == VERDICT_OK && !known;
	e->stage = OWED;
	if (!o->class->writing(o->context))
		answer(o, e, e->verdict);
}

void
offers_in_committed(struct offers_in *o, enum verdict v)
{
	for (size_t i = 0; i < OFFERS_PAIR; i++) {
		struct entry *e = o->entry[i];

		if (!e || e->stage != OWED)
			continue;
		if (v == VERDICT_STALE)
			e->stage = FREE;
		else
			answer(o, e, !e->hangs ? e->verdict : v == VERDICT_OK ? VERDICT_OK : VERDICT_STORAGE);
	}
}

void
offers_in_gone(struct offers_in *o, const struct ident *msgid)
{
	struct entry *e = find(o, msgid);

	if (!e || e->stage == TAKEN)
		return; /* its command sees the end of the channel */
	if (e->stage == ASKED && !e->orphan)
		o->class->refused(o->context, e->client, VERDICT_NOTHING);
	e->stage = FREE;
	o->class->changed(o->context);
}

void
offers_in_reset(struct offers_in *o)
{
	for (size_t i = 0; i < OFFERS_PAIR; i++) {
		struct entry *e = o->entry[i];

		if (!e)
			continue;
		if (e->stage == ASKED && !e->orphan)
			o->class->refused(o->context, e->client, VERDICT_ABSENT);
		e->stage = FREE;
	}
	o->class->changed(o->context);
}

/* ------------------------------------------------------------------------- for commands */

static void
as_record(const struct offers_in *o, const struct entry *e, struct record *r)
{
	*r = (struct record){
		.id = e->number,
		.type = RECORD_OFFER,
		.time_ms = e->time_ms,
		.peer = *o->class->partner(o->context),
		.msgid = e->msgid,
		.body = e->body,
		.length = e->length,
	};
}

void
offers_in_each(struct offers_in *o, void (*fn)(const struct record *r, void *context), void *context)
{
	const struct entry *e = NULL;
	struct record r;

	while ((e = choose(o, 0, e ? e->number : 0))) {
		as_record(o, e, &r);
		fn(&r, context);
	}
}

void
offers_in_accept(struct offers_in *o, uint32_t client, uint64_t number)
{
	struct entry *e = choose(o, number, 0);
	struct upstream_message m = { .type = UPSTREAM_ACCEPT };

	if (!e) {
		o->class->refused(o->context, client, VERDICT_NOTHING);
		return;
	}
	m.u.word.msgid = e->msgid;
	e->stage = ASKED;
	e->orphan = false;
	e->client = client;
	o->class->changed(o->context);
	if (o->class->send(o->context, &m))
		return;
	e->stage = OPEN;
	o->class->refused(o->context, client, VERDICT_ABSENT);
}

void
offers_in_channel(struct offers_in *o, const struct offer_word *w, int fd)
{
	struct entry *e = find(o, &w->msgid);
	struct record r;

	if (!e || e->stage != ASKED) {
		if (fd >= 0)
			o->class->drop(o->context, fd);
		return;
	}
	if (fd < 0) {
		e->stage = w->verdict == VERDICT_CHANNEL_OPEN || w->verdict == VERDICT_RATE ? OPEN : FREE;
		if (!e->orphan)
			o->class->refused(o->context, e->client, (enum verdict)w->verdict);
	} else if (e->orphan) {
		o->class->drop(o->context, fd);
		send_word(o, UPSTREAM_OFFER_OVER, &e->msgid, VERDICT_OK, 0);
		e->stage = FREE;
	} else {
		as_record(o, e, &r);
		e->stage = TAKEN;
		o->class->taken(o->context, e->client, &r, fd);
	}
	o->class->changed(o->context);
}

enum verdict
offers_in_decline(struct offers_in *o, uint64_t number)
{
	struct entry *e = choose(o, number, 0);
	struct upstream_message m = { .type = UPSTREAM_DECLINE };

	if (!e)
		return VERDICT_NOTHING;
	m.u.word.msgid = e->msgid;
	if (!o->class->send(o->context, &m))
		return VERDICT_ABSENT;
	e->stage = FREE;
	return VERDICT_OK;
}

void
offers_in_forget(struct offers_in *o, uint32_t client)
{
	for (size_t i = 0; i < OFFERS_PAIR; i++) {
		struct entry *e = o->entry[i];

		if (!e || e->client != client)
			continue;
		if (e->stage == ASKED)
			e->orphan = true;
		if (e->stage != TAKEN)
			continue;
		send_word(o, UPSTREAM_OFFER_OVER, &e->msgid, VERDICT_OK, 0);
		e->stage = FREE;
		o->class->changed(o->context);
	}
}

bool
offers_in_any(const struct offers_in *o)
{
	for (size_t i = 0; i < OFFERS_PAIR; i++)
		if (o->entry[i] && o->entry[i]->stage == ASKED)
			return true;
	return false;
}
