/*
 * Files that are to be given, opened and read by a process of its own, the reader: where a file system stops answering, not
 * even a SIGKILL ends who waits for it. So the command itself touches none of them: it goes on listening, and can be ended at
 * any time; the reader ends with it, or as soon as the kernel lets it. What it reads stands in memory that both have.
 */
#ifndef PCHAT_CLI_COMMANDS_STREAM_SOURCE_H
#define PCHAT_CLI_COMMANDS_STREAM_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"

enum source_said {
	SOURCE_OPENED,  /* a regular file of so many `bytes` */
	SOURCE_REFUSED, /* it cannot be opened: `error`; 0: it is no regular file */
	SOURCE_DATA,    /* `bytes` of it, see source_data() */
	SOURCE_HOLE,    /* `bytes` that are zero */
	SOURCE_END,     /* all of it was read; the next file follows */
	SOURCE_FAILED,  /* it cannot be read: `error`; 0: it has shrunk. Nothing follows */
};

struct source_word {
	enum source_said said;
	int error;
	uint64_t bytes;
};

struct source {
	int fd; /* readable when there is a word, or the reader is gone; -1: none */

	/* within */
	uint8_t *memory;
	uint32_t slot;  /* of the next DATA */
	uint32_t taken; /* slots that were given out and are not given back yet */
};

/*
 * Begins to open these files, with our rights, without following a link or waiting for a FIFO or device: OPENED or REFUSED
 * comes for each in its turn, and behind a REFUSED nothing. 0 or -errno.
 */
MUST_USE int source_open(struct source *s, char *const paths[], uint32_t count);

/* They are to be read now, each as far as it was long. */
void source_begin(struct source *s);

/* The next word: 1; 0: none now; -errno: the reader is gone. Takes back what source_data() gave. */
MUST_USE int source_next(struct source *s, struct source_word *w);

/* Those of a DATA, with room before them for the header of a piece; until source_next(). */
uint8_t *source_data(struct source *s);

/* The reader ends; fine for one that was not opened. */
void source_close(struct source *s);

#endif
