/*
 * The helper's private socket, and all that are connected to it.
 */
#ifndef PCHAT_SESSION_CONTROL_LISTENER_H
#define PCHAT_SESSION_CONTROL_LISTENER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "core/verdict.h"

struct listener;
struct session;
struct control_client;

MUST_USE struct listener *listener_new(struct session *s);
void listener_free(struct listener *v);

/* Listens on NAME.sock. 0 or -errno. */
MUST_USE int listener_open(struct listener *v);

/* Stops listening, removes the socket, and lets everybody go; `over`: the session is, and who waited for that is told. */
void listener_close(struct listener *v, bool over);

/* The client in a slot of the courier, or NULL; and: it is gone, the slot is free. */
struct control_client *listener_client(const struct listener *v, uint32_t slot);
void listener_forget(struct listener *v, uint32_t slot);

/* Calls fn for each. */
void listener_each(const struct listener *v, void (*fn)(struct control_client *c));

#endif
