/*
 * Lays a prompt and the text behind it out in rows, and chooses which are shown: those around the cursor. The others
 * are counted ("[+280 lines]"). Rows are cut between clusters, and none reaches the last column. Makes no system call
 * but for memory. The only escape sequence is the one that sets the column (CHA), behind clusters whose width is
 * doubtful.
 */
#ifndef PCHAT_EDITOR_VIEW_H
#define PCHAT_EDITOR_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "cli/chat/editor/metrics.h"

#define VIEW_BYTES 6144U     /* most bytes of all rows that are shown: one key may cost 8 KiB of output */
#define VIEW_ROW_BYTES 2048U /* most bytes of the text in one row; the rest is cut off */

/* A row as it is written. It has no control characters but CHA. */
struct view_row {
	char *bytes; /* `len` of them */
	size_t len, cap;
	uint8_t *cells; /* the columns of each cluster: where the row breaks when the terminal becomes narrower */
	size_t cell_count, cell_cap;
	size_t width; /* columns that are used */
};

/* Where a row of the text begins. */
struct view_start {
	size_t at;    /* in bytes */
	size_t piece; /* of the view's pieces */
};

struct view_piece; /* view.c: a cluster, or a part of one that is too long */

struct view {
	/* Set by the caller before view_lay(). */
	const struct metrics *metrics; /* how wide clusters are; the caller's */
	size_t columns;                /* of the terminal */
	size_t most;                   /* most rows that are shown */
	bool plain;                    /* CHA is not used */

	/* The result. */
	struct view_row *rows; /* the rows that are shown, `count` of them */
	size_t count, cap;
	size_t cursor_row;    /* the row of the cursor, among these */
	size_t cursor_column; /* its column */
	bool failed;          /* memory was short */

	/* Kept from one call to the next. */
	size_t first; /* the first row of the text that is shown */
	struct view_start *starts;
	size_t start_count, start_cap;
	/* The text that was laid out, and its pieces; where it is the same, they are. */
	char *laid;
	size_t laid_len, laid_cap;
	struct metrics laid_metrics;
	struct view_piece *pieces, *anew;        /* anew: while they are found */
	size_t piece_count, piece_cap, anew_cap; /* the caps in bytes */
	size_t measured;                         /* pieces that the latest call had to look at: what a key costs */
};

/* Prepares a view without rows. The metrics must stay. */
void view_init(struct view *v, const struct metrics *m);

/* Frees what it holds. */
void view_release(struct view *v);

/*
 * Lays out the prompt, which must be safe, and text[len] with the cursor at byte `at`. The rows are valid until the
 * next call. False: short of memory.
 */
MUST_USE bool view_lay(struct view *v, const char *prompt, const char *text, size_t len, size_t at);

/* The columns of a safe text, such as a prompt. */
size_t view_width(const struct view *v, const char *text);

#endif
