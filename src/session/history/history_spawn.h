/*
 * Starts processes that read or forget history. Both may take long, while the helper has messages to receive; so
 * `pchat-session --history` serves the client, or `--forget` forgets. init(8) reaps them: each is the child of a child
 * that has ended.
 */
#ifndef PCHAT_SESSION_HISTORY_HISTORY_SPAWN_H
#define PCHAT_SESSION_HISTORY_HISTORY_SPAWN_H

#include "base/macros.h"

#define HISTORY_SPAWN_FD 3 /* the descriptor on which the new program finds the first request */

struct control_message;

/*
 * Starts a process for a client of the session `name` (NAME or HOST/NAME), which takes over its connection and answers
 * its request first. The descriptor `connection` stays the caller's, who closes it. *ended, the caller's to close, comes to
 * its end when that process ends, or has answered a FORGET. 0 or -errno.
 */
MUST_USE int history_spawn(const char *name, int connection, const struct control_message *request, int *ended);

/*
 * Starts a process that forgets what the rule of the session's inbox does not keep. *ended is a pipe, the caller's to
 * close, which comes to its end when that process ends. 0 or -errno.
 */
MUST_USE int history_spawn_forget(const char *name, int *ended);

#endif
