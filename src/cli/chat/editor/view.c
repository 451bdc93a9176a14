#include "cli/chat/editor/view.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/translate.h"
#include "core/unicode/unicode.h"
#include "proto/safe.h"
#include "proto/safe_rules.h"

#define TAB 8U
#define MARK_MAX 48U /* bytes of "[+280 lines]" */

/* Bytes of what is drawn next: a cluster that is longer than VIEW_PIECE goes to pieces; and room for what is drawn of it. */
#define VIEW_PIECE 96U
#define PIECE_DRAWN_MAX 1024U

/* On so many bytes behind it what is drawn of a piece may depend: the tags of a flag are the most. */
#define AHEAD 32U

/* A piece of the text. */
struct view_piece {
	uint16_t width; /* columns; a tab's depends on where it stands, a line feed has none: 0 */
	uint16_t drawn; /* bytes that are drawn of it */
	uint8_t len;
	bool doubtful; /* the column is set behind it */
};

void
view_init(struct view *v, const struct metrics *m)
{
	*v = (struct view){ .metrics = m, .columns = 80, .most = 1 };
}

void
view_release(struct view *v)
{
	for (size_t i = 0; i < v->cap; i++) {
		free(v->rows[i].bytes);
		free(v->rows[i].cells);
	}
	free(v->rows);
	free(v->starts);
	free(v->pieces);
	free(v->anew);
	free(v->laid);
	v->rows = NULL;
	v->starts = NULL;
	v->pieces = v->anew = NULL;
	v->laid = NULL;
	v->laid_len = v->laid_cap = v->piece_count = v->piece_cap = v->anew_cap = 0;
	v->cap = v->count = v->start_cap = v->start_count = 0;
}

static size_t
piece_at(const char *text, size_t len)
{
	/* What goes to pieces need not be seen to its end. */
	size_t n = unicode_cluster(text, len < VIEW_PIECE + UNICODE_UTF8_MAX ? len : VIEW_PIECE + UNICODE_UTF8_MAX);

	if (n <= VIEW_PIECE)
		return n;
	for (n = VIEW_PIECE; n > 1 && ((unsigned char)text[n] & 0xc0) == 0x80;)
		n--;
	return n;
}

/* ------------------------------------------------------------------- one cluster */

static bool
is_ascii(char c)
{
	return (unsigned char)c >= 0x20 && (unsigned char)c < 0x7f;
}

/* Whether text[at] is ASCII that nothing behind it can join. */
static bool
is_plain(const char *text, size_t len, size_t at)
{
	return is_ascii(text[at]) && (at + 1 == len || !((unsigned char)text[at + 1] & 0x80));
}

/* Columns that a tab takes from `column` on, in a row that has an end. */
static size_t
tab_width(const struct view *v, size_t column)
{
	const size_t width = TAB - column % TAB, room = column + 1 < v->columns ? v->columns - 1 - column : 1;

	return width < room ? width : room;
}

static bool
is_one_letter(const char *piece, size_t n)
{
	uint32_t cp;

	return unicode_decode(piece, n, &cp) == n && unicode_is_letter(unicode_get(cp)) && !safe_shows_nothing(cp);
}

/* Whether a mark begins at text[at] that nothing before it carries. */
static bool
lacks_base(const char *text, size_t len, size_t at)
{
	uint32_t cp;

	if (unicode_decode(text + at, len - at, &cp) == 0 || !unicode_is_mark(unicode_get(cp)))
		return false;

	const struct safe_rules before = safe_rules_before(text, len, at);

	return !safe_rules_carries_mark(&before);
}

/* Columns of what is drawn, cluster by cluster: an escape may stand behind a character. */
static size_t
drawn_width(const struct view *v, const char *drawn, size_t len, bool *doubtful)
{
	size_t width = 0;

	*doubtful = false;
	for (size_t at = 0, n; at < len; at += n) {
		bool so;

		if (is_plain(drawn, len, at)) {
			n = 1;
			width++;
			continue;
		}
		n = unicode_cluster(drawn + at, len - at);
		width += metrics_width(v->metrics, drawn + at, n, &so);
		*doubtful = *doubtful || so;
	}
	return width;
}

/*
 * A row's bytes of the n at text[at], a piece: what is printable there as it is, as in a message, all else as an escape.
 * Returns its columns.
 */
