/*
 * Whether what comes through a channel is what was offered, in order and to its end: the rules of who takes a stream, or
 * files (proto/piece.h has the pieces). Nothing counts as whole before its END says how many bytes it has, and so many
 * came. Plain state, no I/O.
 */
#ifndef PCHAT_CORE_STREAMS_TRANSFER_H
#define PCHAT_CORE_STREAMS_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>

enum transfer_stage {
	TRANSFER_BEGINS = 0, /* BEGIN is awaited, */
	TRANSFER_STREAM,     /* then a stream, */
	TRANSFER_BETWEEN,    /* or the next file, */
	TRANSFER_FILE,       /* or what is in it */
	TRANSFER_WHOLE,
	TRANSFER_BROKEN, /* what came is not allowed there: it will not be whole */
};

struct transfer {
	uint8_t stage;  /* enum transfer_stage */
	uint32_t files; /* that were offered; 0: a stream */
	uint32_t next;  /* file */
	uint64_t got;   /* bytes, of the stream or of this file, */
	uint64_t all;   /* and in all */
	uint64_t most;  /* that a file may have: its size as it was offered */
};

void transfer_init(struct transfer *t, uint32_t files);

/* Each is true when it may come now; false, and the transfer is broken. `size`: of that file, as it was offered. */
bool transfer_begin(struct transfer *t, bool known_version);
bool transfer_file(struct transfer *t, uint32_t index, uint64_t size);
bool transfer_bytes(struct transfer *t, uint64_t bytes); /* of DATA */
bool transfer_hole(struct transfer *t, uint64_t bytes);  /* of HOLE, which a stream does not have */
bool transfer_end(struct transfer *t, uint64_t bytes);
bool transfer_done(struct transfer *t);

static inline bool
transfer_whole(const struct transfer *t)
{
	return t->stage == TRANSFER_WHOLE;
}

#endif
