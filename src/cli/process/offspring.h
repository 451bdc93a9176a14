/*
 * The children of a command, their children and so on, so that they can be ended with the command. Processes that have
 * left our terminal session (setsid(2)) are left alone.
 */
#ifndef PCHAT_CLI_PROCESS_OFFSPRING_H
#define PCHAT_CLI_PROCESS_OFFSPRING_H

#include <stdint.h>
#include <sys/types.h>

#define OFFSPRING_MAX 64U /* most processes that are remembered */

struct offspring {
	unsigned count;
	int fd[OFFSPRING_MAX]; /* descriptors of pidfd_open(2) */
	pid_t pid[OFFSPRING_MAX];
};

/*
 * Stops `parent` and its offspring by SIGSTOP, so that no child is made meanwhile, and fills in *o with the offspring:
 * the first OFFSPRING_MAX that proc(5) shows. They go on when they get SIGCONT.
 */
void offspring_stop(struct offspring *o, pid_t parent);

/* Sends a signal to each of them. */
void offspring_signal(const struct offspring *o, int sig);

/* Waits until they have ended, and empties *o. Those that have not by the deadline (base/clock.h) are killed. */
void offspring_await(struct offspring *o, uint64_t deadline);

#endif
