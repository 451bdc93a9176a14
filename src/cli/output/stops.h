/*
 * The signals that stop a process which has a terminal (SIGTSTP, SIGTTIN, SIGTTOU). While they are watched they are told in
 * a turn of the loop in place of stopping at once: whoever has changed the terminal can give it back before. When the
 * system itself sends SIGTTIN or SIGTTOU the terminal is somebody else's, and the process stops at once. A signal that
 * was ignored stays ignored.
 */
#ifndef PCHAT_CLI_OUTPUT_STOPS_H
#define PCHAT_CLI_OUTPUT_STOPS_H

#include <ev.h>
#include <signal.h>
#include <stdbool.h>

#define STOPS_COUNT 3

struct stops {
	struct ev_loop *loop;
	ev_async told;
	bool watched;
	struct sigaction before[STOPS_COUNT]; /* while they are watched: what they did before */
};

/* The signal came. The context is the `data` of the watcher. */
typedef void stops_fn(struct ev_loop *loop, ev_async *told, int revents);

void stops_init(struct stops *s, struct ev_loop *loop, stops_fn *fn, void *context);

/* Watches them. One `struct stops` of a process does so at a time. */
void stops_begin(struct stops *s);

/* They stop the process again. Does nothing when they are not watched. */
void stops_end(struct stops *s);

#endif
