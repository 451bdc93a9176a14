#include "cli/output/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "cli/output/output.h"
#include "cli/output/restore.h"
#include "cli/output/terminal.h"
#include "proto/safe.h"
#include "proto/wrap.h"

#define WRAP_OFF "\033[?7l" /* what does not fit is no row of its own, whatever the terminal takes its width for */
#define WRAP_ON "\033[?7h"

static struct {
	bool wraps;
	bool collects;  /* between rows_begin() and rows_end() */
	bool commands;  /* the terminal itself reads, and understands escape sequences */
	size_t columns; /* of one behind a pager; 0: to be asked for */
	char *text;
	size_t len, cap;
} rows;

/* The rest of the rows is still to come: autowrap is on behind them, whoever has turned it on before. */
static void
resumed(void)
{
	if (rows.collects || output_is_pending())
		(void)!write(STDOUT_FILENO, WRAP_OFF, sizeof(WRAP_OFF) - 1);
}

bool
rows_setup(void)
{
	rows.wraps = isatty(STDOUT_FILENO);
	rows.commands = rows.wraps && !terminal_is_dumb();
	if (rows.commands)
		restore_at_signals(STDOUT_FILENO, resumed);
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

		if (!more) {
			output_fail(-ENOMEM); /* what is not shown is not read */
			return;
		}
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
	if (!rows.wraps)
		return;
	rows.collects = true;
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
	output_string(rows.commands ? WRAP_OFF : "");
	wrap_text(rows.text, rows.len, columns, put, NULL);
	output_string(rows.commands ? WRAP_ON : "");
	rows.len = 0;
	rows.collects = false;
}

/* ------------------------------------------------------------------------- into a buffer */

struct room {
	char *out;
	size_t len, size;
};

static void
put_in(void *context, const char *text, size_t len)
{
	struct room *r = context;
	const size_t n = len < r->size - r->len ? len : r->size - r->len;

	memcpy(r->out + r->len, text, n);
	r->len += n;
}

size_t
rows_safe(const char *text, size_t columns, char *out, size_t size)
{
	const size_t length = strlen(text);
	_cleanup_(freep) char *line = NULL;
	const bool commands = !terminal_is_dumb();
	struct room r = { .out = out, .size = size };
	size_t n;

	n = safe_line(text, length, out, size);
	if (columns == 0 || n < columns || !(line = malloc(n))) /* no byte takes more than a column */
		return n;
	memcpy(line, out, n);
	put_in(&r, WRAP_OFF, commands ? strlen(WRAP_OFF) : 0);
	wrap_text(line, n, columns, put_in, &r);
	put_in(&r, WRAP_ON, commands ? strlen(WRAP_ON) : 0);
	return r.len;
}
