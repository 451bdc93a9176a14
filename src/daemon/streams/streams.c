#include "daemon/streams/streams.h"

#include <stdlib.h>

#include "core/answer.h"

/* What two connections have offered each other; both refer to it. */
struct streams_pair {
	struct streams_end *end[2];
	struct offers offers;
	uint32_t *counted[2]; /* where its channel is; NULL: nowhere */
};

static uint8_t
side_of(const struct streams_end *e)
{
	return e->pair->end[1] == e;
}

static struct streams_end *
partner_of(const struct streams_end *e)
{
	return e->pair->end[!side_of(e)];
}

/* Of one uid at both ends a channel counts once. A uid whose account is found meanwhile is counted elsewhere from then on. */
static void
count_channel(struct streams_pair *p)
{
	for (int i = 0; i < 2; i++)
		p->counted[i] = p->end[i]->class->channels(p->end[i]);
	if (p->counted[0] == p->counted[1])
		p->counted[1] = NULL;
	for (int i = 0; i < 2; i++)
		if (p->counted[i])
			++*p->counted[i];
}

static void
uncount_channel(struct streams_pair *p)
{
	for (int i = 0; i < 2; i++) {
		if (p->counted[i])
			--*p->counted[i];
		p->counted[i] = NULL;
	}
}

static void
tell(struct streams_end *e, enum upstream_type type, const struct ident *msgid, enum verdict v)
{
	const struct offer_word w = { .msgid = *msgid, .verdict = (uint8_t)v };

	e->class->word(e, type, &w);
}

/* ------ offers ------ */

/* Both ends refer to one pair from their first offer on. */
static bool
join(struct streams_end *e, struct streams_end *to)
{
	struct streams_pair *p;

	if (e->pair && e->pair == to->pair)
		return true;
	if (!(p = calloc(1, sizeof(*p))))
		return false;
	streams_reset(e);
	streams_reset(to);
	p->end[0] = e;
	p->end[1] = to;
	e->pair = to->pair = p;
	return true;
}

/* OK, and it goes on to the partner. */
static enum verdict
say(struct streams_end *e, struct streams_end *to, const struct offer *o)
{
	bool had;
	enum verdict v;

	if (!join(e, to))
		return VERDICT_FAILED;
	had = offers_have_channel(&e->pair->offers);
	v = offers_say(&e->pair->offers, side_of(e), &o->msgid, o->open);
	if (v == VERDICT_OK && !had && offers_have_channel(&e->pair->offers))
		count_channel(e->pair);
	return v;
}

void
streams_offer(struct streams_end *e, const struct offer *o)
{
	struct streams_end *to = NULL;
	enum verdict v = e->class->partner(e, o->pair, &to);

	if (v == VERDICT_OK)
		v = say(e, to, o);
	if (v != VERDICT_OK)
		tell(e, UPSTREAM_OFFER_TOLD, &o->msgid, v);
	else if (!o->open) /* of a channel that is open the partner's command knows */
		to->class->offered(to, o);
}

void
streams_stored(struct streams_end *e, const struct offer_word *w)
{
	const enum verdict v = answer_to_offer((enum verdict)w->verdict);
	const struct offer_word told = { .msgid = w->msgid, .verdict = (uint8_t)v, .number = w->number };
	struct streams_end *to;

	if (!e->pair || !offers_stored(&e->pair->offers, side_of(e), &w->msgid, v))
		return;
	to = partner_of(e);
	to->class->word(to, UPSTREAM_OFFER_TOLD, &told);
}

void
streams_decline(struct streams_end *e, const struct ident *msgid)
{
	if (e->pair && offers_decline(&e->pair->offers, side_of(e), msgid))
		tell(partner_of(e), UPSTREAM_OFFER_TOLD, msgid, VERDICT_DECLINED);
}

/* ------ channels ------ */

static enum verdict
take(struct streams_end *e, const struct ident *msgid)
{
	struct offers_use use;
	enum verdict v;

	if (!e->pair)
		return VERDICT_NOTHING;
	use = (struct offers_use){ .taker = *e->class->channels(e), .offerer = *e->class->channels(partner_of(e)) };
	v = offers_take(&e->pair->offers, side_of(e), msgid, &use);
	if (v != VERDICT_OK)
		return v;
	count_channel(e->pair);
	return VERDICT_OK;
}

void
streams_accept(struct streams_end *e, const struct ident *msgid)
{
	const enum verdict v = take(e, msgid);

	if (v != VERDICT_OK) {
		tell(e, UPSTREAM_CHANNEL, msgid, v);
		return;
	}
	if (e->class->channel(e, partner_of(e), msgid))
		return;
	tell(e, UPSTREAM_CHANNEL, msgid, VERDICT_ABSENT);
	streams_over(e, msgid);
}

void
streams_over(struct streams_end *e, const struct ident *msgid)
{
	struct offers_end end;

	if (!e->pair || !offers_over(&e->pair->offers, side_of(e), msgid, &end))
		return;
	if (end.channel)
		uncount_channel(e->pair);
	if (end.by_offerer)
		tell(partner_of(e), UPSTREAM_OFFER_GONE, msgid, VERDICT_OK);
	else
		tell(partner_of(e), UPSTREAM_OFFER_TOLD, msgid, VERDICT_NOT_TAKEN);
}

void
streams_reset(struct streams_end *e)
{
	struct streams_pair *const p = e->pair;

	if (!p)
		return;
	uncount_channel(p);
	p->end[0]->pair = p->end[1]->pair = NULL;
	free(p);
}
