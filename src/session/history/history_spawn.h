/*
 * History may take long, and the helper has messages to receive: a client that asks for
 * it is handed over to a process of its own, `pchat-session --history`.
 */
#ifndef PCHAT_SESSION_HISTORY_HISTORY_SPAWN_H
#define PCHAT_SESSION_HISTORY_HISTORY_SPAWN_H

#include "base/macros.h"

#define HISTORY_SPAWN_FD 3 /* there the new program finds the first request */

struct control_message;

/*
 * Starts it for the session `name` with a client's connection, and its request. 0, then the connection is to be closed
 * here; -errno.
 */
MUST_USE int history_spawn(const char *name, int connection, const struct control_message *request);

/*
 * Starts one that forgets what the rule of the inbox of session `name` does not keep. 0, and *ended, the caller's, comes
 * to its end when that process does; -errno.
 */
MUST_USE int history_spawn_forget(const char *name, int *ended);

#endif
