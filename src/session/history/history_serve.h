/*
 * The process that answers for a session's history, whether or not the session lives:
 * control frames in, control frames out.
 */
#ifndef PCHAT_SESSION_HISTORY_HISTORY_SERVE_H
#define PCHAT_SESSION_HISTORY_HISTORY_SERVE_H

#include "base/macros.h"

/*
 * Serves HISTORY requests for the session `name`: first what can be read from request_fd, unless that is -1; then
 * from standard input, until its end. Answers go to standard output. Returns an exit status.
 */
MUST_USE int history_serve(const char *name, int request_fd);

/* Forgets what the rule of the session's inbox does not keep; while it does, the inbox is not to be written to. An exit status. */
MUST_USE int history_forget(const char *name);

#endif
