/*
 * Full text search over a history (SQLite's FTS5), in a file of its own that is made,
 * and brought up to date, when somebody searches (D4): receiving a message never waits for it.
 * It can be removed at any time.
 */
#ifndef PCHAT_SESSION_SEARCH_H
#define PCHAT_SESSION_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

struct search;

/* A message of the history: an inbox record, or one of our own. */
struct search_key {
	int64_t id;
	bool own;
};

/*
 * Opens the index in folder `dir`; a damaged one is set aside and made anew, and where none can be written it
 * is made in memory. Fails as database_open().
 */
MUST_USE int search_open(struct search **s, const char *dir);
void search_close(struct search *s);

/* The newest message of each kind that the index knows; 0: none. */
int64_t search_newest(const struct search *s, bool own);

/* Adds a message; then, once for all of them, search_commit(). Bodies that are no text count as empty. */
MUST_USE int search_add(struct search *s, struct search_key key, const uint8_t *body, size_t length);
MUST_USE int search_commit(struct search *s);

/* Finds the messages that have all the words of `text`; afterwards search_found() answers for each. */
MUST_USE int search_find(struct search *s, const char *text);
bool search_found(const struct search *s, struct search_key key);

#endif
