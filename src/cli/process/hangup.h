/*
 * The end of a command that we ran, and of all that it has started: they are told as at the end of a terminal, and killed
 * when they have not ended after a while. A process that not even that ends, as on a disk that hangs, is waited for.
 */
#ifndef PCHAT_CLI_PROCESS_HANGUP_H
#define PCHAT_CLI_PROCESS_HANGUP_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/process/child.h"
#include "cli/process/offspring.h"

/* All zero: it has not begun. */
struct hangup {
	bool begun;
	bool killed;
	uint64_t kill_at; /* base/clock.h */
	struct offspring offspring;
};

/* They get SIGHUP. */
void hangup_begin(struct hangup *e, struct child *c);

/* How long to wait for the child's end, for poll(2), until hangup_go_on() has something to do. */
int hangup_poll_time(const struct hangup *e);

/* The child is killed if its time is over. */
void hangup_go_on(struct hangup *e, struct child *c);

/* The child has ended: waits for what it has started, if it was told. */
void hangup_finish(struct hangup *e);

#endif
