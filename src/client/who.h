/*
 * Everyone online, as the daemon tells it page by page, in the order of names.
 */
#ifndef PCHAT_CLIENT_WHO_H
#define PCHAT_CLIENT_WHO_H

#include "client/link.h"

struct who_list {
	size_t count, room;
	struct who_entry *entry;
};

/* Asks for all pages. OK, or why not, with words in the link. */
MUST_USE enum verdict who_fetch(struct who_list *r, struct link *l, uint64_t deadline);
void who_release(struct who_list *r);

#endif
