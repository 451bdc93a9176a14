#include "session/mailbox/needle.h"

#include <string.h>
#include <utf8proc.h>

#include "proto/safe.h"

#define BLOCK 16U

typedef uint8_t block __attribute__((vector_size(BLOCK)));

/* The two characters outside of ASCII whose lower case is ASCII: I with a dot (i), and the Kelvin sign (k). */
static const char dotted_i[] = "\xc4\xb0", kelvin[] = "\xe2\x84\xaa";

/* ------------------------------------------------------------------------- characters */

/* The character at *p in lower case. A byte that begins none stands for itself. */
static int32_t
take_character(const uint8_t **p, const uint8_t *end)
{
	utf8proc_int32_t c;
	utf8proc_ssize_t n;

	if (**p < 0x80) {
		c = *(*p)++;
		return c >= 'A' && c <= 'Z' ? c + 0x20 : c;
	}
	n = utf8proc_iterate(*p, end - *p, &c);
	*p += n > 0 ? n : 1;
	return n > 0 ? utf8proc_tolower(c) : -(int32_t)(*p)[-1];
}

static bool
is_seen(int32_t c)
{
	return c < 0x80 || !safe_shows_nothing((uint32_t)c);
}

/* What cannot be seen in the message is passed over, but not where the text begins: it begins behind that, too. */
static bool
begins_here(const struct needle *n, const uint8_t *p, const uint8_t *end)
{
	for (size_t i = 0; i < n->count;) {
		int32_t c;

		if (p >= end)
			return false;
		c = take_character(&p, end);
		if (c == n->character[i])
			i++;
		else if (i == 0 || is_seen(c))
			return false;
	}
	return true;
}

static bool
found_by_characters(const struct needle *n, const uint8_t *body, size_t length)
{
	for (const uint8_t *p = body; p < body + length; p++)
		if (begins_here(n, p, body + length))
			return true;
	return false;
}

/* ------------------------------------------------------------------------- ASCII */

static block
load(const uint8_t *p)
{
	block b;

	memcpy(&b, p, sizeof(b));
	return b;
}

static bool
is_zero(block b)
{
	uint64_t half[2];

	memcpy(half, &b, sizeof(half));
	return (half[0] | half[1]) == 0;
}

static bool
bytes_begin_here(const struct needle *n, const uint8_t *p)
{
	for (size_t i = 0; i < n->count; i++)
		if ((p[i] | n->case_bit[i]) != n->byte[i])
			return false;
	return true;
}

static bool
bytes_begin_within(const struct needle *n, const uint8_t *p, size_t places)
{
	for (size_t i = 0; i < places; i++)
		if (bytes_begin_here(n, p + i))
			return true;
	return false;
}

/* A block of places at a time: looked at closely are those where the first and the last character stand. */
static bool
found_by_bytes(const struct needle *n, const uint8_t *body, size_t length)
{
	const size_t last = n->count - 1;
	size_t at = 0, places;

	if (length < n->count)
		return false;
	for (places = length - last; at + BLOCK <= places; at += BLOCK) {
		const block first_fits = (block)((load(body + at) | n->case_bit[0]) == n->byte[0]);
		const block last_fits = (block)((load(body + at + last) | n->case_bit[last]) == n->byte[last]);

		if (!is_zero(first_fits & last_fits) && bytes_begin_within(n, body + at, BLOCK))
			return true;
	}
	return bytes_begin_within(n, body + at, places - at);
}

static bool
is_ascii(const uint8_t *p, size_t length)
{
	size_t at = 0;

	for (; at + BLOCK <= length; at += BLOCK)
		if (!is_zero(load(p + at) & 0x80))
			return false;
	for (; at < length; at++)
		if (p[at] >= 0x80)
			return false;
	return true;
}

static bool
has_alias(const void *bytes, size_t length)
{
	return memmem(bytes, length, dotted_i, sizeof(dotted_i) - 1) ||
	    memmem(bytes, length, kelvin, sizeof(kelvin) - 1);
}

/* Whether something that cannot be seen may stand within a word of ASCII. */
static bool
has_unseen(const void *bytes, size_t length)
{
	const uint8_t *p = bytes, *const end = p + length;

	while (p < end) {
		if (end - p >= (ptrdiff_t)BLOCK && is_zero(load(p) & 0x80))
			p += BLOCK;
		else if (!is_seen(take_character(&p, end)))
			return true;
	}
	return false;
}

/* Whether ASCII is found by its characters, though not by its bytes. */
static bool
hides(const struct needle *n, const void *bytes, size_t length)
{
	return (n->alias && has_alias(bytes, length)) || (n->count > 1 && has_unseen(bytes, length));
}

/* ------------------------------------------------------------------------- as a whole */

static void
add_character(struct needle *n, int32_t c)
{
	const size_t i = n->count;

	if (!is_seen(c))
		return;
	n->count++;
	n->character[i] = c;
	if (c < 0 || c >= 0x80) {
		n->ascii = false;
		return;
	}
	n->byte[i] = (uint8_t)c;
	n->case_bit[i] = c >= 'a' && c <= 'z' ? 0x20 : 0;
	n->alias |= c == 'i' || c == 'k';
}

void
needle_init(struct needle *n, const char *text)
{
	const uint8_t *p = (const uint8_t *)text, *const end = p + strnlen(text, NEEDLE_MAX);

	memset(n, 0, sizeof(*n));
	n->ascii = true;
	while (p < end)
		add_character(n, take_character(&p, end));
}

bool
needle_found(const struct needle *n, const void *body, size_t length)
{
	if (n->count == 0)
		return true;
	if (!n->ascii)
		return !is_ascii(body, length) && found_by_characters(n, body, length);
	return found_by_bytes(n, body, length) || (hides(n, body, length) && found_by_characters(n, body, length));
}

bool
needle_possible(const struct needle *n, const void *bytes, size_t length)
{
	return n->count == 0 || !n->ascii || found_by_bytes(n, bytes, length) || hides(n, bytes, length);
}
