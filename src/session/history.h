/*
 * What was said: own and received records of an inbox folder, in one order, served as
 * control frames by a process of its own, whether or not the session lives.
 */
#ifndef PCHAT_SESSION_HISTORY_H
#define PCHAT_SESSION_HISTORY_H

#include "base/macros.h"

/*
 * Serves HISTORY requests for the session `name`: first what can be read from request_fd, unless that is -1; then
 * from standard input, until its end. Answers go to standard output. Returns an exit status.
 */
MUST_USE int history_serve(const char *name, int request_fd);

#endif
