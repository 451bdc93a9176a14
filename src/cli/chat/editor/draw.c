#include "cli/chat/editor/draw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/wrap.h"

#define WRAP_OFF "\033[?7l"
#define WRAP_ON "\033[?7h"
/* Not from the first column on: of a whole screen that is cleared, multiplexers keep what stood there. */
#define CLEAR_BELOW "\r\033[K\033[C\033[J\r"
#define CLEAR_ROW "\033[K"

void
draw_init(struct draw *d, size_t columns, size_t lines, bool cuts)
{
	*d = (struct draw){ .columns = columns, .lines = lines, .cuts = cuts };
}

void
draw_release(struct draw *d)
{
	for (size_t i = 0; i < d->cap; i++) {
		free(d->rows[i].bytes);
		free(d->rows[i].cells);
	}
	free(d->rows);
	free(d->out);
	*d = (struct draw){ 0 };
}

/* ----------------------------------------------------------------------- writing */

void
draw_raw(struct draw *d, const char *bytes, size_t len)
{
	if (d->out_len + len > d->out_cap) {
		char *more = realloc(d->out, 2 * (d->out_len + len));

		if (!more) {
			d->failed = true;
			return;
		}
		d->out = more;
		d->out_cap = 2 * (d->out_len + len);
	}
	if (len > 0)
		memcpy(d->out + d->out_len, bytes, len);
	d->out_len += len;
}

static void
put(struct draw *d, const char *text)
{
	draw_raw(d, text, strlen(text));
}

static void
put_number(struct draw *d, const char *before, size_t number, const char *after)
{
	char text[48];

	(void)snprintf(text, sizeof(text), "%s%zu%s", before, number, after);
	put(d, text);
}

/* To the begin of the next row, which may be one of those below. */
static void
feed(struct draw *d)
{
	put(d, "\r\n");
	d->below -= d->below > 0;
}

/* To a row that is there already. */
static void
go_to_row(struct draw *d, size_t row)
{
	if (row < d->row)
		put_number(d, "\033[", d->row - row, "A");
	else if (row > d->row)
		put_number(d, "\033[", row - d->row, "B");
	d->row = row;
}

static void
go_to(struct draw *d, size_t row, size_t column)
{
	go_to_row(d, row);
	if (column != d->column)
		put_number(d, "\033[", column + 1, "G");
	d->column = column;
}

/* -------------------------------------------------------------------------- rows */

static bool
same_row(const struct view_row *a, const struct view_row *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->bytes, b->bytes, a->len) == 0);
}

static bool
copy(void **to, size_t *cap, const void *from, size_t n)
{
	if (n > *cap) {
		void *more = realloc(*to, 2 * n);

		if (!more)
			return false;
		*to = more;
		*cap = 2 * n;
	}
	if (n > 0)
		memcpy(*to, from, n);
	return true;
}

static bool
remember_row(struct view_row *to, const struct view_row *from)
{
	if (!copy((void **)&to->bytes, &to->cap, from->bytes, from->len) ||
	    !copy((void **)&to->cells, &to->cell_cap, from->cells, from->cell_count))
		return false;
	to->len = from->len;
	to->cell_count = from->cell_count;
	to->width = from->width;
	return true;
}

static bool
make_room(struct draw *d, size_t count)
{
	struct view_row *more;

	if (count <= d->cap)
		return true;
	more = realloc(d->rows, 2 * count * sizeof(*more));
	if (!more)
		return false;
	memset(more + d->cap, 0, (2 * count - d->cap) * sizeof(*more));
	d->rows = more;
	d->cap = 2 * count;
	return true;
}

/* Writes a row anew; the cursor is at its end then. */
static void
write_row(struct draw *d, size_t i, const struct view_row *row)
{
	const bool below = i >= d->count && i > 0;

	if (below) { /* a line feed makes a row where there was none */
		go_to_row(d, i - 1);
		feed(d);
		d->row = i;
	} else {
		go_to_row(d, i);
		put(d, "\r");
	}
	draw_raw(d, row->bytes, row->len);
	if (!below)
		put(d, CLEAR_ROW);
	d->column = row->width;
	if (!remember_row(&d->rows[i], row))
		d->failed = true;
}

/* What a single typed character at the end of a row costs is that character. */
static bool
append_to_row(struct draw *d, size_t i, const struct view_row *row)
{
	const struct view_row *old = &d->rows[i];

	if (i >= d->count || i != d->row || d->column != old->width || row->len <= old->len || old->width == 0 ||
	    row->cell_count <= old->cell_count || memcmp(old->bytes, row->bytes, old->len) != 0 ||
	    memcmp(old->cells, row->cells, old->cell_count) != 0 || ((unsigned char)row->bytes[old->len] & 0x80) ||
	    row->bytes[old->len] < 0x20)
		return false;
	draw_raw(d, row->bytes + old->len, row->len - old->len);
	d->column = row->width;
	if (!remember_row(&d->rows[i], row))
		d->failed = true;
	return true;
}

