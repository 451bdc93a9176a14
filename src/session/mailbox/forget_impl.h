/* Forgetting from within: which records, and how their rows are taken out of an inbox. */
#ifndef PCHAT_SESSION_MAILBOX_FORGET_IMPL_H
#define PCHAT_SESSION_MAILBOX_FORGET_IMPL_H

#include <sqlite3.h>

#include "session/mailbox/forget.h"

/* Which records are meant. */
struct choice {
	const struct forget *what;
	bool spare_unread;      /* what is unread is left, and hinders nothing */
	uint64_t received, own; /* and only with ids below these */
};

bool forget_chosen(const struct choice *c, const char *partner, int64_t time_ms);

/*
 * Takes the records that are meant out of an inbox, within the open transaction. 0 or -errno, with how many there were,
 * and how many of them are unread.
 */
MUST_USE int forget_rows(sqlite3 *inbox, const struct choice *c, uint64_t *count, uint64_t *unread);

#endif
