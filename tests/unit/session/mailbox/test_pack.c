/* Bodies that share a row: what goes in comes out, and no damaged pack is read beyond its end. */
#include <check.h>
#include <errno.h>
#include <string.h>

#include "guard.h"
#include "session/mailbox/pack.h"

static uint8_t body[MESSAGE_MAX];

static void
add(struct pack *p, uint32_t length)
{
	memset(body, (int)length, length);
	ck_assert(pack_has_room(p, length));
	ck_assert(pack_add(p, body, length));
}

static void
expect(const struct pack_view *v, uint32_t index, uint32_t length)
{
	uint32_t n;
	const uint8_t *p = pack_body(v, index, &n);

	memset(body, (int)length, length);
	ck_assert_uint_eq(n, length);
	ck_assert_mem_eq(p, body, n);
}

START_TEST(gives_back_what_was_put_in)
{
	static const uint32_t lengths[] = { 1, 2, 100, 65535, 7, 65000 };
	struct pack p = { 0 };
	struct pack_view v = { 0 };

	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < ARRAY_SIZE(lengths); i++)
			add(&p, lengths[i]);
		ck_assert_int_eq(pack_open(&v, p.bytes, p.length), 0);
		ck_assert_uint_eq(v.count, ARRAY_SIZE(lengths));
		for (uint32_t i = 0; i < v.count; i++)
			expect(&v, i, lengths[i]);
		pack_clear(&p);
		ck_assert_uint_eq(p.count, 0);
	}
	pack_view_release(&v);
	pack_release(&p);
}
END_TEST

START_TEST(holds_two_of_the_longest)
{
	struct pack p = { 0 };

	add(&p, MESSAGE_MAX);
	add(&p, MESSAGE_MAX);
	ck_assert_uint_eq(p.length, PACK_BYTES);
	ck_assert(!pack_has_room(&p, 0));
	pack_release(&p);
}
END_TEST

START_TEST(holds_many_of_the_shortest)
{
	struct pack p = { 0 };
	struct pack_view v = { 0 };
	uint32_t n = 0;

	for (; pack_has_room(&p, 1); n++)
		add(&p, 1);
	ck_assert_int_eq(pack_open(&v, p.bytes, p.length), 0);
	ck_assert_uint_eq(v.count, n);
	expect(&v, n - 1, 1);
	pack_view_release(&v);
	pack_release(&p);
}
END_TEST

START_TEST(damage_is_told_and_what_stands_before_it_is_there)
{
	struct pack p = { 0 };
	struct pack_view v = { 0 };

	add(&p, 3);
	add(&p, 5);
	for (size_t n = 0; n < p.length; n++) {
		const uint8_t *cut = guard_copy(p.bytes, n);

		ck_assert_int_eq(pack_open(&v, cut, n), n == 7 ? 0 : -EUCLEAN);
		ck_assert_uint_eq(v.count, n >= 7);
		if (v.count > 0)
			expect(&v, 0, 3);
	}
	p.bytes[7 + 3] = 0xff; /* a length of billions */
	ck_assert_int_eq(pack_open(&v, p.bytes, p.length), -EUCLEAN);
	ck_assert_uint_eq(v.count, 1);
	ck_assert_int_eq(pack_open(&v, p.bytes, PACK_BYTES + 1), -EUCLEAN);
	ck_assert_uint_eq(v.count, 0);
	pack_view_release(&v);
	pack_release(&p);
}
END_TEST

/* From `from` on as it should be: up to the end, or down to the beginning. */
static void
expect_walk(struct pack_view *v, bool down, int64_t from)
{
	uint32_t index, length;

	pack_start(v, down, from);
	for (int64_t i = down ? v->count - 1 : 0; i >= 0 && i < v->count; i += down ? -1 : 1) {
		if (down ? i > from : i < from)
			continue;
		ck_assert_ptr_nonnull(pack_next(v, &index, &length));
		ck_assert_int_eq(index, i);
		ck_assert_uint_eq(length, 10U + index);
	}
	ck_assert_ptr_null(pack_next(v, &index, &length));
	ck_assert_ptr_null(pack_next(v, &index, &length));
}

START_TEST(is_walked_from_anywhere)
{
	static const int64_t from[] = { INT64_MIN, -2, -1, 0, 1, 2, 3, 4, INT64_MAX - 1, INT64_MAX };
	struct pack p = { 0 };
	struct pack_view v = { 0 };
	uint32_t index, length;

	ck_assert_ptr_null(pack_next(&v, &index, &length)); /* of one that was never opened */
	for (uint32_t i = 0; i < 3; i++)
		add(&p, 10 + i);
	ck_assert_int_eq(pack_open(&v, p.bytes, p.length), 0);
	ck_assert_ptr_null(pack_next(&v, &index, &length)); /* nor started */
	for (size_t i = 0; i < ARRAY_SIZE(from); i++) {
		expect_walk(&v, false, from[i]);
		expect_walk(&v, true, from[i]);
	}
	pack_view_release(&v);
	pack_release(&p);
}
END_TEST

START_TEST(one_alone_is_there_without_a_view)
{
	struct pack p = { 0 };
	uint32_t length;

	add(&p, 300);
	ck_assert_mem_eq(pack_single(&p, &length), body, 300);
	ck_assert_uint_eq(length, 300);
	pack_release(&p);
}
END_TEST

START_TEST(zeros_are_no_bodies)
{
	static const uint8_t bytes[] = { 1, 0, 0, 0, 'x', 0, 0, 0, 0, 0, 0, 0, 0 };
	struct pack_view v = { 0 };

	ck_assert_int_eq(pack_open(&v, bytes, sizeof(bytes)), -EUCLEAN);
	ck_assert_uint_eq(v.count, 1);
	pack_view_release(&v);
}
END_TEST

Suite *
pack_suite(void)
{
	Suite *s = suite_create("pack");
	TCase *t = tcase_create("pack");

	tcase_add_test(t, gives_back_what_was_put_in);
	tcase_add_test(t, holds_two_of_the_longest);
	tcase_add_test(t, holds_many_of_the_shortest);
	tcase_add_test(t, is_walked_from_anywhere);
	tcase_add_test(t, one_alone_is_there_without_a_view);
	tcase_add_test(t, damage_is_told_and_what_stands_before_it_is_there);
	tcase_add_test(t, zeros_are_no_bodies);
	suite_add_tcase(s, t);
	return s;
}
