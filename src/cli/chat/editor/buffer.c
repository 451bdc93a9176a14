#include "cli/chat/editor/buffer.h"

#include <stdlib.h>
#include <string.h>

#include "core/unicode/unicode.h"
#include "proto/layout.h"

#define FIRST_CAP 256U

/* ---------------------------------------------------------------------- changes */

static bool
make_room(struct buffer *b, size_t len)
{
	size_t cap = b->cap;
	char *more;

	if (len > BUFFER_MAX)
		return false;
	if (len < b->cap)
		return true;
	while (cap <= len)
		cap *= 2;
	more = realloc(b->text, cap);
	if (!more)
		return false;
	b->text = more;
	b->cap = cap;
	return true;
}

static void
forget_oldest(struct buffer *b)
{
	b->step_bytes -= b->steps[0].old_len;
	free(b->steps[0].old);
	memmove(b->steps, b->steps + 1, --b->step_count * sizeof(*b->steps));
}

static void
forget_all(struct buffer *b)
{
	for (size_t i = 0; b->steps && i < b->step_count; i++)
		free(b->steps[i].old);
	b->step_count = 0;
	b->step_bytes = 0;
}

/* Whether what is typed at `at` goes on where the latest change ended. */
static bool
joins(const struct buffer *b, size_t from, size_t to)
{
	const struct buffer_step *last = b->step_count > 0 ? &b->steps[b->step_count - 1] : NULL;

	return last && last->typed && from == to && last->at + last->new_len == from;
}

/* Remembers what stands in from..to; false when memory is short. */
static bool
remember(struct buffer *b, size_t from, size_t to, size_t len, bool typed)
{
	struct buffer_step s = {
		.at = from,
		.cursor = b->at,
		.old_len = to - from,
		.new_len = len,
		.origin = b->origin,
		.typed = typed,
	};

	if (typed && joins(b, from, to)) {
		b->steps[b->step_count - 1].new_len += len;
		return true;
	}
	s.old = to > from ? malloc(to - from) : NULL;
	if (to > from && !s.old)
		return false;
	if (s.old)
		memcpy(s.old, b->text + from, to - from);
	if (b->step_count == BUFFER_STEPS)
		forget_oldest(b);
	b->steps[b->step_count++] = s;
	b->step_bytes += s.old_len;
	while (b->step_bytes > BUFFER_UNDO_MAX)
		forget_oldest(b);
	return true;
}

/* The text is long enough already. */
static void
put(struct buffer *b, size_t from, size_t to, const char *text, size_t len)
{
	memmove(b->text + from + len, b->text + to, b->len - to + 1);
	if (len > 0)
		memcpy(b->text + from, text, len);
	b->len = b->len - (to - from) + len;
}

/* The text has changed. */
static void
set_origin(struct buffer *b)
{
	const bool left_out = b->origin.left_out;

	if (b->len == 0) {
		b->origin = (struct origin){ 0 };
	} else if (!b->origin.known) {
		b->origin = b->now;
		b->origin.left_out = left_out;
	}
}

bool
buffer_replace(struct buffer *b, size_t from, size_t to, const char *text, size_t len, bool typed)
{
	if (!make_room(b, b->len - (to - from) + len) || !remember(b, from, to, len, typed))
		return false;
	put(b, from, to, text, len);
	b->at = from + len;
	set_origin(b);
	return true;
}

void
buffer_clear(struct buffer *b)
{
	forget_all(b);
	b->len = b->at = 0;
	b->origin = (struct origin){ 0 };
	b->text[0] = '\0';
}

void
buffer_seal(struct buffer *b)
{
	if (b->step_count > 0)
		b->steps[b->step_count - 1].typed = false;
}

bool
buffer_undo(struct buffer *b)
{
	struct buffer_step *s;

	if (b->step_count == 0)
		return false;
	s = &b->steps[b->step_count - 1];
	if (!make_room(b, b->len - s->new_len + s->old_len))
		return false;
	put(b, s->at, s->at + s->new_len, s->old, s->old_len);
	b->at = s->cursor <= b->len ? s->cursor : b->len;
	s->origin.left_out = b->len > 0 && (s->origin.left_out || b->origin.left_out);
	b->origin = s->origin;
	b->step_bytes -= s->old_len;
	free(s->old);
	b->step_count--;
	buffer_seal(b);
	return true;
}

bool
buffer_init(struct buffer *b)
{
	*b = (struct buffer){ .text = calloc(1, FIRST_CAP), .cap = FIRST_CAP, .now.known = true };
	b->steps = calloc(BUFFER_STEPS, sizeof(*b->steps));
	if (b->text && b->steps)
		return true;
	buffer_release(b);
	return false;
}

void
buffer_release(struct buffer *b)
{
	forget_all(b);
	free(b->steps);
	free(b->text);
	*b = (struct buffer){ 0 };
}

/* ----------------------------------------------------------------------- places */

size_t
buffer_left(const struct buffer *b, size_t at)
{
	return at - layout_previous(b->text, at);
}

size_t
buffer_right(const struct buffer *b, size_t at)
{
	return at + unicode_cluster(b->text + at, b->len - at);
}

void
buffer_move(struct buffer *b, size_t at)
{
	if (at > b->len)
		at = b->len;
	while (at > 0 && at < b->len && ((unsigned char)b->text[at] & 0xc0) == 0x80)
		at--;
	if (at < b->len && at > 0) { /* into a cluster: to its begin */
		const size_t before = buffer_left(b, at);

		if (buffer_right(b, before) > at)
			at = before;
	}
	b->at = at;
}

/* Letters, digits and their marks. */
static bool
is_word(const struct buffer *b, size_t at)
{
	uint32_t cp;

	if (at >= b->len || unicode_decode(b->text + at, b->len - at, &cp) == 0)
		return false;

	const struct unicode *u = unicode_get(cp);

	return unicode_is_letter(u) || unicode_is_mark(u) || (u->category >= GC_ND && u->category <= GC_NO);
}

/*
 * Where the latest word begins in a part of the text that begins with a line; SIZE_MAX: there is none. Forwards: to the left
 * each cluster of a row of flags would be looked for from where the row begins.
 */
static size_t
last_word(const struct buffer *b, size_t from, size_t end)
{
	size_t begin = SIZE_MAX;
	bool within = false;

	for (size_t at = from; at < end; at += unicode_cluster(b->text + at, end - at)) {
		const bool word = is_word(b, at);

		if (word && !within)
			begin = at;
		within = word;
	}
	return begin;
}

size_t
buffer_word_left(const struct buffer *b, size_t at)
{
	for (size_t end = at, from;; end = from - 1) {
		from = buffer_line_begin(b, end);

		const size_t begin = last_word(b, from, end);

		if (begin != SIZE_MAX || from == 0)
			return begin != SIZE_MAX ? begin : 0;
	}
}

size_t
buffer_word_right(const struct buffer *b, size_t at)
{
	while (at < b->len && !is_word(b, at))
		at = buffer_right(b, at);
	while (at < b->len && is_word(b, at))
		at = buffer_right(b, at);
	return at;
}

size_t
buffer_line_begin(const struct buffer *b, size_t at)
{
	while (at > 0 && b->text[at - 1] != '\n')
		at--;
	return at;
}

size_t
buffer_line_end(const struct buffer *b, size_t at)
{
	const char *feed = at < b->len ? memchr(b->text + at, '\n', b->len - at) : NULL;

	return feed ? (size_t)(feed - b->text) : b->len;
}
