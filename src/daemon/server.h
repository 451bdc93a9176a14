/*
 * The daemon's front door: the listening socket, who may connect and how many, and when the daemon ends because nobody
 * is there. All else is in daemon.h.
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
	uint32_t connections; /* open ones, logged in or not */
	ev_timer rest_timer;  /* gives memory back, some time after a connection has ended */
	ev_timer idle_timer;  /* ends the daemon; runs while there is no connection and no session */
	uint32_t idle_exit;   /* see server_init() */
};

/*
 * Takes over fd, a listening socket, and serves it from the loop. s->daemon.roster must be set up already. After
 * `idle_exit` seconds without a connection and a session the loop is ended; 0: never.
 */
void server_init(struct server *s, struct ev_loop *loop, int fd, uint32_t idle_exit);

/* Tells every client that the daemon stops, and closes all connections. The sessions stay in the registry. */
void server_stop(struct server *s);

#endif
