/* What the files of forgetting share; for nobody else. Which records are meant, and how their rows leave an inbox. */
#ifndef PCHAT_SESSION_MAILBOX_FORGET_IMPL_H
#define PCHAT_SESSION_MAILBOX_FORGET_IMPL_H

#include <sqlite3.h>

#include "session/mailbox/forget.h"

/* Which records are meant. */
struct choice {
	const struct forget *what;
	bool spare_unread; /* unread records stay; otherwise one that is meant keeps all from being forgotten */
	uint64_t received; /* only received records with ids below this one */
	uint64_t own;      /* only own records with ids below this one */
};

/* Whether a record that was said with `partner` at time_ms (wall clock) is meant, by partner and time alone. */
bool forget_chosen(const struct choice *c, const char *partner, int64_t time_ms);

/*
 * Deletes the records that are meant from an inbox, within the open transaction. *count is how many they were, *unread
 * how many of them are unread. 0 or -errno.
 */
MUST_USE int forget_rows(sqlite3 *inbox, const struct choice *c, uint64_t *count, uint64_t *unread);

#endif
