/*
 * Work that may block for as long as it likes, done beside the loop: a child
 * process does it, answers in a few bytes, and is killed at its limit, or soon after its answer. It holds none of
 * our descriptors but standard input, output and error, and dies with us.
 */
#ifndef PCHAT_NET_WORKER_H
#define PCHAT_NET_WORKER_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/macros.h"

#define WORKER_ANSWER 8192U /* bytes that a child may answer */

struct worker {
	struct ev_loop *loop;
	/* It has answered, or will not: once, from the loop. */
	void (*told)(struct worker *w);
	/* It is no more, and the struct may be used again: once, after `told`. */
	void (*gone)(struct worker *w);
	pid_t pid; /* 0: none */
	uint8_t answer[WORKER_ANSWER];
	size_t length; /* of the answer */
	bool over;     /* `told` was called */
	ev_io out;
	ev_timer limit;
	ev_signal ended;
};

/*
 * Starts a child that calls work(task, out) with the pipe for its answer, and then ends. `told` and `gone` are set by the
 * caller. 0, or -errno of pipe, fork: nothing has happened.
 */
MUST_USE int worker_start(struct worker *w, struct ev_loop *loop, unsigned limit_ms,
    void (*work)(const void *task, int out), const void *task);

static inline bool
worker_runs(const struct worker *w)
{
	return w->pid != 0;
}

/* Kills it; neither `told` nor `gone` is called. For the end of the loop. */
void worker_stop(struct worker *w);

#endif
