/*
 * The line on a terminal that draws nothing, or for a screen reader: one row, changed where it changes, with nothing but
 * text, backspaces and carriage returns. In place of draw_update() and draw_clear() of draw.h, on the same state.
 */
#ifndef PCHAT_EDITOR_PLAIN_H
#define PCHAT_EDITOR_PLAIN_H

#include "cli/chat/editor/draw.h"

/* Makes the row that of the view's cursor. */
void plain_update(struct draw *d, const struct view *v);

/* Leaves the row: one in which something is typed stays as it is, above what comes. */
void plain_clear(struct draw *d, bool typed);

/* Whole lines, wrapped. */
void plain_text(struct draw *d, const char *text, size_t len);

#endif