static size_t
draw_piece(const struct view *v, const char *text, size_t len, size_t at, size_t n, size_t column, char *out,
    size_t *out_len, bool *doubtful)
{
	static const char circle[] = "\u25cc";
	size_t circle_len;

	if (n == 1 && text[at] == '\t') {
		*doubtful = false;
		*out_len = tab_width(v, column);
		memset(out, ' ', *out_len);
		return *out_len;
	}
	if (is_one_letter(text + at, n)) { /* nothing around it counts */
		memcpy(out, text + at, n);
		*out_len = n;
		return metrics_width(v->metrics, out, n, doubtful);
	}
	/* A mark without a base: terminals drop it, or put it on what stands before. */
	circle_len = lacks_base(text, len, at) ? sizeof(circle) - 1 : 0;
	memcpy(out, circle, circle_len);
	*out_len = circle_len + safe_within(text, len, at, n, out + circle_len, PIECE_DRAWN_MAX - circle_len);
	return drawn_width(v, out, *out_len, doubtful);
}

/* The same, when nothing is written. */
static size_t
piece_width(const struct view *v, const char *text, size_t len, size_t at, size_t n, size_t column)
{
	char out[PIECE_DRAWN_MAX];
	size_t drawn;
	bool doubtful;

	if (n == 1 && is_ascii(text[at]))
		return 1;
	return draw_piece(v, text, len, at, n, column, out, &drawn, &doubtful);
}

/* ------------------------------------------------------------------ all the rows */

static bool
grow(void **p, size_t *cap, size_t need)
{
	void *more;

	if (need <= *cap)
		return true;
	more = realloc(*p, 2 * need);
	if (!more)
		return false;
	*p = more;
	*cap = 2 * need;
	return true;
}

/*
 * The pieces of the text, of which those before and behind a change stay as they were: a key in a long line costs what stands
 * around it, and the sum of the widths. The text is the same up to `same_begin`, and from `same_end` bytes before its end on.
 */
struct change {
	size_t same_begin, same_end;
	size_t first; /* piece that may have become another one, */
	size_t at;    /* and where that begins */
};

static size_t
same_bytes(const char *a, const char *b, size_t most)
{
	size_t n = 0;

	while (most - n >= 256 && memcmp(a + n, b + n, 256) == 0)
		n += 256;
	while (n < most && a[n] == b[n])
		n++;
	return n;
}

static size_t
same_bytes_at_end(const char *a_end, const char *b_end, size_t most)
{
	size_t n = 0;

	while (most - n >= 256 && memcmp(a_end - n - 256, b_end - n - 256, 256) == 0)
		n += 256;
	while (n < most && a_end[-1 - (ptrdiff_t)n] == b_end[-1 - (ptrdiff_t)n])
		n++;
	return n;
}

static struct change
find_change(const struct view *v, const char *text, size_t len)
{
	const size_t most = len < v->laid_len ? len : v->laid_len;
	struct change c = { .first = 0 };

	if (v->piece_count == 0 || memcmp(&v->laid_metrics, v->metrics, sizeof(v->laid_metrics)) != 0)
		return c;
	c.same_begin = same_bytes(v->laid, text, most);
	c.same_end = same_bytes_at_end(v->laid + v->laid_len, text + len, most - c.same_begin);
	while (c.first < v->piece_count && c.at + VIEW_PIECE + AHEAD <= c.same_begin)
		c.at += v->pieces[c.first++].len;
	return c;
}

static struct view_piece
measure(const struct view *v, const char *text, size_t len, size_t at)
{
	char out[PIECE_DRAWN_MAX];
	struct view_piece p = { .width = 1, .drawn = 1, .len = 1 };
	size_t n, drawn;

	if (is_plain(text, len, at))
		return p;
	if (text[at] == '\n' || text[at] == '\t') {
		p.width = 0;
		p.drawn = text[at] == '\t' ? TAB : 0;
		return p;
	}
	n = piece_at(text + at, len - at);
	p.len = (uint8_t)n;
	p.width = (uint16_t)draw_piece(v, text, len, at, n, 0, out, &drawn, &p.doubtful);
	p.drawn = (uint16_t)drawn;
	return p;
}

static bool
add_piece(struct view *v, size_t count, const struct view_piece *p)
{
	if (!grow((void **)&v->anew, &v->anew_cap, (count + 1) * sizeof(*p)))
		return false;
	v->anew[count] = *p;
	return true;
}

