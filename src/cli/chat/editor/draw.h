/*
 * The rows of the line at the bottom of a terminal, and the text that is put above them: it knows what stands on the
 * terminal, and writes what has to be changed. Writes into memory; its owner writes that to the terminal.
 *
 * Each row is a line of its own for the terminal, and is never wrapped by it (DECAWM is off while it is written). So a
 * wider terminal joins no rows, and a narrower one cuts each row into as many as can be counted: the place where the
 * line begins is known after a change of the size, and nothing above it is ever written over.
 */
#ifndef PCHAT_EDITOR_DRAW_H
#define PCHAT_EDITOR_DRAW_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/chat/editor/view.h"

struct draw {
	struct view_row *rows; /* that stand on the terminal */
	size_t count, cap;
	size_t row, column;    /* of the cursor, counted from the first of them */
	size_t columns, lines; /* of the terminal, when they were drawn */
	size_t below; /* empty rows that the screen may have below the line, or below the cursor where there is none */
	bool cuts;    /* a terminal that becomes narrower cuts off what does not fit, in place of wrapping it */
	char *out;    /* to be written */
	size_t out_len, out_cap;
	bool failed; /* memory was short: what stands on the terminal is not what it should be */
};

void draw_init(struct draw *d, size_t columns, size_t lines, bool cuts);
void draw_release(struct draw *d);

/* Makes the rows those of the view. */
void draw_update(struct draw *d, const struct view *v);

/* Takes the rows away; the cursor is at the left, where the first one was. Counts with a size that has changed since. */
void draw_clear(struct draw *d, size_t columns, size_t lines);

/* Writes text, safe, of whole lines, wrapped, where the cursor is, with no rows on the terminal. */
void draw_text(struct draw *d, const char *text, size_t len);

/* The cursor goes below the rows, which stay; the line begins anew there. */
void draw_leave(struct draw *d);

/* The screen is empty, the cursor at its begin. */
void draw_clear_screen(struct draw *d);

/* That row is the only one on the terminal, the cursor where it was put. */
void draw_remember(struct draw *d, const struct view_row *row);

/* Bytes as they are: a bell, a title. */
void draw_raw(struct draw *d, const char *bytes, size_t len);

#endif
