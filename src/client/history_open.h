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
 * Calls fn for each inbox of this user that `history -s` reads, in no order: NAME for one of this host, HOST/NAME for one of
 * a session at another. `session` is valid during the call only. Where a folder cannot be read it stops.
 */
void history_each_inbox(void (*fn)(const char *session, void *context), void *context);

/* Likewise for those of this host alone: under these names one may log in. */
void history_each_login(void (*fn)(const char *name, void *context), void *context);

#endif
