#include "session/messages/offers_out.h"

#include <stdlib.h>
#include <string.h>

#include "core/answer.h"
#include "core/exchange.h"
#include "core/limits.h"
#include "proto/offer.h"

struct held {
	bool used;
	bool sent; /* under the present connection to the partner */
	bool open; /* its channel is */
	uint32_t client;
	uint64_t pair;
	struct ident msgid;
	uint8_t body[OFFER_MAX];
	uint32_t length;
};

struct offers_out {
	const struct offers_out_class *class;
	void *context;
	const struct state *state;
	struct held *held[OFFERS_PAIR]; /* NULL: a place that was never used */
};

struct offers_out *
offers_out_new(const struct offers_out_class *class, void *context, const struct state *state)
{
	struct offers_out *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->class = class;
	o->context = context;
	o->state = state;
	return o;
}

void
offers_out_free(struct offers_out *o)
{
	if (!o)
		return;
	for (size_t i = 0; i < OFFERS_PAIR; i++)
		free(o->held[i]);
	free(o);
}

static struct held *
find(const struct offers_out *o, const struct ident *msgid)
{
	for (size_t i = 0; i < OFFERS_PAIR; i++)
		if (o->held[i] && o->held[i]->used && ident_equal(&o->held[i]->msgid, msgid))
			return o->held[i];
	return NULL;
}

static struct held *
free_place(struct offers_out *o)
{
	for (size_t i = 0; i < OFFERS_PAIR; i++) {
		if (!o->held[i])
			o->held[i] = calloc(1, sizeof(*o->held[i]));
		if (o->held[i] && !o->held[i]->used)
			return o->held[i];
	}
	return NULL;
}

static void
tell(struct offers_out *o, uint32_t client, const struct ident *msgid, enum verdict v)
{
	const struct offer_word w = { .msgid = *msgid, .verdict = (uint8_t)v };

	o->class->told(o->context, client, &w);
}

static void
let_go(struct offers_out *o, struct held *h)
{
	h->used = false;
	o->class->changed(o->context);
}

static void
say(struct offers_out *o, struct held *h)
{
	const struct upstream_message m = { .type = UPSTREAM_OFFER,
		.u.offer = {
		    .pair = h->pair, .msgid = h->msgid, .open = h->open, .body = h->body, .length = h->length } };

	if (!h->sent && o->state->partner.online)
		h->sent = o->class->send(o->context, &m);
}

/* Why there is no such pair. */
static enum verdict
why_not(const struct offers_out *o)
{
	const struct partner *p = &o->state->partner;

	return p->pair != 0 ? VERDICT_LEFT : ending_verdict(p->last_end);
}

void
offers_out_offer(struct offers_out *o, uint32_t client, const struct offer *offer)
{
	struct held *h = NULL;

	if (offer->pair == 0 || offer->pair != o->state->partner.pair)
		tell(o, client, &offer->msgid, why_not(o));
	else if (find(o, &offer->msgid))
		tell(o, client, &offer->msgid, VERDICT_ID_USED);
	else if (!(h = free_place(o)))
		tell(o, client, &offer->msgid, VERDICT_OFFERS_FULL);
	if (!h)
		return;
	h->used = true;
	h->sent = false;
	h->open = offer->open;
	h->client = client;
	h->pair = offer->pair;
	h->msgid = offer->msgid;
	h->length = offer->length;
	memcpy(h->body, offer->body, offer->length);
	o->class->changed(o->context);
	say(o, h);
}

void
offers_out_told(struct offers_out *o, const struct offer_word *w)
{
	const struct offer_word told = {
		.msgid = w->msgid,
		.verdict = (uint8_t)answer_of_offer((enum verdict)w->verdict),
		.number = w->number,
	};
	struct held *h = find(o, &w->msgid);

	if (!h)
		return;
	if (w->verdict == VERDICT_ABSENT) {
		h->sent = false; /* the partner comes back, or goes: either is told */
		return;
	}
	if (h->open && w->verdict != VERDICT_NOT_TAKEN)
		return; /* its command has the channel, and knows better */
	o->class->told(o->context, h->client, &told);
	if (told.verdict != VERDICT_OK)
		let_go(o, h);
}

void
offers_out_channel(struct offers_out *o, const struct offer_word *w, int fd)
{
	struct held *h = find(o, &w->msgid);

	if (!h || h->open) {
		o->class->drop(o->context, fd);
		return;
	}
	h->open = true;
	o->class->channel(o->context, h->client, w, fd);
	o->class->changed(o->context);
}

void
offers_out_paired(struct offers_out *o)
{
	for (size_t i = 0; i < OFFERS_PAIR; i++) {
		struct held *h = o->held[i];

		if (!h || !h->used)
			continue;
		h->sent = false;
		if (h->pair == o->state->partner.pair) {
			say(o, h);
			continue;
		}
		h->used = false; /* its pair went while we were away */
		tell(o, h->client, &h->msgid, VERDICT_LEFT);
	}
	o->class->changed(o->context);
}

void
offers_out_blocked(struct offers_out *o)
{
	for (size_t i = 0; i < OFFERS_PAIR; i++)
		if (o->held[i])
			o->held[i]->sent = false;
}

void
offers_out_ended(struct offers_out *o, enum verdict why)
{
	for (size_t i = 0; i < OFFERS_PAIR; i++) {
		struct held *h = o->held[i];

		if (!h || !h->used)
			continue;
		h->used = false;
		tell(o, h->client, &h->msgid, why);
	}
	o->class->changed(o->context);
}

void
offers_out_forget(struct offers_out *o, uint32_t client)
{
	for (size_t i = 0; i < OFFERS_PAIR; i++) {
		struct held *h = o->held[i];
		struct upstream_message m = { .type = UPSTREAM_OFFER_OVER };

		if (!h || !h->used || h->client != client)
			continue;
		m.u.word.msgid = h->msgid;
		if (h->sent)
			(void)o->class->send(o->context, &m);
		let_go(o, h);
	}
}

bool
offers_out_any(const struct offers_out *o)
{
	for (size_t i = 0; i < OFFERS_PAIR; i++)
		if (o->held[i] && o->held[i]->used && !o->held[i]->open)
			return true;
	return false;
}

bool
offers_out_has(const struct offers_out *o, const struct ident *msgid)
{
	return find(o, msgid);
}
