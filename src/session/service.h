/*
 * The helper's private socket, and all that are connected to it.
 */
#ifndef PCHAT_SESSION_SERVICE_H
#define PCHAT_SESSION_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "core/verdict.h"

struct service;
struct session;
struct caller;

MUST_USE struct service *service_new(struct session *s);
void service_free(struct service *v);

/* Listens on NAME.sock. 0 or -errno. */
MUST_USE int service_open(struct service *v);

/* Stops listening, removes the socket, and lets everybody go; `over`: the session is, and who waited for that is told. */
void service_close(struct service *v, bool over);

/* The caller in a slot of the courier, or NULL; and: it is gone, the slot is free. */
struct caller *service_caller(const struct service *v, uint32_t slot);
void service_forget(struct service *v, uint32_t slot);

/* Calls fn for each. */
void service_each(const struct service *v, void (*fn)(struct caller *c));

#endif
