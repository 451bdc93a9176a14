/*
 * Where the messages of a `send` come from: words, a descriptor as one message, or a
 * descriptor cut into lines. Constant memory, bounded reads, and never a message that
 * is empty or over MESSAGE_MAX.
 */
#ifndef PCHAT_CLIENT_FEED_H
#define PCHAT_CLIENT_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/macros.h"
#include "core/limits.h"

#define FEED_WHOLE (-1) /* instead of a separator: all of it is one message, its last line feed dropped */

struct feed {
	int fd;         /* -1: the buffer has it all */
	int separator;  /* '\n', 0, or FEED_WHOLE */
	bool end;       /* nothing more will be read */
	bool skipping;  /* up to the next separator */
	uint64_t taken; /* messages taken so far */
	size_t start, len;
	size_t scanned; /* no separator in so many bytes from start */
	uint8_t buf[4 * (MESSAGE_MAX + 2)];
};

enum feed_answer {
	FEED_MESSAGE,
	FEED_MORE, /* feed_fill() first */
	FEED_END,
	FEED_EMPTY,    /* the next one is empty */
	FEED_TOO_LONG, /* the next one is over MESSAGE_MAX */
};

/* One message: words joined by a space. */
void feed_words(struct feed *f, char *const words[], int count);

/* The descriptor stays the caller's. */
void feed_descriptor(struct feed *f, int fd, int separator);

/* What of a command line makes a feed of such messages: "-l ", "-0 ", or "". */
const char *feed_option(const struct feed *f);

/* The next message, which stays until feed_fill(); asked again it is the same, until feed_take(). */
enum feed_answer feed_peek(struct feed *f, const uint8_t **body, uint32_t *length);
void feed_take(struct feed *f, uint32_t length);

/* Passes over the next one, which is too long, as far as it goes; not of FEED_WHOLE. */
void feed_skip(struct feed *f);

/* Reads once, only after FEED_MORE. 0, or -errno. */
MUST_USE int feed_fill(struct feed *f);

#endif
