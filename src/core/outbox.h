/*
 * The sending half of a command (D1-D3). The command holds its messages until
 * they are acknowledged; the outbox knows which: ids count up from the first,
 * so a position says it all. It decides what to send next, what to repeat, and
 * which of the three truths holds when it has to stop.
 *
 *      acked        sent            added
 *   ----------|--------------|----------------|
 *             ^ base         ^ next to send   ^ end
 *
 * Plain state, no I/O, no clock; the bodies are the caller's.
 */
#ifndef PCHAT_CORE_OUTBOX_H
#define PCHAT_CORE_OUTBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "core/ident.h"
#include "core/verdict.h"
#include "core/window.h"

struct outbox {
	struct ident first; /* id of message 0 */
	uint64_t acked;     /* messages acknowledged: the base */
	uint64_t sent;      /* handed to the helper in this generation: acked <= sent <= added */
	uint64_t added;
	uint64_t pair; /* that the messages go to, as the helper said; 0: nothing of them has left the helper yet */
	uint64_t uncertain; /* messages below this position may have been stored though not acknowledged */
	uint32_t gen;
	bool held;    /* wait for READY before sending */
	bool repeats; /* the ids were the caller's (`send --id`): what was sent under them before may have arrived */
	struct window window; /* sizes of acked..added */
};

/* Empty; the ids of its messages count up from *first. */
void outbox_init(struct outbox *o, const struct ident *first);

/*
 * An empty outbox goes on with another stream of ids, to the same pair on the same connection: after a refusal, for
 * the receiver refuses what follows a refused id (it could not be stored without a gap).
 */
void outbox_restart(struct outbox *o, const struct ident *first);

/* Adds a message of `size` bytes; false while the window has no room for it. */
bool outbox_add(struct outbox *o, uint32_t size);

/* Whether message *index should be written to the helper now, under o->pair, o->gen and *id; it then counts as sent. */
bool outbox_next(struct outbox *o, uint64_t *index, struct ident *id);

/* OK for `count` messages from `first`; returns how many left the outbox (0: not ours, a repetition). */
uint32_t outbox_acked(struct outbox *o, const struct ident *first, uint32_t count);

/* The oldest message is given up: it leaves the outbox without an acknowledgement. */
void outbox_give_up(struct outbox *o);

/* HELD and READY arrived (core/courier.h). Unless it is held, READY of its generation only names the pair. */
void outbox_held(struct outbox *o, uint64_t pair, uint32_t gen, uint32_t forwarded);
void outbox_ready(struct outbox *o, uint64_t pair, uint32_t gen);

/*
 * The helper is gone (and all that it had written is read): what was sent is uncertain, unless it was not `heard` on this
 * connection and never named the pair: it answers HELLO before it takes a message. A new connection begins at generation 0.
 */
void outbox_disconnected(struct outbox *o, bool heard);

/*
 * The truth about the oldest unacknowledged message when `why` stops the
 * stream: a receiver's own refusal (INBOX_FULL, STORAGE) is certain; an ended pair is
 * certain unless the message is uncertain; TIMED_OUT becomes UNCONFIRMED
 * when the message was handed over. Of a repeated id only the receiver knows for certain, so a pair that ended or a
 * time that ran out says nothing; but a refusal before anything was sent speaks of this attempt alone.
 */
enum verdict outbox_verdict(const struct outbox *o, enum verdict why);

static inline bool
outbox_empty(const struct outbox *o)
{
	return o->acked == o->added;
}

#endif
