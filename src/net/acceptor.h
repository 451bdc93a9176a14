/*
 * A listening Unix socket in the event loop: takes connections, asks the kernel who is at the other end, and makes
 * sure that no descriptor that a peer passes can stop us (closing.h). Where descriptors or memory are short it
 * pauses, and the connections that there are go on.
 */
#ifndef PCHAT_NET_ACCEPTOR_H
#define PCHAT_NET_ACCEPTOR_H

#include <ev.h>

#include "net/socket.h"

struct acceptor {
	struct ev_loop *loop;
	ev_io io;       /* fd -1: not listening */
	ev_timer pause; /* it accepts again when this ends */
	unsigned a_turn;
	/* Takes over fd: it goes to a stream, or to closing_socket(). */
	void (*accepted)(struct acceptor *a, int fd, const struct credentials *peer);
};

/* At most `a_turn` connections are taken in one turn of the loop, which stream_setup() has prepared. */
void acceptor_init(struct acceptor *a, struct ev_loop *loop, unsigned a_turn,
    void (*accepted)(struct acceptor *a, int fd, const struct credentials *peer));

/* Begins with fd, a listening socket, which stays the caller's. */
void acceptor_start(struct acceptor *a, int fd);

/* Accepts no more. Nothing happens when it does not listen. */
void acceptor_stop(struct acceptor *a);

#endif
