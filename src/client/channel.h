/*
 * An end of a channel between two commands (R13): pieces in both directions, never waiting. What is at the other end is
 * another user's program: a descriptor that it passes is kept until we exit, when closing it waits for nobody
 * (net/closing.h), and the channel is over. So nobody closes a channel: it ends with the process.
 */
#ifndef PCHAT_CLIENT_CHANNEL_H
#define PCHAT_CLIENT_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "proto/piece.h"

#define CHANNEL_ROOM (4U * PIECE_DATA_MAX)

struct channel {
	int fd; /* -1: none; zero all else */
	struct piece_reader reader;
	uint8_t *in; /* CHANNEL_ROOM bytes */
	uint32_t in_start, in_end;
	uint8_t *out; /* one DATA, and small pieces before or behind it */
	uint32_t out_start, out_end;
	const uint8_t *lent; /* goes before `out`; so much is left of it: */
	uint32_t lent_left;
	bool ended; /* the other end has gone, or takes nothing more */
};

/* Takes over fd. 0 or -ENOMEM. In any case channel_release(). */
MUST_USE int channel_open(struct channel *c, int fd);

/* Gives back its memory; its descriptor stays open, as said above. Fine for one that was never opened, and again. */
void channel_release(struct channel *c);

/* Reads what is there: 1; 0: nothing now; -EPIPE: the end; -EPERM: it brought a descriptor; -errno. Not while pieces are left. */
MUST_USE int channel_fill(struct channel *c);

/* The next piece, whose bytes stay until channel_fill(): 1; 0: none is left; -EPROTO. */
MUST_USE int channel_next(struct channel *c, struct piece *p);

/* Where the bytes of the next DATA are to be put: PIECE_DATA_MAX at most. Only when channel_idle(). */
uint8_t *channel_room(struct channel *c);
void channel_put_data(struct channel *c, uint32_t length);

/* The same of bytes that stand elsewhere, with PIECE_HEADER bytes of room before them: the caller's until channel_idle(). */
void channel_lend_data(struct channel *c, uint8_t *data, uint32_t length);

/* Any other piece, behind what is queued: there is room for a few. */
void channel_put(struct channel *c, const struct piece *p);

/* Writes what is queued: 0; -EAGAIN: it does not take all now; -EPIPE and so on. */
MUST_USE int channel_flush(struct channel *c);

static inline bool
channel_idle(const struct channel *c)
{
	return c->lent_left == 0 && c->out_start == c->out_end;
}

#endif
