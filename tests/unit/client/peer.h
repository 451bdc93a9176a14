/*
 * The helper at the other end of a link, played by the test: what it will say is written before it is asked, and what it
 * was asked is read afterwards.
 */
#ifndef PCHAT_TESTS_PEER_H
#define PCHAT_TESTS_PEER_H

#include <stdbool.h>

#include "client/link.h"

/* Connects the link, which is prepared here, to the peer. */
void peer_open(struct link *l);

/* Listens as the helper of a session in this folder, and prepares a link that has found that. */
void peer_listen(struct link *l, const char *folder);

/* Takes the connection that was made to it, or is made by another process. */
void peer_accept(void);

void peer_says(const struct control_message *m);

/* The same, with a descriptor, which is closed here. */
void peer_passes(const struct control_message *m, int fd);
void peer_passes_times(const struct control_message *m, int fd, unsigned count);

/* Takes the next message that it was told, HELLO aside. False: there is none. What it points to lives until the next call. */
bool peer_heard(struct control_message *m);

/* The same for frames that are no control messages. */
void peer_writes(const void *frames, size_t n);
bool peer_frame(struct frame *f);

/* Waits until something comes, or it is hung up; for a peer in a process of its own. */
void peer_await(void);

/* Hangs up, and goes on listening. */
void peer_hang_up(void);

/* Hangs up, and listens no more. */
void peer_close(void);

#endif
