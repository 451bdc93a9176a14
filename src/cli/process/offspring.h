/*
 * The processes that a command has started, and those that they have: to be ended with it. Those that have left our
 * terminal session (setsid(2)) live their own life.
 */
#ifndef PCHAT_CLI_PROCESS_OFFSPRING_H
#define PCHAT_CLI_PROCESS_OFFSPRING_H

#include <stdint.h>
#include <sys/types.h>

#define OFFSPRING_MAX 64U

struct offspring {
	unsigned count;
	int fd[OFFSPRING_MAX]; /* as of pidfd_open(2) */
	pid_t pid[OFFSPRING_MAX];
};

/*
 * Finds those of `parent`, and stops it and them, so that none is born meanwhile: they go on when they get a SIGCONT. The
 * first OFFSPRING_MAX; what cannot be seen in proc(5) is left out.
 */
void offspring_stop(struct offspring *o, pid_t parent);

void offspring_signal(const struct offspring *o, int sig);

/* Waits until they have ended; those that have not by `deadline` (base/clock.h) are killed. */
void offspring_await(struct offspring *o, uint64_t deadline);

#endif
