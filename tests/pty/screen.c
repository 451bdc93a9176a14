#include "screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/unicode/unicode.h"

#define CELL_TEXT 120U
#define LINES_KEPT 1000U /* of the scrollback, at least */

struct cell {
	char text[CELL_TEXT]; /* "" in the second column of a wide character */
	uint8_t width;        /* 0: the second column, or nothing was written */
};

struct line {
	struct cell *cells;
	size_t used; /* columns written */
	bool wrapped;
};

struct screen {
	size_t columns, lines;
	bool clusters, wrap;
	struct line *all; /* the scrollback, then the screen */
	size_t count, cap;
	size_t x, y;
	char held[64]; /* an escape sequence, or a character, that is not complete */
	size_t held_len;
	char unknown[64]; /* the first sequence that is not known */
	unsigned long mark;
	bool forgot; /* the oldest lines */
};

/* A sequence, or a byte, that is not known. */
static void
not_known(struct screen *s, const char *bytes, size_t n)
{
	size_t len = 0;

	if (s->unknown[0])
		return;
	for (size_t i = 0; i < n && len + sizeof("\\x00") <= sizeof(s->unknown); i++)
		len += (size_t)snprintf(s->unknown + len, sizeof(s->unknown) - len,
		    bytes[i] > 0x20 && bytes[i] < 0x7f && bytes[i] != '\\' ? "%c" : "\\x%02X", (uint8_t)bytes[i]);
}

static void *
need(void *p)
{
	if (!p)
		abort();
	return p;
}

static struct line
line_new(size_t columns)
{
	return (struct line){ .cells = need(calloc(columns > 0 ? columns : 1, sizeof(struct cell))) };
}

static size_t
top(const struct screen *s)
{
	return s->count - s->lines;
}

static struct line *
current(const struct screen *s)
{
	return &s->all[top(s) + s->y];
}

static void
append_line(struct screen *s, struct line l)
{
	if (s->count == s->cap) {
		s->cap = s->cap > 0 ? 2 * s->cap : 64;
		s->all = need(realloc(s->all, s->cap * sizeof(*s->all)));
	}
	s->all[s->count++] = l;
}

static void
forget_oldest(struct screen *s)
{
	size_t drop = s->count > 2 * LINES_KEPT ? LINES_KEPT : 0;

	for (size_t i = 0; i < drop; i++)
		free(s->all[i].cells);
	memmove(s->all, s->all + drop, (s->count - drop) * sizeof(*s->all));
	s->count -= drop;
	s->forgot = s->forgot || drop > 0;
}

struct screen *
screen_new(size_t columns, size_t lines, bool clusters)
{
	struct screen *s = need(calloc(1, sizeof(*s)));

	*s = (struct screen){ .columns = columns, .lines = lines, .clusters = clusters, .wrap = true };
	for (size_t i = 0; i < lines; i++)
		append_line(s, line_new(columns));
	return s;
}

void
screen_free(struct screen *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->all[i].cells);
	free(s->all);
	free(s);
}

/* ------------------------------------------------------------------------ writing */

static void
line_feed(struct screen *s)
{
	if (s->y + 1 < s->lines) {
		s->y++;
		return;
	}
	append_line(s, line_new(s->columns));
	forget_oldest(s);
}

static size_t
width_of(uint32_t cp)
{
	const struct unicode *u = unicode_get(cp);

	if (u->category == GC_MN || u->category == GC_ME || u->category == GC_CF || u->cluster == GCB_V ||
	    u->cluster == GCB_T || (cp >= 0xFE00 && cp <= 0xFE0F))
		return 0;
	return u->east == EA_W || u->east == EA_F || (u->flags & UNICODE_MODIFIER) ? 2 : 1;
}

/* What stood there, half of a wide character perhaps, is gone. */
static void
clear_cell(struct line *l, size_t x, size_t columns)
{
	if (l->cells[x].width == 0 && x > 0 && l->cells[x - 1].width == 2)
		l->cells[x - 1] = (struct cell){ .text = " ", .width = 1 };
	if (l->cells[x].width == 2 && x + 1 < columns)
		l->cells[x + 1] = (struct cell){ .text = " ", .width = 1 };
	l->cells[x] = (struct cell){ .width = 0 };
}

/* A terminal that knows clusters widens one that becomes an emoji. */
static bool
joins(struct screen *s, const char *text, size_t n, size_t width)
{
	struct line *l = current(s);
	size_t x = s->x;
	struct cell *c;
	char joined[CELL_TEXT + 8];
	size_t len;

	while (x > 0 && l->cells[x - 1].width == 0)
		x--;
	if (x == 0)
		return width == 0;
	c = &l->cells[x - 1];
	len = strlen(c->text);
	if (len + n + 1 > CELL_TEXT)
		return width == 0;
	(void)snprintf(joined, sizeof(joined), "%s%.*s", c->text, (int)n, text);
	if (width > 0 && (!s->clusters || unicode_cluster(joined, len + n) < len + n))
		return false;
	memcpy(c->text, joined, len + n + 1);
	if (s->clusters && c->width == 1 && (strstr(joined, "\xef\xb8\x8f") || width == 2) && x < s->columns) {
		clear_cell(l, x, s->columns);
		c->width = 2;
		s->x = x + 1;
		l->used = l->used > s->x ? l->used : s->x;
	}
	return true;
}

