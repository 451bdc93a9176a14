/*
 * Everyone online, as the daemon tells it page by page, in the order of names.
 */
#ifndef PCHAT_CLI_ROSTER_H
#define PCHAT_CLI_ROSTER_H

#include "cli/session_link.h"

struct roster {
	size_t count, room;
	struct who_entry *entry;
};

/* Asks for all pages. OK, or why not, with words in the link. */
MUST_USE enum verdict roster_fetch(struct roster *r, struct link *l, uint64_t deadline);
void roster_release(struct roster *r);

#endif
