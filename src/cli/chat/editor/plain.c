#include "cli/chat/editor/plain.h"

#include <string.h>

#include "proto/wrap.h"

static void
repeat(struct draw *d, const char *byte, size_t n)
{
	for (; n > 0; n--)
		draw_raw(d, byte, 1);
}

/* How much of two rows is the same from the left on: in bytes, and in columns. Only ASCII is counted. */
static size_t
same(const struct view_row *a, const struct view_row *b)
{
	size_t n = 0;

	while (n < a->len && n < b->len && a->bytes[n] == b->bytes[n] && !((unsigned char)a->bytes[n] & 0x80))
		n++;
	/* A mark that follows would belong to what is the same. */
	if (n > 0 &&
	    ((n < a->len && ((unsigned char)a->bytes[n] & 0x80)) ||
		(n < b->len && ((unsigned char)b->bytes[n] & 0x80))))
		n--;
	return n;
}

static void
put_whole(struct draw *d, const struct view_row *row)
{
	draw_raw(d, "\r", 1);
	draw_raw(d, row->bytes, row->len);
}

static void
go_to(struct draw *d, const struct view_row *row, size_t column)
{
	if (column > d->column) { /* the only way to the right is to write what stands there */
		if (row->len == row->width)
			draw_raw(d, row->bytes + d->column, row->len - d->column);
		else
			put_whole(d, row);
		d->column = row->width;
	}
	repeat(d, "\b", d->column - column);
	d->column = column;
}

void
plain_update(struct draw *d, const struct view *v)
{
	const struct view_row *row = &v->rows[v->cursor_row];
	static const struct view_row nothing;
	const struct view_row *old = d->count > 0 ? &d->rows[0] : &nothing;
	const size_t keep = same(old, row), old_width = old->width;

	if (keep < old->len || keep < row->len) {
		go_to(d, old, keep);
		draw_raw(d, row->bytes + keep, row->len - keep);
		d->column = row->width;
		if (old_width > row->width) {
			repeat(d, " ", old_width - row->width);
			repeat(d, "\b", old_width - row->width);
		}
		draw_remember(d, row);
	}
	go_to(d, row, v->cursor_column);
}

void
plain_clear(struct draw *d, bool typed)
{
	if (d->count > 0 && typed) {
		draw_raw(d, "\r\n", 2);
	} else if (d->count > 0) {
		draw_raw(d, "\r", 1);
		repeat(d, " ", d->rows[0].width);
		draw_raw(d, "\r", 1);
	}
	d->count = d->row = d->column = 0;
}

static void
put(void *context, const char *text, size_t len)
{
	struct draw *d = context;

	for (size_t i = 0; i < len; i++)
		draw_raw(d, text[i] == '\n' ? "\r\n" : &text[i], text[i] == '\n' ? 2 : 1);
}

void
plain_text(struct draw *d, const char *text, size_t len)
{
	if (len == 0)
		return;
	wrap_text(text, len, d->columns, put, d);
	if (text[len - 1] != '\n')
		draw_raw(d, "\r\n", 2);
}
