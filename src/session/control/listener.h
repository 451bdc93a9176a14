/*
 * The helper's private socket, and all that are connected to it: commands of its owner, each with an index
 * below CONTROL_CLIENTS.
 */
#ifndef PCHAT_SESSION_CONTROL_LISTENER_H
#define PCHAT_SESSION_CONTROL_LISTENER_H

#include <ev.h>
#include <stdint.h>

#include "base/macros.h"
#include "net/rundir.h"

struct control_client;
struct listener;

struct listener_class {
	/* A connection of the owner's; takes over fd. NULL: short of memory, and fd is closed. */
	struct control_client *(*welcome)(void *context, int fd, uint32_t client);
};

MUST_USE struct listener *listener_new(const struct listener_class *class, void *context, struct ev_loop *loop);

/* The clients are freed before. */
void listener_free(struct listener *l);

/* Listens on NAME.sock in that folder. 0 or -errno. */
MUST_USE int listener_open(struct listener *l, const struct rundir *dir, const char *name);

/* Stops listening, and removes the socket; the clients stay. */
void listener_close(struct listener *l);

/* The client of that index, or NULL; and: it is gone, the index is free. */
struct control_client *listener_client(const struct listener *l, uint32_t client);
void listener_forget(struct listener *l, uint32_t client);

/* Calls fn for each client, which may free it. */
void listener_each(const struct listener *l, void (*fn)(struct control_client *c));

#endif
