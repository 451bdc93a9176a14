/*
 * Where history comes from: the session's helper when it runs, else a program that
 * reads the session's inbox, also when nobody is logged in.
 */
#ifndef PCHAT_CLIENT_HISTORY_OPEN_H
#define PCHAT_CLIENT_HISTORY_OPEN_H

#include "client/link.h"

/* Connects the link to one or the other. OK, or why not, with words in the link. */
MUST_USE enum verdict history_open(struct link *l, const struct link_wish *wish);

#endif
