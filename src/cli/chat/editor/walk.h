/*
 * Up and Down: a walk from the line that is typed through those that can be recalled. A text that was typed or changed
 * on the way is there again when the walk comes back to it. Knows no terminal.
 */
#ifndef PCHAT_EDITOR_WALK_H
#define PCHAT_EDITOR_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/chat/editor/origin.h"
#include "cli/chat/editor/recall.h"

#define WALK_KEPT 32U /* lines that were changed, at most; the oldest of them are forgotten, never what was typed */

/* A line as it was left. */
struct walk_line {
	size_t ago; /* 0: what was typed */
	char *text;
	size_t len, at;
	struct origin origin;
};

struct walk {
	size_t ago; /* where it stands: 0: what is typed, else which line of the recall */
	struct walk_line kept[WALK_KEPT];
	size_t count;
	struct origin origin; /* of the line where it stands; all zero: that is as the recall has it */
};

/*
 * Leaves the line that is edited, whose origin is w->origin, for the one so many lines ago. The text to edit, its length and
 * its cursor; it belongs to the walk, and stays until its next step. NULL: there is none, or memory is short, and nothing has
 * changed.
 */
const char *walk_to(struct walk *w, const struct recall *r, size_t ago, const char *text, size_t len, size_t *at);

/* The next one to `older`, seen from where it stands, that begins with so many bytes of text. 0: none, or what was typed. */
size_t walk_find(const struct walk *w, const struct recall *r, bool older, const char *text, size_t len);

/* Back to the begin: what was kept is forgotten. */
void walk_end(struct walk *w);

#endif
