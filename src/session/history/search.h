/*
 * The full-text index of a history, search.db (SQLite's FTS5): which messages hold a
 * text. Brought up to date when it is asked, never on the way of a message.
 */
#ifndef PCHAT_SESSION_HISTORY_SEARCH_H
#define PCHAT_SESSION_HISTORY_SEARCH_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

/* Ids in ascending order. */
struct search_hits {
	int64_t *id;
	size_t count, room;
};

/*
 * Finds `text`, at any place of a message and without regard to case, in what was received (inbox, may be NULL) and
 * what was sent (sent, may be NULL). Texts of fewer than three characters, which the index does not know, and an
 * index that cannot be written are looked up the slow way. 0 or -errno; release both in each case.
 */
MUST_USE int search_find(const char *dir, sqlite3 *inbox, sqlite3 *sent, const char *text, struct search_hits *received,
    struct search_hits *own);
void search_hits_release(struct search_hits *h);

#endif
