#include "core/streams/offers.h"

#include <stddef.h>

static struct offers_place *
find(struct offers *o, const struct ident *msgid)
{
	for (size_t i = 0; i < OFFERS_PAIR; i++)
		if (o->place[i].state != OFFER_NONE && ident_equal(&o->place[i].msgid, msgid))
			return &o->place[i];
	return NULL;
}

/* One that is offered to `by`. */
static struct offers_place *
find_for(struct offers *o, uint8_t by, const struct ident *msgid)
{
	struct offers_place *p = find(o, msgid);

	return p && p->by != by ? p : NULL;
}

static struct offers_place *
free_place(struct offers *o)
{
	for (size_t i = 0; i < OFFERS_PAIR; i++)
		if (o->place[i].state == OFFER_NONE)
			return &o->place[i];
	return NULL;
}

bool
offers_have_channel(const struct offers *o)
{
	for (size_t i = 0; i < OFFERS_PAIR; i++)
		if (o->place[i].state == OFFER_CHANNEL)
			return true;
	return false;
}

enum verdict
offers_say(struct offers *o, uint8_t by, const struct ident *msgid, bool open)
{
	struct offers_place *p = find(o, msgid);

	if (p && p->by != by)
		return VERDICT_ID_USED;
	if (open && (!p || p->state != OFFER_CHANNEL) && offers_have_channel(o))
		return VERDICT_CHANNEL_OPEN;
	if (!p && !(p = free_place(o)))
		return VERDICT_OFFERS_FULL;
	if (p->state == OFFER_NONE)
		*p = (struct offers_place){ .msgid = *msgid, .by = by, .state = OFFER_SAID };
	if (open)
		p->state = OFFER_CHANNEL;
	return VERDICT_OK;
}

bool
offers_stored(struct offers *o, uint8_t by, const struct ident *msgid, enum verdict v)
{
	struct offers_place *p = find_for(o, by, msgid);

	if (!p || p->state == OFFER_CHANNEL)
		return false;
	p->state = v == VERDICT_OK ? OFFER_OPEN : OFFER_NONE;
	return true;
}

enum verdict
offers_take(struct offers *o, uint8_t by, const struct ident *msgid, const struct offers_use *use)
{
	struct offers_place *p = find_for(o, by, msgid);

	if (!p || p->state == OFFER_SAID)
		return VERDICT_NOTHING;
	if (offers_have_channel(o) || use->taker >= CHANNELS_UID || use->offerer >= CHANNELS_UID)
		return VERDICT_CHANNEL_OPEN;
	p->state = OFFER_CHANNEL;
	return VERDICT_OK;
}

bool
offers_decline(struct offers *o, uint8_t by, const struct ident *msgid)
{
	struct offers_place *p = find_for(o, by, msgid);

	if (!p || p->state == OFFER_CHANNEL)
		return false;
	p->state = OFFER_NONE;
	return true;
}

bool
offers_over(struct offers *o, uint8_t by, const struct ident *msgid, struct offers_end *end)
{
	struct offers_place *p = find(o, msgid);

	if (!p || (p->by != by && p->state != OFFER_CHANNEL))
		return false;
	*end = (struct offers_end){ .by_offerer = p->by == by, .channel = p->state == OFFER_CHANNEL };
	p->state = OFFER_NONE;
	return true;
}
