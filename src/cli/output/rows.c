#include "cli/output/rows.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/output/output.h"
#include "cli/output/terminal.h"
#include "proto/wrap.h"

static struct {
	bool wraps;
	bool commands;  /* the terminal itself reads, and understands escape sequences */
	size_t columns; /* of one behind a pager; 0: to be asked for */
	char *text;
	size_t len, cap;
} rows;

bool
rows_setup(void)
{
	rows.wraps = isatty(STDOUT_FILENO);
	rows.commands = rows.wraps && !terminal_is_dumb();
	return rows.wraps;
}

void
rows_into_pager(void)
{
	size_t lines;

	rows.commands = false;
	terminal_size(STDOUT_FILENO, &rows.columns, &lines);
}

/* What was collected, until the rows are complete. */
static void
take(const void *data, size_t n, void *context)
{
	(void)context;
	if (rows.len + n > rows.cap) {
		char *more = realloc(rows.text, 2 * (rows.len + n));

		if (!more)
			return;
		rows.text = more;
		rows.cap = 2 * (rows.len + n);
	}
	memcpy(rows.text + rows.len, data, n);
	rows.len += n;
}

static void
put(void *context, const char *text, size_t len)
{
	(void)context;
	output_write(text, len);
}

void
rows_begin(void)
{
	if (rows.wraps)
		output_divert(take, NULL);
}

void
rows_end(void)
{
	size_t columns = rows.columns, lines;

	if (!rows.wraps)
		return;
	output_divert(NULL, NULL);
	if (columns == 0)
		terminal_size(STDOUT_FILENO, &columns, &lines);
	output_string(rows.commands ? "\033[?7l" : "");
	wrap_text(rows.text, rows.len, columns, put, NULL);
	output_string(rows.commands ? "\033[?7h" : "");
	rows.len = 0;
}
