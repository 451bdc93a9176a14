/*
 * Where history comes from: the session's helper when it runs, else a program that
 * reads the session's inbox, also when nobody is logged in.
 */
#ifndef PCHAT_CLI_ARCHIVE_H
#define PCHAT_CLI_ARCHIVE_H

#include "cli/line/options.h"
#include "cli/session_link.h"

/* Connects the link to one or the other. OK, or why not, with words in the link. */
MUST_USE enum verdict archive_open(struct link *l, const struct options *o);

#endif
