/*
 * The daemon's front door: the listening socket, who may come in and how many,
 * and how long they may take to say who they are. Behind it everything is the
 * roster's.
 */
#ifndef PCHAT_DAEMON_SERVER_H
#define PCHAT_DAEMON_SERVER_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "daemon/client.h"
#include "daemon/notes/keeper.h"
#include "daemon/notes/tells.h"
#include "daemon/roster.h"
#include "daemon/windows.h"
#include "net/acceptor.h"
#include "net/deadlines.h"

struct server {
	struct ev_loop *loop;
	struct roster roster;
	uint32_t connections;
	struct deadlines greeting; /* not yet logged in */
	uint32_t greeting_count;
	struct tells tells;
	struct keeper *keeper; /* NULL: nothing can be kept */
	struct acceptor acceptor;
	struct windows windows;
	ev_timer rest_timer; /* gives memory back some time after a connection has ended */
	ev_timer idle_timer; /* ends the daemon; runs while nobody is there */
	uint32_t idle_exit;  /* seconds; 0: never */
};

/* Listens on fd. The roster is there already. idle_exit: end so many seconds after the last one went; 0: never. */
void server_init(struct server *s, struct ev_loop *loop, int fd, uint32_t idle_exit);

/* Tells everyone to come back later, and closes all connections. Not the sessions: they stay in the registry. */
void server_stop(struct server *s);

/* From client.c and dispatch.c: what became of a connection. */
void server_client_logged_in(struct server *s, struct client *c);
void server_client_closed(struct server *s, struct client *c);

#endif
