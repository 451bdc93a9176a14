/*
 * Descriptors whose last close blocks, for tests: a TCP socket whose peer reads nothing, with SO_LINGER of an hour. A process
 * that ends is not kept by them.
 */
#ifndef PCHAT_TESTS_SYSTEM_SLOW_H
#define PCHAT_TESTS_SYSTEM_SLOW_H

/* Makes the peer; once, first. This and the next end the program when the system refuses. */
void slow_begin(void);

/* A new one. */
int slow_make(void);

/* Closes ours. When it turns out to be the last one (whoever was passed it has closed it), it does not keep us. */
void slow_close(int fd);

#endif
