/*
 * The user's own settings for libedit: ~/.editrc, or the file that EDITRC names (editrc(5)). They are given to libedit line
 * by line: one that it does not take keeps none of the others from counting.
 */
#ifndef PCHAT_EDITOR_EDITRC_H
#define PCHAT_EDITOR_EDITRC_H

#include <histedit.h>
#include <stdbool.h>
#include <stddef.h>

#define EDITRC_WRONG 8U /* numbers of lines that are kept, at most */

/* What came of it. */
struct editrc {
	const char *name;           /* of the file, for people */
	size_t wrong[EDITRC_WRONG]; /* which lines libedit did not take, from 1 on: the first of them */
	size_t count;               /* how many it did not take */
};

/* Gives libedit all lines. False: there is no such file. */
bool editrc_take(EditLine *el, struct editrc *rc);

/* The numbers of the lines that libedit did not take, for people, as "3, 7"; empty: it took all. */
#define EDITRC_NUMBERS 192U
void editrc_numbers(const struct editrc *rc, char out[EDITRC_NUMBERS]);

#endif
