/*
 * A listening Unix socket in the event loop: takes connections, asks the kernel who is at the other end, and makes
 * sure that no descriptor that a peer passes can stop us (closing.h). Where descriptors or memory are short it
 * pauses, and while too many connections wait to be closed it waits for them; the connections that there are go on. It
 * may keep a descriptor back, to tell those who wait that they cannot come in.
 */
#ifndef PCHAT_NET_ACCEPTOR_H
#define PCHAT_NET_ACCEPTOR_H

#include <ev.h>

#include "net/closing.h"
#include "net/socket.h"

struct acceptor {
	struct ev_loop *loop;
	ev_io io;                       /* fd -1: not listening */
	ev_timer pause;                 /* it accepts again when this ends */
	struct closing_waiter closings; /* waits while too many are closed */
	unsigned a_turn;
	int spare; /* kept back; -1: none */
	/* Takes over fd: it goes to a stream, or to closing_socket(). */
	void (*accepted)(struct acceptor *a, int fd, const struct credentials *peer);
	/* Takes over fd, for closing_socket(): the process may not have it. NULL: those whom it has no room for wait. */
	void (*turned_away)(struct acceptor *a, int fd);
};

/* At most `a_turn` connections are taken in one turn of the loop, which stream_setup() has prepared. */
void acceptor_init(struct acceptor *a, struct ev_loop *loop, unsigned a_turn,
    void (*accepted)(struct acceptor *a, int fd, const struct credentials *peer));

/* Before it starts: one descriptor is kept back, and whoever comes when the process may have no other is turned away. */
void acceptor_turn_away(struct acceptor *a, void (*turned_away)(struct acceptor *a, int fd));

/* Begins with fd, a listening socket, which stays the caller's. */
void acceptor_start(struct acceptor *a, int fd);

/* Accepts no more. Nothing happens when it does not listen. */
void acceptor_stop(struct acceptor *a);

#endif
