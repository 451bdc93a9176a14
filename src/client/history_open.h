/*
 * Where history comes from: the session's helper when that runs; else a process that reads the inbox, also when nobody
 * is logged in.
 */
#ifndef PCHAT_CLIENT_HISTORY_OPEN_H
#define PCHAT_CLIENT_HISTORY_OPEN_H

#include "client/link.h"

/*
 * Connects the link to one or the other: the session that was wished for, else the only one, else the only inbox. The
 * caller ends with link_close(), which ends such a process, too. OK, or why not, with words in the link.
 */
MUST_USE enum verdict history_open(struct link *l, const struct link_wish *wish);

/*
 * Calls fn with each name under which this user has an inbox of this host: under these one may log in. In no order. `name` is
 * valid during the call only.
 */
void history_each_inbox(void (*fn)(const char *name, void *context), void *context);

#endif
