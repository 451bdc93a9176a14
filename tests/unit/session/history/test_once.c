/* Own messages that were told, remembered by ranges of their ids, in whatever order they come. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "session/history/once.h"

#define IDS 200U

static struct once once;

static void
teardown(void)
{
	once_release(&once);
}

static struct record
message(struct ident id, uint32_t uid, const char *name)
{
	struct record r = { .own = true, .peer.uid = uid, .msgid = id };

	(void)snprintf(r.peer.name, sizeof(r.peer.name), "%s", name);
	return r;
}

static bool
is_told(uint64_t n)
{
	const struct record r = message(number(n), 1000, "bob");

	return once_has(&once, &r);
}

static void
tell(uint64_t n)
{
	const struct record r = message(number(n), 1000, "bob");

	once_add(&once, &r);
}

START_TEST(a_range_has_what_is_in_it)
{
	for (uint64_t n = 10; n <= 20; n++)
		tell(_i ? 30 - n : n);
	for (uint64_t n = 5; n <= 25; n++)
		ck_assert_int_eq(is_told(n), n >= 10 && n <= 20);
}
END_TEST

/* Each of them once, by chance in runs up, runs down and alone. */
START_TEST(ranges_in_any_order)
{
	bool told[IDS + 1] = { false };

	srand((unsigned)_i);
	for (unsigned turn = 0; turn < 2000; turn++) {
		uint64_t n = 1 + (unsigned)rand() % IDS;
		const bool down = rand() % 2;

		for (int length = rand() % 6; length >= 0 && n >= 1 && n <= IDS; length--, n = down ? n - 1 : n + 1) {
			ck_assert_int_eq(is_told(n), told[n]);
			if (!told[n])
				tell(n);
			told[n] = true;
			ck_assert(is_told(n));
		}
	}
}
END_TEST

START_TEST(to_another_it_is_another)
{
	const struct record others[] = { message(number(1), 1001, "bob"), message(number(1), 1000, "carol"),
		message(number(1), 0, "") };

	tell(1);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		ck_assert(!once_has(&once, &others[i]));
		once_add(&once, &others[i]);
		ck_assert(once_has(&once, &others[i]));
	}
	ck_assert(is_told(1));
	ck_assert(!is_told(2));
}
END_TEST

/* Behind the largest number comes 0: that is no range. */
START_TEST(past_the_largest_number)
{
	struct record last = message(number(0), 1000, "bob");

	memset(last.msgid.b, 0xff, IDENT_LEN);
	if (_i)
		tell(0);
	once_add(&once, &last);
	if (!_i)
		tell(0);
	ck_assert(once_has(&once, &last));
	ck_assert(is_told(0));
	ck_assert(!is_told(1));
	ck_assert(!is_told(UINT64_MAX));
}
END_TEST

Suite *
once_suite(void)
{
	Suite *s = suite_create("once");
	TCase *t = tcase_create("once");

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_loop_test(t, a_range_has_what_is_in_it, 0, 2);
	tcase_add_loop_test(t, ranges_in_any_order, 0, 10);
	tcase_add_test(t, to_another_it_is_another);
	tcase_add_loop_test(t, past_the_largest_number, 0, 2);
	suite_add_tcase(s, t);
	return s;
}
