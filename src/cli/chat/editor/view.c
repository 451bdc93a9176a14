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

/* Where a layout stands. */
struct place {
	size_t row, column;
	size_t bytes; /* of the text in this row */
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
	free(v->before);
	free(v->laid);
	v->rows = NULL;
	v->starts = v->before = NULL;
	v->laid = NULL;
	v->laid_len = v->laid_cap = v->laid_columns = v->before_cap = 0;
	v->cap = v->count = v->start_cap = v->start_count = 0;
}

static size_t
piece_at(const char *text, size_t len)
{
	size_t n = unicode_cluster(text, len);

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

static void
begin_row(struct view *v, size_t at)
{
	if (v->start_count == v->start_cap) {
		const size_t cap = v->start_cap > 0 ? 2 * v->start_cap : 64;
		size_t *more = realloc(v->starts, cap * sizeof(*more));

		if (!more) {
			v->failed = true;
			return;
		}
		v->starts = more;
		v->start_cap = cap;
	}
	v->starts[v->start_count++] = at;
}

/* Columns that a row may use: the last one stays free. */
static size_t
row_room(const struct view *v)
{
	return v->columns > 2 ? v->columns - 1 : 1;
}

/* Whether a piece still goes into the row. */
static bool
fits(const struct view *v, const struct place *p, size_t width, size_t len)
{
	return p->column == 0 || (p->column + width <= row_room(v) && p->bytes + len <= VIEW_ROW_BYTES);
}

/* How many bytes from text[at] on are ASCII that goes into the row, each a cluster. */
static size_t
ascii_run(const struct view *v, const struct place *p, const char *text, size_t len)
{
	const size_t room = p->column < row_room(v) ? row_room(v) - p->column : 0;
	size_t n = 0;

	while (n < len && n < room && is_ascii(text[n]))
		n++;
	if (n > 0 && n < len && !is_ascii(text[n])) /* a mark may follow, which belongs to the latest one */
		n--;
	return p->bytes + n <= VIEW_ROW_BYTES ? n : 0;
}

/* Moves over what is at text[at]; returns its bytes. */
static size_t
advance(struct view *v, struct place *p, const char *text, size_t len, size_t at)
{
	size_t n = ascii_run(v, p, text + at, len - at), width = n;

	if (n == 0) {
		n = piece_at(text + at, len - at);
		width = piece_width(v, text, len, at, n, p->column);
	}
	if (!fits(v, p, width, n)) {
		*p = (struct place){ .row = p->row + 1 };
		begin_row(v, at);
		if (n == 1 && text[at] == '\t')
			width = tab_width(v, 0);
	}
	p->column += width;
	p->bytes += n;
	return n;
}

/* The latest that begins at the cursor or before it. */
static size_t
row_of(const struct view *v, size_t cursor)
{
	size_t low = 0, high = v->start_count;

	while (high - low > 1) {
		const size_t middle = low + (high - low) / 2;

		if (v->starts[middle] <= cursor)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/*
 * What of the layout before this one still holds. The text is the same up to `same_begin`, and from `same_end` bytes before
 * its end on.
 */
struct earlier {
	size_t count; /* of the starts, in v->before */
	size_t same_begin, same_end;
	size_t at; /* the next start to look at */
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

/* Sets the starts that were found aside, and sees what of the text is another one. */
static void
set_aside(struct view *v, size_t prompt, const char *text, size_t len, struct earlier *e)
{
	size_t *starts = v->before;
	const size_t cap = v->before_cap, most = len < v->laid_len ? len : v->laid_len;

	*e = (struct earlier){ .count = v->start_count };
	v->before = v->starts;
	v->before_cap = v->start_cap;
	v->starts = starts;
	v->start_cap = cap;
	v->start_count = 0;
	if (v->laid_columns != v->columns || v->laid_prompt != prompt ||
	    memcmp(&v->laid_metrics, v->metrics, sizeof(v->laid_metrics)) != 0) {
		e->count = 0;
		return;
	}
	e->same_begin = same_bytes(v->laid, text, most);
	e->same_end = same_bytes_at_end(v->laid + v->laid_len, text + len, most - e->same_begin);
}

/*
 * Takes over the rows before the change: those whose first cluster is whole before it, for that one did not go into the
 * row above. Returns where the latest of them begins.
 */
static size_t
take_begin(struct view *v, struct earlier *e, struct place *p)
{
	while (e->at < e->count && v->before[e->at] + VIEW_PIECE + UNICODE_UTF8_MAX <= e->same_begin && !v->failed)
		begin_row(v, v->before[e->at++]);
	if (v->start_count == 0) {
		begin_row(v, 0);
		return 0;
	}
	if (v->start_count > 1)
		*p = (struct place){ .row = v->start_count - 1 };
	return v->starts[v->start_count - 1];
}

/* The row that begins at `at`, behind the change, began there before: so do all below it. */
static bool
take_end(struct view *v, struct earlier *e, size_t len, size_t at)
{
	const size_t from_end = len - at;

	/* What its first cluster looks like may depend on what stands before it. */
	if (e->count == 0 || from_end + SAFE_RULES_BACK > e->same_end)
		return false;
	while (e->at < e->count && v->before[e->at] < v->laid_len - from_end)
		e->at++;
	if (e->at >= e->count || v->before[e->at] != v->laid_len - from_end || e->at == 0)
		return false;
	while (++e->at < e->count && !v->failed)
		begin_row(v, len - (v->laid_len - v->before[e->at]));
	return true;
}

static void
remember_layout(struct view *v, size_t prompt, const char *text, size_t len)
{
	v->laid_columns = 0;
	if (v->failed || !grow((void **)&v->laid, &v->laid_cap, len + 1))
		return;
	if (len > 0)
		memcpy(v->laid, text, len);
	v->laid_len = len;
	v->laid_columns = v->columns;
	v->laid_prompt = prompt;
	v->laid_metrics = *v->metrics;
}

/* Finds where each row begins, and the row of the cursor. `column`: the prompt's. */
static void
find_rows(struct view *v, size_t column, const char *text, size_t len, size_t cursor, size_t *row)
{
	struct place p = { .column = column };
	struct earlier e;
	size_t at, rows;

	set_aside(v, column, text, len, &e);
	at = take_begin(v, &e, &p);
	while (at < len && !v->failed) {
		rows = v->start_count;
		if (text[at] != '\n') {
			at += advance(v, &p, text, len, at);
		} else {
			at++;
			p = (struct place){ .row = p.row + 1 };
			begin_row(v, at);
		}
		if (v->start_count > rows && take_end(v, &e, len, v->starts[v->start_count - 1]))
			break;
	}
	remember_layout(v, column, text, len);
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
	size_t end = row + 1 < v->start_count ? v->starts[row + 1] : len;

	if (row + 1 < v->start_count && end > v->starts[row] && text[end - 1] == '\n')
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
		put_part(v, r, text, len, v->starts[i], row_end(v, i, text, len), i == row ? at : SIZE_MAX);
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
	show_rows(v, prompt, text, len, at, row, most);
	while (!v->failed && bytes_shown(v) > VIEW_BYTES && most > 1) {
		const size_t fewer = most * VIEW_BYTES / bytes_shown(v); /* rows are much alike */

		most = fewer < 1 ? 1 : fewer < most ? fewer : most - 1;
		show_rows(v, prompt, text, len, at, row, most);
	}
	return !v->failed;
}
