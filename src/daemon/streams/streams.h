/*
 * What partners offer each other, on its way through the daemon (R13): an OFFER becomes OFFERED for the partner, its
 * OFFER_ACK becomes OFFER_TOLD, and an ACCEPT makes a channel. What a pair has offered is kept as long as both its
 * connections live: whoever offers repeats it when they are there again. The rules are core/streams/offers.h.
 *
 * It knows connections by what of them is embedded here, and says by a class of callbacks what happens.
 */
#ifndef PCHAT_DAEMON_STREAMS_STREAMS_H
#define PCHAT_DAEMON_STREAMS_STREAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/streams/offers.h"
#include "core/verdict.h"
#include "proto/upstream.h"

struct streams_pair;
struct streams_end;

struct streams_class {
	/* The partner under that pair, to whom something may be offered now: OK and *to, or why not. */
	enum verdict (*partner)(const struct streams_end *from, uint64_t pair, struct streams_end **to);
	/* Where the open channels of the connection's uid are counted. */
	uint32_t *(*channels)(const struct streams_end *e);
	/* OFFERED; a word about an offer of that type. */
	void (*offered)(struct streams_end *to, const struct offer *o);
	void (*word)(struct streams_end *to, enum upstream_type type, const struct offer_word *w);
	/* Makes a channel, and passes an end of it to each with CHANNEL; or, false, to none. */
	bool (*channel)(struct streams_end *taker, struct streams_end *offerer, const struct ident *msgid);
};

/* A connection, as far as offers go: embedded in it, `class` set and all else zeroed. */
struct streams_end {
	const struct streams_class *class;
	struct streams_pair *pair; /* NULL: nothing was offered */
};

/* OFFER, OFFER_ACK, ACCEPT, DECLINE, OFFER_OVER. */
void streams_offer(struct streams_end *e, const struct offer *o);
void streams_stored(struct streams_end *e, const struct offer_word *w);
void streams_accept(struct streams_end *e, const struct ident *msgid);
void streams_decline(struct streams_end *e, const struct ident *msgid);
void streams_over(struct streams_end *e, const struct ident *msgid);

/* The pair is over, or a connection of it was lost or came back: both sides know that without being told here. */
void streams_reset(struct streams_end *e);

#endif
