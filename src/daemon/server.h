/*
 * The daemon's front door: the listening socket, who may come in and how many, and what happens when nobody is there.
 * Behind it everything is daemon.h's.
 */
#ifndef PCHAT_DAEMON_SERVER_H
#define PCHAT_DAEMON_SERVER_H

#include <ev.h>
#include <stdint.h>

#include "daemon/daemon.h"
#include "net/acceptor.h"

struct server {
	struct daemon daemon;
	struct acceptor acceptor;
	uint32_t connections;
	ev_timer rest_timer; /* gives memory back some time after a connection has ended */
	ev_timer idle_timer; /* ends the daemon; runs while nobody is there */
	uint32_t idle_exit;  /* seconds; 0: never */
};

/* Listens on fd. The roster is there already. idle_exit: seconds without a session after which it ends; 0: never. */
void server_init(struct server *s, struct ev_loop *loop, int fd, uint32_t idle_exit);

/* Tells everyone to come back later, and closes all connections. Not the sessions: they stay in the registry. */
void server_stop(struct server *s);

#endif
