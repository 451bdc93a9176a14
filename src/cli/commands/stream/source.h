/*
 * Reads the files that are to be given, in a process of its own, the reader. When a file system stops answering, not
 * even SIGKILL ends a process that waits for it. So the command itself touches no file: it goes on listening, and can
 * be ended at any time. The reader ends with it, or as soon as the kernel lets it. The bytes are in memory that both
 * share.
 */
#ifndef PCHAT_CLI_COMMANDS_STREAM_SOURCE_H
#define PCHAT_CLI_COMMANDS_STREAM_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"

/* What the reader says, about one file after the other in the order of their paths. */
enum source_said {
	SOURCE_OPENED,  /* it is a regular file of `bytes` bytes */
	SOURCE_REFUSED, /* it cannot be opened, by `error`; 0: it is no regular file. Nothing follows */
	SOURCE_DATA,    /* `bytes` bytes of it are at source_data() */
	SOURCE_HOLE,    /* `bytes` bytes of it are zero */
	SOURCE_END,     /* all of it was read; the next file follows */
	SOURCE_FAILED,  /* it cannot be read, by `error`; 0: it has become shorter. Nothing follows */
};

struct source_word {
	enum source_said said;
	int error; /* an errno, or 0 */
	uint64_t bytes;
};

struct source {
	int fd; /* is readable when there is a word, or the reader has gone; -1: there is no reader */

	/* Within. */
	uint8_t *memory; /* the slots */
	uint32_t slot;   /* the slot of the next DATA */
	uint32_t taken;  /* slots that were given out and not given back */
};

/*
 * Starts the reader, which opens the `count` files with our rights. It follows no symbolic link, and waits for no FIFO
 * or device. OPENED or REFUSED comes for each. The caller ends with source_close(). 0 or -errno.
 */
MUST_USE int source_open(struct source *s, char *const paths[], uint32_t count);

/* Lets the reader read the files, each up to the length that it had when it was opened. */
void source_begin(struct source *s);

/* Takes the next word, and takes back what source_data() gave. 1; 0: there is none now; -errno: the reader has gone. */
MUST_USE int source_next(struct source *s, struct source_word *w);

/*
 * The bytes of a DATA, once for each. They are valid until source_next(), and have room before them for the header of a
 * piece.
 */
uint8_t *source_data(struct source *s);

/* Ends the reader and frees the memory. May be called again. */
void source_close(struct source *s);

#endif
