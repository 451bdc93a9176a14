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
#include <sys/queue.h>

#include "base/macros.h"
#include "daemon/client.h"
#include "daemon/roster.h"

TAILQ_HEAD(client_list, client);

struct server {
	struct ev_loop *loop;
	struct roster roster;
	uint32_t connections, max_connections;
	struct client_list greeting; /* not yet logged in, the one that waits longest first */
	uint32_t greeting_count;
	ev_timer greeting_timer; /* for the first of them */
	ev_io listener;
	ev_timer pause_timer; /* accepts again when it ends */
	ev_timer idle_timer;  /* ends the daemon; runs while nobody is there */
	uint32_t idle_exit;   /* seconds; 0: never */
};

/* Listens on fd. The roster is there already. idle_exit: end so many seconds after the last one went; 0: never. */
void server_init(struct server *s, struct ev_loop *loop, int fd, uint32_t max_connections, uint32_t idle_exit);

/* Tells everyone to come back later, and closes all connections. Not the sessions: they stay in the registry. */
void server_stop(struct server *s);

/* From client.c and dispatch.c: what became of a connection. */
void server_client_logged_in(struct server *s, struct client *c);
void server_client_closed(struct server *s, struct client *c);

#endif
