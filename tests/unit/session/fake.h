/*
 * What stands below the parts of a session, made of memory: streams without sockets, a listener without accept(2), a
 * watch without files. The linker gives each caller of these functions ours (Makefile.am, --wrap); until fake_begin()
 * they pass every call on.
 */
#ifndef PCHAT_TESTS_FAKE_H
#define PCHAT_TESTS_FAKE_H

#include <stdbool.h>
#include <stddef.h>

#include "net/acceptor.h"
#include "net/stream.h"

/* From now on nothing below is real. */
void fake_begin(void);

/* The stream that was made last; NULL: it is closed, and its owner knows. */
struct stream *fake_stream(void);

/* The peer writes; returns the bytes that stay for later. */
size_t fake_input(struct stream *s, const void *bytes, size_t n);

/* The next frame that was written to the peer; false: there is none. Its body lives until the next call. */
bool fake_output(struct frame *f);

/* The peer takes nothing now. */
void fake_stall(const struct stream *s, bool stalled);

/* A turn of the loop: who is closed is told, who was resumed gets what waited. */
void fake_turn(void);

/* The peer closes the connection, or it is lost; and a turn. */
void fake_hang_up(struct stream *s);

/* Somebody of that uid connects to the listening socket; the descriptor is `fd`. */
void fake_connect(int fd, uid_t uid);
bool fake_listens(void);

/* How many descriptors were closed by closing_socket(), and the last one. */
unsigned fake_closed(int *last);

/* Files: whether lstat(2) finds one whose path ends so; and: something was removed, the kernel tells. */
void fake_file(const char *suffix, bool there);
void fake_notify(struct ev_loop *loop);

#endif
