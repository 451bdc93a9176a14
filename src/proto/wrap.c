#include "proto/wrap.h"

#include <stdbool.h>
#include <string.h>

#include "core/unicode/unicode.h"
#include "proto/layout.h"
#include "proto/linebreak.h"

/* A row in the making: text[begin..at). */
struct row {
	const char *text;
	size_t len, begin, at;
	size_t width, most; /* columns used, and allowed */
	size_t ink;         /* end of the latest cluster that is no blank */
	size_t opening;     /* the latest place where the row may end; begin: none */
	size_t opening_ink; /* `ink` there */
	size_t opening_width;
	bool inked; /* more than blanks stands in the row */
	size_t indent;
	struct linebreak breaks;
	wrap_fn *fn;
	void *context;
};

/* Half of a terminal that is very narrow. */
static size_t
indent_on(size_t columns)
{
	return columns / 2 < WRAP_INDENT ? columns / 2 : WRAP_INDENT;
}

/* Bytes of one of our own colours; 0: none stands here. */
static size_t
colour_bytes(const char *text, size_t len)
{
	size_t n = 2;

	if (len < 3 || text[0] != '\033' || text[1] != '[')
		return 0;
	while (n < len && ((text[n] >= '0' && text[n] <= '9') || text[n] == ';'))
		n++;
	return n < len && text[n] == 'm' ? n + 1 : 0;
}

/* What is a place to wrap, and nothing else, is not written. */
static void
emit(const struct row *r, size_t from, size_t to)
{
	static const char zwsp[] = "\xe2\x80\x8b";
	const size_t n = sizeof(zwsp) - 1;

	while (from < to) {
		const char *gap = memmem(r->text + from, to - from, zwsp, n);
		const size_t end = gap ? (size_t)(gap - r->text) : to;

		if (end > from)
			r->fn(r->context, r->text + from, end - from);
		from = gap ? end + n : to;
	}
}

/* Colours between two places: what stands there besides is dropped, but not they. */
static void
emit_colours(const struct row *r, size_t from, size_t to)
{
	while (from < to) {
		const size_t n = colour_bytes(r->text + from, to - from);

		if (n > 0)
			emit(r, from, from + n);
		from += n > 0 ? n : 1;
	}
}

/* Ends the row behind `ink`; the next one begins at `next`. */
static void
end_row(struct row *r, size_t ink, size_t next)
{
	static const char feed[] = "\n    ";

	emit(r, r->begin, ink);
	emit_colours(r, ink, next);
	r->fn(r->context, feed, 1 + r->indent);
	r->begin = r->opening = r->ink = next;
	r->inked = false;
	r->width = r->indent;
}

/* Whether a row may end before text[at], as the breaks know it that were fed all before. */
static void
feed_breaks(struct row *r, size_t n)
{
	for (size_t at = r->at; at < r->at + n;) {
		uint32_t cp;
		const size_t bytes = unicode_decode(r->text + at, r->at + n - at, &cp);
		const bool may = linebreak_feed(&r->breaks, bytes > 0 ? cp : 0xFFFD);

		if (may && at == r->at && r->inked) {
			r->opening = at;
			r->opening_ink = r->ink;
			r->opening_width = r->width;
		}
		at += bytes > 0 ? bytes : 1;
	}
}

/*
 * The cluster does not fit: the row ends at its latest opening, or else before it. What stood behind an opening that is
 * nearer to the edge than the indent might not fit behind that.
 */
static void
make_room(struct row *r, size_t width)
{
	while (r->width + width > r->most && r->inked) {
		if (r->opening > r->begin && r->opening_width >= r->indent) {
			const size_t opening = r->opening, moved = r->width - r->opening_width;

			end_row(r, r->opening_ink, opening);
			r->width += moved;
			r->inked = r->at > opening;
			r->ink = r->at;
		} else {
			end_row(r, r->ink, r->at);
		}
	}
	if (r->width + width > r->most && r->width > r->indent) /* nothing but blanks */
		end_row(r, r->begin, r->at);
}

static void
put_cluster(struct row *r, size_t n)
{
	const size_t width = layout_width(r->text + r->at, n);

	feed_breaks(r, n);
	if (n == 1 && r->text[r->at] == ' ') { /* what does not fit of blanks hangs over the edge, and is dropped */
		r->width += 1;
		r->at++;
		return;
	}
	make_room(r, width);
	r->at += n;
	r->width += width;
	r->ink = r->at;
	r->inked = true;
}

/* A cluster that is wider than any row goes to pieces. */
static size_t
piece(const struct row *r)
{
	const size_t n = unicode_cluster(r->text + r->at, r->len - r->at);
	uint32_t cp;
	size_t bytes;

	if (r->indent + layout_width(r->text + r->at, n) <= r->most)
		return n;
	bytes = unicode_decode(r->text + r->at, n, &cp);
	return bytes > 0 ? bytes : 1;
}

static void
wrap_line(struct row *r)
{
	while (r->at < r->len) {
		const size_t colour = colour_bytes(r->text + r->at, r->len - r->at);

		if (colour > 0) {
			r->at += colour;
			r->ink = r->ink + colour == r->at ? r->at : r->ink;
		} else {
			put_cluster(r, piece(r));
		}
	}
	if (r->width > r->most) { /* blanks hang over */
		emit(r, r->begin, r->ink);
		emit_colours(r, r->ink, r->len);
	} else {
		emit(r, r->begin, r->len);
	}
}

void
wrap_text(const char *text, size_t len, size_t columns, wrap_fn *fn, void *context)
{
	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		struct row r = {
			.text = text,
			.len = end ? (size_t)(end - text) : len,
			.most = columns > 2 ? columns - 1 : 1,
			.indent = indent_on(columns),
			.fn = fn,
			.context = context,
		};

		wrap_line(&r);
		if (end)
			fn(context, "\n", 1);
		len -= r.len + (end != NULL);
		text += r.len + (end != NULL);
	}
}