/* Puts `count` new pieces in place of those from `first` to before `next`. */
static bool
splice(struct view *v, size_t first, size_t next, size_t count)
{
	const size_t rest = v->piece_count - next;

	if (!grow((void **)&v->pieces, &v->piece_cap, (first + count + rest) * sizeof(*v->pieces)))
		return false;
	if (rest > 0 && first + count != next)
		memmove(v->pieces + first + count, v->pieces + next, rest * sizeof(*v->pieces));
	if (count > 0)
		memcpy(v->pieces + first, v->anew, count * sizeof(*v->pieces));
	v->piece_count = first + count + rest;
	return true;
}

static bool
remember(struct view *v, const char *text, size_t len)
{
	if (!grow((void **)&v->laid, &v->laid_cap, len + 1))
		return false;
	if (len > 0)
		memcpy(v->laid, text, len);
	v->laid_len = len;
	v->laid_metrics = *v->metrics;
	return true;
}

/* Makes the pieces those of the text. */
static void
find_pieces(struct view *v, const char *text, size_t len)
{
	const struct change c = find_change(v, text, len);
	size_t at = c.at, next = c.first, before = c.at; /* where the earlier piece `next` began */
	bool failed = false;

	v->measured = 0;
	while (at < len && !failed) {
		struct view_piece p;

		/* What it looks like may depend on what stands before it. */
		if (len - at + SAFE_RULES_BACK + UNICODE_UTF8_MAX <= c.same_end) {
			while (next < v->piece_count && before + (len - at) < v->laid_len)
				before += v->pieces[next++].len;
			if (next < v->piece_count && before + (len - at) == v->laid_len)
				break; /* so do all behind it */
		}
		p = measure(v, text, len, at);
		failed = !add_piece(v, v->measured++, &p);
		at += p.len;
	}
	if (at >= len)
		next = v->piece_count;
	if (failed || !splice(v, c.first, next, v->measured) || !remember(v, text, len)) {
		v->piece_count = v->laid_len = 0;
		v->failed = true;
	}
}

static void
begin_row(struct view *v, size_t at, size_t piece)
{
	if (v->start_count == v->start_cap) {
		const size_t cap = v->start_cap > 0 ? 2 * v->start_cap : 64;
		struct view_start *more = realloc(v->starts, cap * sizeof(*more));

		if (!more) {
			v->failed = true;
			return;
		}
		v->starts = more;
		v->start_cap = cap;
	}
	v->starts[v->start_count++] = (struct view_start){ .at = at, .piece = piece };
}

/* Columns that a row may use: the last one stays free. */
static size_t
row_room(const struct view *v)
{
	return v->columns > 2 ? v->columns - 1 : 1;
}