static void
put(struct screen *s, const char *text, size_t n, uint32_t cp)
{
	const size_t width = width_of(cp);
	struct line *l;

	if (joins(s, text, n, width))
		return;
	if (s->x + width > s->columns && s->wrap) {
		current(s)->wrapped = true;
		line_feed(s);
		s->x = 0;
	} else if (s->x + width > s->columns) {
		if (width > s->columns)
			return;
		s->x = s->columns - width;
	}
	l = current(s);
	for (size_t i = 0; i < width; i++)
		clear_cell(l, s->x + i, s->columns);
	memcpy(l->cells[s->x].text, text, n);
	l->cells[s->x].text[n] = '\0';
	l->cells[s->x].width = (uint8_t)width;
	s->x += width;
	l->used = l->used > s->x ? l->used : s->x;
}

/* ----------------------------------------------------------------------- sequences */

static void
clear_line(struct screen *s, struct line *l, size_t from)
{
	for (size_t x = from; x < s->columns; x++)
		clear_cell(l, x, s->columns);
	l->used = l->used < from ? l->used : from;
	l->wrapped = false;
}

/* All that stands on the screen goes into the scrollback. */
static void
scroll_all(struct screen *s)
{
	for (size_t i = 0; i < s->lines; i++)
		append_line(s, line_new(s->columns));
	forget_oldest(s);
}

static void
clear_below(struct screen *s)
{
	if (s->x == 0 && s->y == 0) {
		scroll_all(s);
		return;
	}
	if (s->x < s->columns)
		clear_line(s, current(s), s->x);
	for (size_t y = s->y + 1; y < s->lines; y++)
		clear_line(s, &s->all[top(s) + y], 0);
}

static void
report(const struct screen *s, char *answers, size_t size)
{
	const size_t len = strlen(answers), x = s->x < s->columns ? s->x : s->columns - 1;

	(void)snprintf(answers + len, size - len, "\033[%zu;%zuR", s->y + 1, x + 1);
}

static void
csi(struct screen *s, const char *args, char final, char *answers, size_t size)
{
	const size_t number = strtoul(args, NULL, 10), n = number > 0 ? number : 1;

	if (s->x >= s->columns)
		s->x = s->columns - 1;
	if (final == 'A')
		s->y -= n < s->y ? n : s->y;
	else if (final == 'B')
		s->y = s->y + n < s->lines ? s->y + n : s->lines - 1;
	else if (final == 'C')
		s->x = s->x + n < s->columns ? s->x + n : s->columns - 1;
	else if (final == 'G')
		s->x = n - 1 < s->columns ? n - 1 : s->columns - 1;
	else if (final == 'H')
		s->x = s->y = 0;
	else if (final == 'K')
		clear_line(s, current(s), s->x);
	else if (final == 'J' && number == 2)
		scroll_all(s);
	else if (final == 'J')
		clear_below(s);
	else if (final == 'n')
		report(s, answers, size);
	else if ((final == 'h' || final == 'l') && strcmp(args, "?7") == 0)
		s->wrap = final == 'h';
	else if (final != 'm' && final != 't' && strcmp(args, "?2004") != 0)
		not_known(s, s->held, s->held_len);
}

/* Whether what is held is complete; it is done then. */
static bool
sequence(struct screen *s, char *answers, size_t size)
{
	const char last = s->held[s->held_len - 1];

	if (s->held_len == 1)
		return false;
	if (s->held[1] == ']') {
		if (last == '\a' && strncmp(s->held, "\033]777;", 6) == 0)
			s->mark = strtoul(s->held + 6, NULL, 10);
		return last == '\a';
	}
	if (s->held[1] != '[') {
		not_known(s, s->held, s->held_len);
		return true;
	}
	if (s->held_len == 2 || last < 0x40 || last > 0x7e)
		return s->held_len + 1 == sizeof(s->held);
	s->held[s->held_len - 1] = '\0';
	csi(s, s->held + 2, last, answers, size);
	return true;
}

static void
control(struct screen *s, char c)
{
	if (c == '\r')
		s->x = 0;
	else if (c == '\n')
		line_feed(s);
	else if (c == '\b' && s->x > 0)
		s->x--;
	else if (c != '\a' && c != '\b')
		not_known(s, &c, 1);
}

void
screen_write(struct screen *s, const char *bytes, size_t n, char *answers, size_t size)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t cp;

		if (s->held_len == 0 && (unsigned char)bytes[i] < 0x20 && bytes[i] != 033) {
			control(s, bytes[i]);
			continue;
		}
		if (s->held_len + 1 < sizeof(s->held))
			s->held[s->held_len++] = bytes[i];
		s->held[s->held_len] = '\0';
		if (s->held[0] == 033) {
			if (sequence(s, answers, size))
				s->held_len = 0;
		} else if (unicode_decode(s->held, s->held_len, &cp) == s->held_len) {
			put(s, s->held, s->held_len, cp);
			s->held_len = 0;
		} else if (s->held_len == 4) {
			not_known(s, s->held, s->held_len);
			s->held_len = 0;
		}
	}
}

