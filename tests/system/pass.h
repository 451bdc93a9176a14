/* Descriptors passed over a socket, as anybody may do it: not by net/stream.h, which passes what pchat passes. */
#ifndef PCHAT_TESTS_PASS_H
#define PCHAT_TESTS_PASS_H

#include <stddef.h>
#include <sys/types.h>

#define PASS_MOST 253 /* that the kernel lets go with one message: SCM_MAX_FD, unix(7) */

/*
 * `n` bytes and with them `count` times the descriptor `fd`, which stays the caller's; the bytes alone when `count` is 0.
 * As sendmsg(2): the bytes that went, or -1 with errno. Raises no SIGPIPE.
 */
ssize_t pass_descriptors(int over, const void *bytes, size_t n, int fd, unsigned count, int flags);

#endif
