/*
 * What was said: own and received records of an inbox folder, in one order.
 */
#ifndef PCHAT_SESSION_HISTORY_HISTORY_H
#define PCHAT_SESSION_HISTORY_HISTORY_H

#include "base/macros.h"
#include "proto/control.h"

/* Takes a record, which lives until it returns. 0; -EUCLEAN: it is none; another -errno ends the walk. */
typedef int history_fn(void *context, const struct record *r);

/*
 * Calls `fn` with each record of the folder `dir` that the HISTORY request asks for. Without files there are none. 0;
 * -errno: something could not be read, and was left out; or `fn` ended the walk.
 */
MUST_USE int history_each(const char *dir, const struct control_message *request, history_fn *fn, void *context);

#endif
