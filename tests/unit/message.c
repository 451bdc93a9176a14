#include "message.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "guard.h"
#include "quick.h"

static uint8_t first[FRAME_MAX], again[FRAME_MAX];

/* Where decoders write; zeroed, so that structs can be compared. */
static void *
blank(const struct protocol *p)
{
	static void *room[2];
	static unsigned turn;

	turn ^= 1;
	free(room[turn]);
	room[turn] = calloc(1, p->size);
	ck_assert_ptr_nonnull(room[turn]);
	return room[turn];
}

static size_t
encoded(const struct protocol *p, const void *m)
{
	const size_t n = p->encode(m, first, sizeof(first));

	ck_assert_uint_ge(n, FRAME_HEADER);
	return n;
}

static struct frame
framed(const uint8_t *bytes, size_t n)
{
	struct frame f;

	ck_assert_int_eq(frame_parse(bytes, n, &f), (ssize_t)n);
	return f;
}

void
message_round_trip(const struct protocol *p, const void *m)
{
	const size_t n = encoded(p, m);
	void *back = blank(p);
	struct frame f = framed(guard_copy(first, n), n);

	quick_assert(p->decode(&f, back) == 0);
	quick_assert(p->encode(back, again, sizeof(again)) == n);
	quick_assert(memcmp(first, again, n) == 0);
	for (size_t cap = 0; cap<n; cap += n - cap> 300 ? 97 : 1)
		quick_assert(p->encode(m, guard_copy(NULL, cap), cap) == 0);
	quick_assert(p->encode(m, guard_copy(NULL, n), n) == n);
}

void
message_lengths(const struct protocol *p, const void *m, size_t fixed)
{
	const size_t n = encoded(p, m) - FRAME_HEADER;
	struct frame f = framed(first, n + FRAME_HEADER);
	void *back = blank(p);

	memset(first + FRAME_HEADER + n, 0, 3);
	for (size_t length = 0; length <= n + 3; length++) {
		f.length = (uint32_t)length;
		f.body = guard_copy(first + FRAME_HEADER, length);
		if (length < fixed || (fixed == 0 && length != n))
			quick_assert(p->decode(&f, back) == -1);
		else if (length <= FRAME_BODY_MAX && length <= n)
			quick_assert(p->decode(&f, back) == 0);
	}
}

void
message_mutations(const struct protocol *p, const void *m)
{
	const size_t n = encoded(p, m);
	void *back = blank(p);
	struct frame f = framed(first, n);

	f.body = guard_copy(first + FRAME_HEADER, f.length);
	for (size_t at = 0; at < f.length; at++) {
		for (unsigned value = 0; value <= UINT8_MAX; value++) {
			((uint8_t *)f.body)[at] = (uint8_t)value;
			if (p->decode(&f, back) != 0)
				continue;
			quick_assert(p->encode(back, again, sizeof(again)) == n);
			quick_assert(memcmp(again + FRAME_HEADER, f.body, f.length) == 0);
		}
		((uint8_t *)f.body)[at] = first[FRAME_HEADER + at];
	}
}

void
message_is(const struct protocol *p, const void *m, const void *bytes, size_t n)
{
	ck_assert_uint_eq(encoded(p, m), n);
	ck_assert_mem_eq(first, bytes, n);
}

void
message_is_refused(const struct protocol *p, const void *m)
{
	ck_assert_uint_eq(p->encode(m, first, sizeof(first)), 0);
}
