/*
 * How far a transfer is, once a second, on standard error: a line that is written over on a terminal that can do that, an
 * object a line under --json, else nothing.
 */
#ifndef PCHAT_CLI_COMMANDS_STREAM_PROGRESS_H
#define PCHAT_CLI_COMMANDS_STREAM_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
	bool json, line;
	bool shown;      /* a line is there */
	uint64_t began;  /* ms of the monotonic clock */
	uint64_t next;   /* when it is shown again */
	uint64_t of;     /* bytes in all; 0: nobody knows */
	uint64_t latest; /* bytes when it was shown last, */
	uint64_t latest_at;
};

void progress_begin(struct progress *p, bool json, bool quiet, uint64_t of);
void progress_show(struct progress *p, uint64_t bytes);

/* The line is taken away. */
void progress_end(struct progress *p);

/* "1.5 GB", for people. */
#define PROGRESS_SIZE_MAX 64
const char *progress_size(uint64_t bytes, char out[PROGRESS_SIZE_MAX]);

/* What the line says, `rate` in bytes a second, for people; what does not fit into so many columns is left out. */
#define PROGRESS_LINE_MAX 320
void
progress_line(const struct progress *p, uint64_t bytes, uint64_t rate, size_t columns, char out[PROGRESS_LINE_MAX]);

#endif
