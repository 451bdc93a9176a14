/*
 * Descriptors that keep whoever touches them waiting, for tests: a TCP socket whose peer reads nothing, with SO_LINGER of an
 * hour, whose last close blocks, but for a process that ends; and one that is locked, for which even setsockopt(2) waits.
 */
#ifndef PCHAT_TESTS_SYSTEM_SLOW_H
#define PCHAT_TESTS_SYSTEM_SLOW_H

#include <stdbool.h>

/* Makes the peer; once, first. This and the next end the program when the system refuses. */
void slow_begin(void);

/* A new one. */
int slow_make(void);

/*
 * A new one that a thread of ours has locked: it sends what is in a page that never comes (userfaultfd(2)). Until slow_unlock(),
 * the end of this process, or so many seconds are over. Once. -1: this kernel, or our uid, does not let us.
 */
int slow_lock(unsigned most_seconds);
void slow_unlock(void);
bool slow_is_locked(void);

/* Closes ours. When it turns out to be the last one (whoever was passed it has closed it), it does not keep us. */
void slow_close(int fd);

#endif
