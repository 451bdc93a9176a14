/*
 * The rows in which a prompt and the text behind it lie on a terminal, and which of them are shown: those around the
 * cursor, the others counted ("[+280 lines]"). Rows are cut between clusters, none reaches the last column. Pure but for
 * memory; knows no escape sequences but the one that sets a column (CHA), behind what terminals draw at different widths.
 */
#ifndef PCHAT_EDITOR_VIEW_H
#define PCHAT_EDITOR_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "cli/chat/editor/metrics.h"

#define VIEW_BYTES 6144U     /* of the rows that are shown: a key may cost 8 KiB of output */
#define VIEW_ROW_BYTES 2048U /* of the text in one row; a longer one is cut */

/* A row as it is written: no control characters but CHA. */
struct view_row {
	char *bytes;
	size_t len, cap;
	uint8_t *cells; /* columns of each cluster, in order: how the row breaks when the terminal becomes narrower */
	size_t cell_count, cell_cap;
	size_t width; /* columns used */
};

struct view {
	const struct metrics *metrics;
	size_t columns;
	size_t most; /* rows that may be shown */
	/* What was laid out. */
	struct view_row *rows; /* that are shown */
	size_t count, cap;
	size_t cursor_row, cursor_column; /* among them */
	/* Kept from one time to the next. */
	size_t first;   /* first row of the text that is shown */
	size_t *starts; /* of each row of the text, its first byte */
	size_t start_count, start_cap;
	/* What `starts` was found for: a row that begins in the same text begins the next one at the same place. */
	char *laid;
	size_t laid_len, laid_cap;
	size_t laid_columns, laid_prompt; /* of the terminal, and of the prompt; 0: nothing was laid out */
	struct metrics laid_metrics;
	size_t *before; /* the starts of that, while new ones are found */
	size_t before_cap;
	bool failed; /* memory was short */
	bool plain;  /* without CHA */
};

void view_init(struct view *v, const struct metrics *m);
void view_release(struct view *v);

/* Lays it out for so many columns, and at most `most` rows. The prompt is safe text; false when memory is short. */
MUST_USE bool view_lay(struct view *v, const char *prompt, const char *text, size_t len, size_t at);

/* Columns of a safe text, such as a prompt. */
size_t view_width(const struct view *v, const char *text);

#endif
