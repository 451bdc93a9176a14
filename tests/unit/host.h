/*
 * What a host may lack: qemu's user mode does. A test that takes it asks here at its beginning, and returns where it is not
 * there. The report, which is TAP, has a line about that; the test counts as one that held, since check knows no other way.
 */
#ifndef PCHAT_TESTS_HOST_H
#define PCHAT_TESTS_HOST_H

#include <stdbool.h>

/* SO_PEERGROUPS: in which groups a peer is. */
bool host_tells_groups(const char *test);

/* A child that has our descriptors, not a copy of them. */
bool host_shares_descriptors(const char *test);

/* What slow_lock() gave. */
bool host_locks_sockets(const char *test, int fd);

/* posix_spawn(3) fails where the program cannot be run: its child shares our memory. */
bool host_tells_of_no_program(const char *test);

#endif
