/*
 * Connections that have not logged in: each has HANDSHAKE_SECONDS to say who it is. What they may take together is told
 * by core/quota.h; here they are counted, ended when their time is over, and one of them gives way when there is no room.
 */
#ifndef PCHAT_DAEMON_GREETING_H
#define PCHAT_DAEMON_GREETING_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "net/deadlines.h"

struct client;

struct greetings {
	struct deadlines list;
	uint32_t count;
};

void greeting_init(struct greetings *g, struct ev_loop *loop);

void greeting_add(struct greetings *g, struct client *c);

/* It has said who it is, or is closed. Nothing happens when it is not listed. */
void greeting_remove(struct greetings *g, struct client *c);

/*
 * The connection that has waited longest for its login is told so, and closed; `unknown`: of those whose uid is not known
 * to have an account. False: each has sent its LOGIN, or there is none.
 */
bool greeting_make_room(struct greetings *g, bool unknown);

/* Tells all that the daemon stops, and closes them. */
void greeting_stop(struct greetings *g);

#endif
