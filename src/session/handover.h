/*
 * History may take long, and the helper has messages to receive: a caller that asks for
 * it is handed over to a process of its own, `pchat-session --history`.
 */
#ifndef PCHAT_SESSION_HANDOVER_H
#define PCHAT_SESSION_HANDOVER_H

#include "base/macros.h"

#define HANDOVER_FD 3 /* there the new program finds the first request */

struct caller;
struct control_message;
struct session;

/* Starts it with the caller's connection, and the request. 0, then the connection is to be closed here; -errno. */
MUST_USE int handover_history(struct session *s, const struct caller *c, const struct control_message *request);

#endif
