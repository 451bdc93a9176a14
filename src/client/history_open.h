/*
 * Where history comes from: the session's helper when it runs, else a program that
 * reads the session's inbox, also when nobody is logged in.
 */
#ifndef PCHAT_CLIENT_HISTORY_OPEN_H
#define PCHAT_CLIENT_HISTORY_OPEN_H

#include "client/link.h"

/* Connects the link to one or the other. OK, or why not, with words in the link. */
MUST_USE enum verdict history_open(struct link *l, const struct link_wish *wish);

/* Calls fn for each name under which we have an inbox, in whatever order. */
void history_each_inbox(void (*fn)(const char *name, void *context), void *context);

#endif