static void
drop_rows(struct draw *d, size_t count)
{
	if (d->count <= count)
		return;
	go_to_row(d, count);
	put(d, CLEAR_BELOW);
	d->column = 0;
	d->below += d->count - count;
	d->count = count;
}

void
draw_update(struct draw *d, const struct view *v)
{
	const size_t before = d->out_len;

	if (!make_room(d, v->count)) {
		d->failed = true;
		return;
	}
	put(d, WRAP_OFF);
	for (size_t i = 0; i < v->count; i++) {
		if (i < d->count && same_row(&d->rows[i], &v->rows[i]))
			continue;
		if (!append_to_row(d, i, &v->rows[i]))
			write_row(d, i, &v->rows[i]);
		if (i >= d->count)
			d->count = i + 1;
	}
	if (v->count > 0)
		drop_rows(d, v->count);
	if (d->out_len == before + sizeof(WRAP_OFF) - 1)
		d->out_len = before; /* nothing but the cursor */
	else
		put(d, WRAP_ON);
	go_to(d, v->cursor_row, v->cursor_column);
}

/* --------------------------------------------------------------- another size */

/* Rows that a row of ours takes on a terminal of so many columns; `column`: on which of them that column is. */
static size_t
rows_taken(const struct view_row *r, size_t columns, size_t column, size_t *on)
{
	size_t rows = 1, used = 0, at = 0;

	*on = 0;
	for (size_t i = 0; i < r->cell_count; i++) {
		if (used + r->cells[i] > columns && used > 0) {
			rows++;
			used = 0;
		}
		if (at <= column)
			*on = rows - 1;
		used += r->cells[i];
		at += r->cells[i];
	}
	return rows;
}

/* Rows of the terminal when it has so many columns now: all that the line takes; `above`: those above the cursor. */
static size_t
rows_now(const struct draw *d, size_t columns, size_t *above)
{
	size_t all = 0;

	*above = d->row;
	if (d->cuts || columns >= d->columns)
		return d->count;
	for (size_t i = 0; i < d->count; i++) {
		size_t on;
		const size_t taken = rows_taken(&d->rows[i], columns, i == d->row ? d->column : 0, &on);

		if (i == d->row)
			*above = all + on;
		all += taken;
	}
	return all;
}

/* Empty rows below the line, at most, on a screen of so many: those go first when it becomes smaller. */
static size_t
below_now(const struct draw *d, size_t lines)
{
	const size_t fewer = lines < d->lines ? d->lines - lines : 0;

	if (lines > d->lines)
		return d->below + (lines - d->lines);
	return d->below > fewer ? d->below - fewer : 0;
}

void
draw_clear(struct draw *d, size_t columns, size_t lines)
{
	size_t above;
	const size_t all = rows_now(d, columns, &above);
	const bool is_smaller = columns < d->columns || lines < d->lines;

	if (above > 0) /* a terminal stops at its first row */
		put_number(d, "\033[", above, "A");
	put(d, CLEAR_BELOW);
	if (is_smaller && all + below_now(d, lines) > lines)
		feed(d); /* the first row here may continue one in the scrollback, and join it on a wider terminal */
	d->below += all > 0 ? all - 1 : 0;
	if (columns > d->columns || lines != d->lines || d->below >= lines) /* nobody knows where it stands */
		d->below = lines > 0 ? lines - 1 : 0;
	d->count = d->row = d->column = 0;
	d->columns = columns;
	d->lines = lines;
}

/* ------------------------------------------------------------------ text above */

static void
put_wrapped(void *context, const char *text, size_t len)
{
	struct draw *d = context;

	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		const size_t n = end ? (size_t)(end - text) : len;

		draw_raw(d, text, n);
		if (end)
			feed(d);
		text += n + (end != NULL);
		len -= n + (end != NULL);
	}
}

void
draw_text(struct draw *d, const char *text, size_t len)
{
	if (len == 0)
		return;
	put(d, WRAP_OFF);
	wrap_text(text, len, d->columns, put_wrapped, d);
	if (text[len - 1] != '\n')
		feed(d);
	put(d, WRAP_ON);
}

void
draw_leave(struct draw *d)
{
	if (d->count > 0) {
		go_to_row(d, d->count - 1);
		put(d, "\r\n");
	}
	d->count = d->row = d->column = 0;
	d->below = d->lines > 0 ? d->lines - 1 : 0; /* others write on it now */
}

void
draw_clear_screen(struct draw *d)
{
	draw_clear(
	    d, d->columns, d->lines); /* where a screen that is cleared goes into the scrollback, the line does not */
	put(d, "\033[H\033[2J");
	d->below = 0; /* its owner goes to the bottom */
}

void
draw_remember(struct draw *d, const struct view_row *row)
{
	if (!make_room(d, 1) || !remember_row(&d->rows[0], row))
		d->failed = true;
	else
		d->count = 1;
}
