/*
 * ^R: looks for a line that holds what is typed, from the latest on, as bash does; it begins anew with each character, and the
 * same key again goes on to the next older line. Knows no terminal.
 */
#ifndef PCHAT_EDITOR_SEARCH_H
#define PCHAT_EDITOR_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/chat/editor/recall.h"

#define SEARCH_MAX 256U /* bytes that can be looked for */

struct search {
	bool on;
	bool failed; /* no line holds it; the one that was found before is shown */
	char text[SEARCH_MAX + 1];
	char latest[SEARCH_MAX + 1]; /* what the search before looked for: ^R ^R looks for it again */
	size_t len;
	size_t ago;   /* the line that was found; 0: none */
	size_t at;    /* where in it */
	size_t begun; /* where the walk stood when it began */
};

void search_begin(struct search *s, size_t ago);

/* Adds what was typed; false when it is too long. */
bool search_type(struct search *s, const struct recall *r, const char *text, size_t len);

/* Takes its last cluster off; false when there is none. */
bool search_erase(struct search *s, const struct recall *r);

/* The next line to `older` or newer. */
void search_next(struct search *s, const struct recall *r, bool older);

void search_end(struct search *s);

/* What was found is not there any more: it looks from the latest line on. */
void search_restart(struct search *s);

#endif
