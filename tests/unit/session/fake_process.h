/*
 * A child process that is none: fork(2) that starts nobody, and a clock that stands still, but for who pauses by poll(2)
 * of nothing. As in fake.h the linker gives each caller of these functions ours, and until fake_process_begin() they pass
 * every call on.
 */
#ifndef PCHAT_TESTS_FAKE_PROCESS_H
#define PCHAT_TESTS_FAKE_PROCESS_H

#include <stdint.h>

/* The clock shows that, and no child can be started but ours. Signals to it are traced: "signal 15". */
void fake_process_begin(uint64_t now_ms);
void fake_clock(uint64_t now_ms);

/* All is real again. */
void fake_process_end(void);

/* From now on fork(2) fails so; 0: it does not. */
void fake_fork_fails(int error);

/* How many were started. */
unsigned fake_forks(void);

/* It writes that to the pipe that was made last before it was started. */
void fake_child_says(const char *text);

/* That pipe, for what else is to be done to it. */
int fake_child_pipe(void);

/* It ends by itself; its end of the pipe is closed. */
void fake_child_ends(void);

/* A signal of that number, or SIGKILL, ends it. */
void fake_child_ends_by(int signal);

/* What socket_connect() answers from now on. */
void fake_connects(int result);

#endif
