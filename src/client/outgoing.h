/*
 * The messages of one stream on their way to the partner's disk (D1-D3): the outbox and, beside it, each message
 * encoded, until it is acknowledged. Frames in, bytes out; core/outbox.h decides. No I/O, no clock, no allocation:
 * the drivers are client/sender.h, which blocks, and client/deliver.h, in an event loop.
 */
#ifndef PCHAT_CLIENT_OUTGOING_H
#define PCHAT_CLIENT_OUTGOING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/outbox.h"
#include "proto/frame.h"

/* Room for a full window, twice, so that it is moved together only now and then. */
#define OUTGOING_STORE (2U * (WINDOW_BYTES + WINDOW_MESSAGES * (FRAME_HEADER + MSG_FIXED)))

/* Large: belongs into static storage or onto the heap. */
struct outgoing {
	struct outbox box;
	/*
	 * Encoded frames: settled up to base, written up to written, given an id and a generation up to claimed.
	 * stub != 0: a frame of an older generation, or of a message that is settled, is half written; up to there it is
	 * completed first.
	 */
	size_t base, written, claimed, end, stub;
	uint32_t settled; /* of those in the store: they wait for outgoing_drop() */
	uint8_t store[OUTGOING_STORE];
};

/* Empty; the messages' ids count up from *first. */
void outgoing_init(struct outgoing *o, const struct ident *first);

/* Empty again, after a refusal, when all were dropped: goes on with another stream of ids, see outbox_restart(). */
void outgoing_restart(struct outgoing *o, const struct ident *first);

/* Takes a message of 1 to MESSAGE_MAX bytes; false while there is no room for it. */
bool outgoing_has_room(const struct outgoing *o, uint32_t length);
bool outgoing_add(struct outgoing *o, const uint8_t *body, uint32_t length);

/* What is to be written now: its length. It stays until outgoing_wrote() tells how much of it was. */
size_t outgoing_output(struct outgoing *o, const uint8_t **data);
void outgoing_wrote(struct outgoing *o, size_t n);

/* Whether all that was written are whole frames: only then may something else be written behind it. */
bool outgoing_is_between(const struct outgoing *o);

enum outgoing_news {
	OUTGOING_NOTHING,
	OUTGOING_SETTLED,   /* the `count` oldest were delivered, or (verdict) refused: outgoing_drop() each */
	OUTGOING_STOPPED,   /* none of them goes on its way any more: see outbox_verdict() for each */
	OUTGOING_MALFORMED, /* the helper spoke nonsense */
};

/* A frame arrived: an acknowledgement, or what the helper says of the pair. Others tell nothing. */
enum outgoing_news outgoing_take(struct outgoing *o, const struct frame *f, enum verdict *verdict, uint32_t *count);

/* The helper is gone, `heard` on this connection or not: all that is not settled is written again, on another one. */
void outgoing_lost(struct outgoing *o, bool heard);

/* The body of the oldest one, and of the n-th after it, valid until anything else is done here; its length, 0: none. */
uint32_t outgoing_oldest(const struct outgoing *o, const uint8_t **body);
uint32_t outgoing_nth(const struct outgoing *o, uint64_t n, const uint8_t **body);

/* The id of the oldest one that is in the store. */
struct ident outgoing_oldest_id(const struct outgoing *o);

/* The oldest one leaves the store. One that was not acknowledged is given up. */
void outgoing_drop(struct outgoing *o);

#endif
