/*
 * Everyone online, as the daemon tells it page by page, in the order of names.
 */
#ifndef PCHAT_CLIENT_WHO_H
#define PCHAT_CLIENT_WHO_H

#include "client/link.h"

struct who_row {
	const char *name, *account; /* the list's */
	uint32_t uid;
	uint8_t state;  /* enum who_state */
	bool reachable; /* to us: neither dnd nor blocked */
	int64_t since_ms;
};

struct who_list {
	size_t count, room;
	struct who_row *row;
	struct who_text *text; /* names and accounts: a crowd of short ones takes little memory */
};

/*
 * Asks for all pages. `begins`: only those whose names begin so, whatever the case of ASCII; empty: all. OK, or why
 * not, with words in the link.
 */
MUST_USE enum verdict who_fetch(struct who_list *r, struct link *l, const char *begins, uint64_t deadline);
void who_release(struct who_list *r);

#endif