/* ------------------------------------------------------------------------ another size */

/* Appends cells to lines of another width. */
struct flow {
	struct line *out;
	size_t count, cap, columns;
};

static void
flow_line(struct flow *f)
{
	if (f->count == f->cap) {
		f->cap = f->cap > 0 ? 2 * f->cap : 64;
		f->out = need(realloc(f->out, f->cap * sizeof(*f->out)));
	}
	f->out[f->count++] = line_new(f->columns);
}

static void
flow_cell(struct flow *f, const struct cell *c)
{
	const size_t width = c->width > 0 ? c->width : 1;
	struct line *l = &f->out[f->count - 1];

	if (l->used + width > f->columns) {
		l->wrapped = true;
		flow_line(f);
		l = &f->out[f->count - 1];
	}
	if (width > f->columns)
		return;
	l->cells[l->used] = *c;
	l->used += width;
}

/* Lays all out for so many columns; the cursor stays at its cell, or behind the last one. */
static void
reflow(struct screen *s, size_t columns)
{
	struct flow f = { .columns = columns };
	const size_t at = top(s) + s->y;
	size_t line = 0, x = 0;
	bool joined = false;

	for (size_t i = 0; i < s->count; i++) {
		const struct line *l = &s->all[i];

		if (!joined)
			flow_line(&f);
		for (size_t c = 0; c < l->used; c++) {
			if (c > 0 && l->cells[c].width == 0 && l->cells[c - 1].width == 2)
				continue;
			flow_cell(&f, &l->cells[c]);
			if (i == at && c <= s->x) {
				line = f.count - 1;
				x = f.out[line].used - (l->cells[c].width > 0 ? l->cells[c].width : 1);
			}
		}
		if (i == at && s->x >= l->used) {
			line = f.count - 1;
			x = f.out[line].used;
		}
		joined = l->wrapped;
		free(l->cells);
	}
	free(s->all);
	s->all = f.out;
	s->count = f.count;
	s->cap = f.cap;
	s->columns = columns;
	while (s->count < s->lines)
		append_line(s, line_new(columns));
	s->y = line > top(s) ? line - top(s) : 0;
	s->x = x < columns ? x : columns - 1;
}

/* Blank lines below the cursor go first; then the rows at the top go into the scrollback, and come back from there. */
static void
change_lines(struct screen *s, size_t lines)
{
	while (s->lines > lines && s->y + 1 < s->lines && s->all[s->count - 1].used == 0) {
		free(s->all[--s->count].cells);
		s->lines--;
	}
	while (s->lines > lines) {
		s->lines--;
		if (s->y > 0)
			s->y--;
	}
	while (s->lines < lines) {
		if (s->count > s->lines)
			s->y++;
		else
			append_line(s, line_new(s->columns));
		s->lines++;
	}
}

void
screen_resize(struct screen *s, size_t columns, size_t lines)
{
	if (lines != s->lines)
		change_lines(s, lines);
	if (columns != s->columns)
		reflow(s, columns);
}

/* ------------------------------------------------------------------------- looking */

void
screen_cursor(const struct screen *s, size_t *column, size_t *line)
{
	*column = s->x < s->columns ? s->x : s->columns - 1;
	*line = s->y;
}

size_t
screen_columns(const struct screen *s)
{
	return s->columns;
}

size_t
screen_lines(const struct screen *s)
{
	return s->lines;
}

size_t
screen_scrolled(const struct screen *s)
{
	return top(s);
}

const char *
screen_row(const struct screen *s, long row)
{
	static char text[512 * CELL_TEXT];
	const long at = (long)top(s) + row;
	size_t len = 0;

	if (at < 0 || at >= (long)s->count)
		return NULL;
	for (size_t x = 0; x < s->columns && len + CELL_TEXT < sizeof(text); x++) {
		const struct cell *c = &s->all[at].cells[x];

		if (c->width == 0 && x > 0 && s->all[at].cells[x - 1].width == 2)
			continue;
		if (c->width == 0 || !c->text[1]) { /* most are of one byte */
			text[len++] = c->width == 0 ? ' ' : c->text[0];
		} else {
			const size_t n = strlen(c->text);

			memcpy(text + len, c->text, n);
			len += n;
		}
	}
	while (len > 0 && text[len - 1] == ' ')
		len--;
	text[len] = '\0';
	return text;
}

const char *
screen_unknown(const struct screen *s)
{
	return s->unknown[0] ? s->unknown : NULL;
}

unsigned long
screen_mark(const struct screen *s)
{
	return s->mark;
}

bool
screen_begins_with(const struct screen *s, long row, char c)
{
	const long at = (long)top(s) + row;

	return at >= 0 && at < (long)s->count && s->all[at].cells[0].text[0] == c;
}

bool
screen_forgot(const struct screen *s)
{
	return s->forgot;
}
