/*
 * Draws the line for a screen reader, or on a terminal that cannot move its cursor up: in one row, of which only what
 * changes is written, with nothing but text, backspaces and carriage returns. These stand in the place of
 * draw_update(), draw_clear() and draw_text() of draw.h, and work on the same state. What they write is collected as
 * draw.h says.
 */
#ifndef PCHAT_EDITOR_PLAIN_H
#define PCHAT_EDITOR_PLAIN_H

#include "cli/chat/editor/draw.h"

/* Changes the row on the screen to the row of the view that has the cursor. */
void plain_update(struct draw *d, const struct view *v);

/* Leaves the row for text that comes: clears it or, when `typed`, lets it stand above that. */
void plain_clear(struct draw *d, bool typed);

/* Writes text, wrapped at the width of the terminal. A missing line feed at its end is added. */
void plain_text(struct draw *d, const char *text, size_t len);

#endif
