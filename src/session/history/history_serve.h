/*
 * The process that reads a session's history, for a client of the helper or without a helper. It reads control frames
 * (docs/PROTOCOL.md) and writes control frames. Both functions return the exit status of the process.
 */
#ifndef PCHAT_SESSION_HISTORY_HISTORY_SERVE_H
#define PCHAT_SESSION_HISTORY_HISTORY_SERVE_H

#include "base/macros.h"

/*
 * Serves HISTORY requests for the session `name`, which is NAME or HOST/NAME. It takes requests from request_fd first,
 * unless that is -1, then from standard input until its end. Answers go to standard output.
 */
MUST_USE int history_serve(const char *name, int request_fd);

/*
 * Forgets what the rule of the inbox (`forget --keep`) does not keep. Nobody else may write to the inbox meanwhile.
 */
MUST_USE int history_forget(const char *name);

#endif
