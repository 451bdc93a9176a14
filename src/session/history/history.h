/*
 * What was said: own and received records of an inbox folder, in one order.
 */
#ifndef PCHAT_SESSION_HISTORY_HISTORY_H
#define PCHAT_SESSION_HISTORY_HISTORY_H

#include "base/macros.h"
#include "proto/control.h"

/* Who takes the records. */
struct history_taker {
	/*
	 * Takes a record, which lives until it returns. 0; -EUCLEAN: it is none; -EAGAIN: it has no room for it before
	 * wait() was called; another -errno ends the walk.
	 */
	int (*take)(void *context, const struct record *r);

	/* Returns when there is room again: 0, or an -errno that ends the walk. Meanwhile no file is open. */
	int (*wait)(void *context);
};

/*
 * Gives each record of the folder `dir` that the HISTORY request asks for, and that was there when the walk began.
 * Without files there are none. 0; -errno: something could not be read, and was left out; or the taker ended the walk.
 */
MUST_USE int
history_each(const char *dir, const struct control_message *request, const struct history_taker *taker, void *context);

#endif
