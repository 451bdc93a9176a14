/*
 * One end of a channel between two commands (R13): pieces (proto/piece.h) in both directions. Nothing here waits.
 *
 * At the other end is another user's program. If that passes a descriptor, the channel is over, and the descriptor is
 * kept until we exit, since closing it might wait (net/closing.h). For the same reason nobody closes a channel: it ends
 * with the process.
 */
#ifndef PCHAT_CLIENT_CHANNEL_H
#define PCHAT_CLIENT_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "proto/piece.h"

#define CHANNEL_ROOM (4U * PIECE_DATA_MAX) /* bytes that are read at most before they are taken */

struct channel {
	int fd; /* -1: there is no channel, and all else is zero */
	struct piece_reader reader;
	uint8_t *in; /* what was read, from in_start to in_end; CHANNEL_ROOM bytes */
	uint32_t in_start, in_end;
	uint8_t *out; /* what is to be written, from out_start to out_end: one DATA, and small pieces around it */
	uint32_t out_start, out_end;
	const uint8_t *lent; /* bytes of the caller's that are written before `out` */
	uint32_t lent_left;  /* how many of these are left */
	bool ended;          /* the other end has gone or takes nothing more; the caller sets and reads it */
};

/* Takes over fd, a connected socket. 0 or -ENOMEM. The caller calls channel_release() in either case. */
MUST_USE int channel_open(struct channel *c, int fd);

/* Frees its memory. Its descriptor stays open, as said above. May be called again, and for one that is all zero. */
void channel_release(struct channel *c);

/*
 * Reads what has arrived. 1; 0: nothing has; -EPIPE: the other end has closed; -EPERM: a descriptor came; another
 * -errno. Call it only when channel_next() has no piece left.
 */
MUST_USE int channel_fill(struct channel *c);

/* Takes the next piece, whose bytes are valid until channel_fill(). 1; 0: none is complete; -EPROTO: it is no piece. */
MUST_USE int channel_next(struct channel *c, struct piece *p);

/* Where the caller puts the bytes of the next DATA, at most PIECE_DATA_MAX. Only when channel_idle(). */
uint8_t *channel_room(struct channel *c);

/* Queues a DATA of the `length` bytes that were put there. */
void channel_put_data(struct channel *c, uint32_t length);

/*
 * Queues a DATA of bytes that are the caller's and must stay as they are until channel_idle(). The PIECE_HEADER bytes
 * before them are overwritten.
 */
void channel_lend_data(struct channel *c, uint8_t *data, uint32_t length);

/* Queues any other piece, a small one. There is room for a few; what finds none is dropped. */
void channel_put(struct channel *c, const struct piece *p);

/* Writes what is queued. 0: all of it; -EAGAIN: the channel takes no more now; another -errno of send(2). */
MUST_USE int channel_flush(struct channel *c);

/* Whether nothing is queued. */
static inline bool
channel_idle(const struct channel *c)
{
	return c->lent_left == 0 && c->out_start == c->out_end;
}

#endif
