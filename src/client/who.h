/*
 * The list of everyone online, which the daemon tells page by page.
 */
#ifndef PCHAT_CLIENT_WHO_H
#define PCHAT_CLIENT_WHO_H

#include "client/link.h"

struct who_row {
	const char *name;    /* of the session; valid as long as the list */
	const char *account; /* of its owner, or "uid 1001"; valid as long as the list */
	uint32_t uid;        /* of its owner */
	uint8_t state;       /* enum who_state */
	bool reachable;      /* our `to` would not be refused by dnd or a rule */
	int64_t since_ms;    /* when it logged in, in ms of the wall clock */
	uint64_t order;      /* for sorting */
};

/* All zero: an empty list. */
struct who_list {
	size_t count;          /* rows */
	size_t room;           /* rows that there is memory for */
	struct who_row *row;   /* sorted by name, whatever the case of ASCII */
	struct who_text *text; /* the texts of the names and accounts */
};

/*
 * Asks for all pages, and fills the list with the sessions whose names begin with `begins`, whatever the case of ASCII;
 * "": with all. The caller ends with who_release(), also after failure. A helper that dies meanwhile is started again.
 * OK, or why not, with words in the link.
 */
MUST_USE enum verdict who_fetch(struct who_list *r, struct link *l, const char *begins, uint64_t deadline);

/* Frees what the list holds, and empties it. */
void who_release(struct who_list *r);

#endif
