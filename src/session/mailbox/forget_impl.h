/* What the files of forgetting share; for nobody else. Which records are meant, and how their rows leave an inbox. */
#ifndef PCHAT_SESSION_MAILBOX_FORGET_IMPL_H
#define PCHAT_SESSION_MAILBOX_FORGET_IMPL_H

#include <sqlite3.h>

#include "session/mailbox/forget.h"

/* Which records are meant. */
struct choice {
	const struct forget *what;
	bool spare_unread;    /* unread records stay; otherwise one that is meant keeps all from being forgotten */
	uint64_t received;    /* only received records with ids below this one */
	uint64_t own;         /* only own records with ids below this one */
	int64_t typed_before; /* lines that were typed before then; INT64_MAX: whenever; 0: none */
};

/* Whether a record that was said with `partner` at time_ms (wall clock) is meant, by partner and time alone. */
bool forget_chosen(const struct choice *c, const char *partner, int64_t time_ms);

/*
 * Deletes the records that are meant from an inbox, within the open transaction. *count is how many they were, *unread
 * how many of them are unread. 0 or -errno.
 */
MUST_USE int forget_rows(sqlite3 *inbox, const struct choice *c, uint64_t *count, uint64_t *unread);

/*
 * Takes the lines that are meant out of the file of what was typed (proto/typed_line.h), and overwrites them: those for the
 * partner, commands that name the partner, and those that were for nobody yet, unless they are commands. Copies of
 * damaged ones go with them, with other records that went (`any`), or when they are old. 1: something went; 0: nothing
 * was there; -EBUSY: somebody has locked the file, and does not let go; another -errno.
 */
MUST_USE int forget_typed(const char *dir, const struct choice *c, bool any);

#endif