/* The latest that begins at the cursor or before it. */
static size_t
row_of(const struct view *v, size_t cursor)
{
	size_t low = 0, high = v->start_count;

	while (high - low > 1) {
		const size_t middle = low + (high - low) / 2;

		if (v->starts[middle].at <= cursor)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* Finds where each row begins, and the row of the cursor. `column`: the prompt's. */
static void
find_rows(struct view *v, size_t column, const char *text, size_t len, size_t cursor, size_t *row)
{
	const size_t room = row_room(v);
	size_t at = 0, bytes = 0;

	find_pieces(v, text, len);
	v->start_count = 0;
	begin_row(v, 0, 0);
	for (size_t i = 0; i < v->piece_count && !v->failed; i++) {
		const struct view_piece *p = &v->pieces[i];
		size_t width = text[at] == '\t' ? tab_width(v, column) : p->width;

		if (text[at] == '\n') {
			column = bytes = 0;
			begin_row(v, ++at, i + 1);
			continue;
		}
		if (column > 0 && (column + width > room || bytes + p->len > VIEW_ROW_BYTES)) {
			column = bytes = 0;
			begin_row(v, at, i);
			width = text[at] == '\t' ? tab_width(v, 0) : width;
		}
		column += width;
		bytes += p->len;
		at += p->len;
	}
	*row = row_of(v, cursor);
}

/* ---------------------------------------------------------------- the rows shown */

static struct view_row *
add_row(struct view *v)
{
	struct view_row *r;

	if (v->count == v->cap) {
		const size_t cap = v->cap > 0 ? 2 * v->cap : 8;
		struct view_row *more = realloc(v->rows, cap * sizeof(*more));

		if (!more) {
			v->failed = true;
			return NULL;
		}
		memset(more + v->cap, 0, (cap - v->cap) * sizeof(*more));
		v->rows = more;
		v->cap = cap;
	}
	r = &v->rows[v->count++];
	r->len = r->cell_count = r->width = 0;
	return r;
}

static void
put_bytes(struct view *v, struct view_row *r, const char *bytes, size_t n)
{
	if (!grow((void **)&r->bytes, &r->cap, r->len + n)) {
		v->failed = true;
		return;
	}
	if (n > 0)
		memcpy(r->bytes + r->len, bytes, n);
	r->len += n;
}

static void
put_cell(struct view *v, struct view_row *r, size_t width)
{
	if (!grow((void **)&r->cells, &r->cell_cap, r->cell_count + 1)) {
		v->failed = true;
		return;
	}
	r->cells[r->cell_count++] = (uint8_t)width;
	r->width += width;
}

/* The cells of a cluster: those of its code points where it is as wide as all of them. */
static void
put_cluster_cells(struct view *v, struct view_row *r, const char *cluster, size_t len, size_t width)
{
	size_t sum = 0, n;
	uint32_t cp;

	for (size_t at = 0; at < len && (n = unicode_decode(cluster + at, len - at, &cp)) > 0; at += n)
		sum += metrics_code_width(cp);
	if (sum != width) {
		put_cell(v, r, width);
		return;
	}
	for (size_t at = 0; at < len && (n = unicode_decode(cluster + at, len - at, &cp)) > 0; at += n)
		if (metrics_code_width(cp) > 0)
			put_cell(v, r, metrics_code_width(cp));
}

/* The cells of what was drawn, between which a terminal that becomes narrower can break the row. */
static void
put_cells(struct view *v, struct view_row *r, const char *drawn, size_t len)
{
	bool doubtful;

	for (size_t at = 0, n; at < len; at += n) {
		n = unicode_cluster(drawn + at, len - at);
		put_cluster_cells(v, r, drawn + at, n, metrics_width(v->metrics, drawn + at, n, &doubtful));
	}
}

/* What does not go into a row that has nothing else becomes "?"s: only on a terminal that is narrower than one piece. */
static void
put_piece(struct view *v, struct view_row *r, const char *text, size_t len, size_t at, size_t piece)
{
	char out[PIECE_DRAWN_MAX], set[24];
	bool doubtful;
	size_t n, width = draw_piece(v, text, len, at, piece, r->width, out, &n, &doubtful);

	if (r->width + width > row_room(v)) {
		width = row_room(v) - r->width;
		n = width;
		memset(out, '?', n);
	}
	put_bytes(v, r, out, n);
	put_cells(v, r, out, n);
	if (doubtful && !v->plain)
		put_bytes(v, r, set, (size_t)snprintf(set, sizeof(set), "\033[%zuG", r->width + 1));
}

/*
 * Adds the text between two places to a row; `cursor`: where in the text the cursor is, else beyond it. Within a cluster
 * it is shown behind that: what was typed last, before a mark, stands there.
 */
static void
put_part(struct view *v, struct view_row *r, const char *text, size_t len, size_t from, size_t end, size_t cursor)
{
	for (size_t at = from, n; at < end && !v->failed; at += n) {
		if (at == cursor)
			v->cursor_column = r->width;
		n = piece_at(text + at, end - at);
		if (at < cursor && cursor < at + n)
			cursor = at + n;
		if (n == 1 && is_ascii(text[at])) {
			put_bytes(v, r, text + at, 1);
			put_cell(v, r, 1);
		} else {
			put_piece(v, r, text, len, at, n);
		}
	}
	if (cursor == end)
		v->cursor_column = r->width;
}

static void
put_text(struct view *v, struct view_row *r, const char *text, size_t len)
{
	put_part(v, r, text, len, 0, len, SIZE_MAX);
}

/* "[+280 lines]", as far as it goes into the row. */
static void
put_mark(struct view *v, struct view_row *r, size_t hidden)
{
	char mark[MARK_MAX];
	const int n = snprintf(mark, sizeof(mark), translate_count("[+%zu line]", "[+%zu lines]", hidden), hidden);
	const size_t room = row_room(v) > r->width ? row_room(v) - r->width : 0;

	put_text(v, r, mark, (size_t)n < room ? (size_t)n : room);
}

/* Where the text of a row ends, without its line feed. */
static size_t
row_end(const struct view *v, size_t row, const char *text, size_t len)
{
	size_t end = row + 1 < v->start_count ? v->starts[row + 1].at : len;

	if (row + 1 < v->start_count && end > v->starts[row].at && text[end - 1] == '\n')
		end--;
	return end;
}

/* Which rows of the text are shown: at most `most`, the cursor's among them, and as before where that can be. */
static void
choose(struct view *v, size_t row, size_t most, size_t *first, size_t *last)
{
	const size_t all = v->start_count;

	if (all <= most) {
		*first = 0;
		*last = all;
		return;
	}
	/* A row for each mark, when there is room for one. */
	const size_t room = most > 2 ? most - 2 : 1;
	size_t begin = v->first;

	if (row < begin)
		begin = row;
	if (row >= begin + room)
		begin = row + 1 - room;
	if (begin + room > all)
		begin = all - room;
	v->first = begin;
	*first = begin;
	*last = begin + room;
	if (most > 2 && begin <= 1) { /* where nothing is hidden, the row of the mark is one of the text */
		*first = 0;
		*last = most - 1;
	} else if (most > 2 && begin + room + 1 >= all) {
		*first = all - (most - 1);
		*last = all;
	}
}

static void
show_rows(struct view *v, const char *prompt, const char *text, size_t len, size_t at, size_t row, size_t most)
{
	size_t first, last;
	struct view_row *r;

	v->count = 0;
	choose(v, row, most, &first, &last);
	if (first > 0 && most > 2 && (r = add_row(v))) {
		put_text(v, r, prompt, strlen(prompt));
		put_mark(v, r, first);
	}
	for (size_t i = first; i < last && (r = add_row(v)); i++) {
		if (i == 0)
			put_text(v, r, prompt, strlen(prompt));
		if (i == row)
			v->cursor_row = v->count - 1;
		put_part(v, r, text, len, v->starts[i].at, row_end(v, i, text, len), i == row ? at : SIZE_MAX);
	}
	if (last < v->start_count && most > 2 && (r = add_row(v)))
		put_mark(v, r, v->start_count - last);
}

static size_t
bytes_shown(const struct view *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->count; i++)
		n += v->rows[i].len;
	return n;
}

/* How many rows are shown of so many that take too many bytes: rows are much alike. */
static size_t
fewer_rows(size_t most, size_t bytes)
{
	const size_t fewer = most * VIEW_BYTES / bytes;

	return fewer < 1 ? 1 : fewer < most ? fewer : most - 1;
}

/* What so many rows would take, nearly, before they are drawn: in a long row of marks that costs more than all else. */
static size_t
bytes_to_show(struct view *v, size_t row, size_t most)
{
	size_t first, last, bytes = 0;

	choose(v, row, most, &first, &last);
	last = last < v->start_count ? v->starts[last].piece : v->piece_count;
	for (size_t i = v->starts[first].piece; i < last; i++)
		bytes += v->pieces[i].drawn + (v->pieces[i].doubtful && !v->plain ? sizeof("\033[99G") - 1 : 0U);
	return bytes;
}

size_t
view_width(const struct view *v, const char *text)
{
	const size_t len = strlen(text);
	size_t width = 0;

	for (size_t at = 0, n; at < len; at += n) {
		n = piece_at(text + at, len - at);
		width += piece_width(v, text, len, at, n, width);
	}
	return width;
}

bool
view_lay(struct view *v, const char *prompt, const char *text, size_t len, size_t at)
{
	size_t row, most = v->most > 0 ? v->most : 1;

	v->failed = false;
	find_rows(v, view_width(v, prompt), text, len, at, &row);
	for (size_t bytes; !v->failed && most > 1 && (bytes = bytes_to_show(v, row, most)) > VIEW_BYTES;)
		most = fewer_rows(most, bytes);
	show_rows(v, prompt, text, len, at, row, most);
	while (!v->failed && bytes_shown(v) > VIEW_BYTES && most > 1) {
		most = fewer_rows(most, bytes_shown(v));
		show_rows(v, prompt, text, len, at, row, most);
	}
	return !v->failed;
}
