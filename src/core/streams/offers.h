/*
 * What two partners offer each other (R13): streams and files, each under an id that its offerer made. Which offers a pair
 * has, who may take, decline or withdraw one, and that one of them at a time is being taken. When the pair ends they all
 * do: then this state is zeroed. Plain state, no I/O, no clock.
 */
#ifndef PCHAT_CORE_STREAMS_OFFERS_H
#define PCHAT_CORE_STREAMS_OFFERS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/ident.h"
#include "core/limits.h"
#include "core/verdict.h"

enum offer_state {
	OFFER_NONE = 0, /* the place is free */
	OFFER_SAID,     /* on its way to the partner, who has not stored it yet */
	OFFER_OPEN,
	OFFER_CHANNEL, /* it was taken, and its channel is open */
};

struct offers_place {
	struct ident msgid;
	uint8_t state; /* enum offer_state */
	uint8_t by;    /* the side that offers, 0 or 1 */
};

/* Of one pair; zeroed, there are none. */
struct offers {
	struct offers_place place[OFFERS_PAIR];
};

/* Channels that are open, of a uid: of the one who takes, and of the one who offers. */
struct offers_use {
	uint32_t taker, offerer;
};

/*
 * `by` offers something, or repeats it after a connection was lost; `open`: its channel is open already. OK; OFFERS_FULL;
 * ID_USED: the partner offers under that id; CHANNEL_OPEN: that of another one is.
 */
enum verdict offers_say(struct offers *o, uint8_t by, const struct ident *msgid, bool open);

/* `by` has stored an offer of its partner; with another verdict than OK it has not, and the offer is over. False: there is none. */
bool offers_stored(struct offers *o, uint8_t by, const struct ident *msgid, enum verdict v);

/* `by` takes an offer of its partner: OK; NOTHING: there is none; CHANNEL_OPEN: of the pair, or too many of a uid. */
enum verdict offers_take(struct offers *o, uint8_t by, const struct ident *msgid, const struct offers_use *use);

/* `by` declines an offer of its partner that was not taken. False: there is none. */
bool offers_decline(struct offers *o, uint8_t by, const struct ident *msgid);

/* What was said of an offer that is over. */
struct offers_end {
	bool by_offerer; /* or by its partner, who may say so of a channel alone */
	bool channel;    /* it was being taken */
};

/* `by` withdraws an offer of its own, or either side says that a channel is closed. False: there is no such. */
bool offers_over(struct offers *o, uint8_t by, const struct ident *msgid, struct offers_end *end);

/* Whether the pair has an open channel. */
bool offers_have_channel(const struct offers *o);

#endif
