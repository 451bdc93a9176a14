/*
 * A command of the user's that we run, never through a shell; its end shows on
 * a descriptor, so that it can be waited for beside others.
 */
#ifndef PCHAT_CLI_PROCESS_CHILD_H
#define PCHAT_CLI_PROCESS_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/macros.h"

struct child {
	pid_t pid;
	int fd; /* readable when it has ended; -1: none runs */
	bool group;
	bool ended;
	int status; /* as of waitpid(2) */
};

/*
 * Runs argv, found in PATH; `input` and `output` become its standard input and output, -1: ours. With `group` it gets
 * a process group of its own, which signals go to. 0; -errno, and it did not run.
 */
MUST_USE int child_start(struct child *c, char *const argv[], int input, int output, bool group);

/* To its group, if it has one; nothing when it has ended. */
void child_signal(struct child *c, int sig);

/* Whether it has ended; then it is reaped. */
bool child_ended(struct child *c);

/* As shells have it: its own, or 128 and the signal that ended it. */
int child_exit_status(const struct child *c);

/*
 * From now on these signals come through a descriptor, which is returned, or -errno; the children have them as usual. One
 * that is ignored, as nohup(1) has it, stays so.
 */
int child_catch_signals(const int numbers[], size_t count);

/* The number of a signal that came, 0: none. */
int child_caught_signal(int fd);

#endif
