/*
 * A command of the user's that reads a stream from us. It may see the end of that stream only when all is there (R13).
 * A process of its own, the keeper, holds another write end of the command's standard input. So even if we are killed,
 * the command sees an end of file only after we said that all is there. If we are gone before, or say so, the keeper
 * ends it and all that it started, and closes its input when they are gone.
 */
#ifndef PCHAT_CLI_PROCESS_FED_H
#define PCHAT_CLI_PROCESS_FED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"

struct fed {
	int input;  /* what is written here it reads; never waits; -1: it has ended, or all is there */
	int keeper; /* readable when it has ended */
	int unread; /* the other end of `input`, once all is there */
	bool ended;
	int status; /* as of waitpid(2) */
};

/* Makes the keeper, which waits: so it has nothing of what is opened later. 0 or -errno. */
MUST_USE int fed_prepare(struct fed *f, char *const argv[]);

/* The command begins. 0; -errno: it did not run, and the keeper is gone. */
MUST_USE int fed_begin(struct fed *f);

/* All is there: it gets its end of file. */
void fed_whole(struct fed *f);

/* It is to be ended, unless it has; fed_ended() will tell. Also of one that did not begin. */
void fed_stop(struct fed *f);

/* Whether it has ended; does not wait. */
bool fed_ended(struct fed *f);

/* Of one that has ended: bytes that it has not read, as far as that can be told. */
size_t fed_left(const struct fed *f);

/* The signal that ended it; 0: none, it exited. */
int fed_signal(const struct fed *f);

/* As shells have it: its own, or 128 and the signal that ended it. */
int fed_exit_status(const struct fed *f);

#endif
