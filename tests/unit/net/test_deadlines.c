/* Deadlines: over in the order of their beginnings, never early, and not when they were removed. */
#include <check.h>

#include "base/clock.h"
#include "net/deadlines.h"
#include "net/loop.h"

#define MS 20U

static struct ev_loop *loop;
static struct deadlines all;
static struct deadline d[4];
static uint64_t due[4]; /* when each is to be over */
static unsigned over[4], count;
static bool again; /* the first one begins anew when it is over */

static void
add(unsigned i)
{
	deadlines_add(&all, &d[i]);
	due[i] = d[i].at;
}

static void
on_over(struct deadlines *ds, struct deadline *which)
{
	const unsigned i = (unsigned)(which - d);

	ck_assert_ptr_eq(ds, &all);
	ck_assert(!deadline_runs(which));
	ck_assert_uint_ge(clock_monotonic_ms(), due[i]);
	over[count++] = i;
	if (again && i == 0) {
		again = false;
		add(0);
	}
}

static void
on_any_over(struct deadlines *ds, struct deadline *which)
{
	ck_assert_ptr_eq(ds, &all);
	ck_assert(!deadline_runs(which));
	count++;
}

static void
setup(void)
{
	loop = loop_new();
	ck_assert_ptr_nonnull(loop);
	deadlines_init(&all, loop, MS, on_over);
	for (unsigned i = 0; i < 4; i++)
		d[i] = (struct deadline){ .at = 0 };
	count = 0;
	again = false;
}

static void
teardown(void)
{
	deadlines_stop(&all);
	ck_assert_ptr_null(deadlines_first(&all));
	ev_loop_destroy(loop);
}

/* The loop ends by itself when no timer is left. */
static void
run(void)
{
	(void)ev_run(loop, 0);
}

START_TEST(in_their_order)
{
	for (unsigned i = 0; i < 4; i++)
		add(i);
	ck_assert_ptr_eq(deadlines_first(&all), &d[0]);
	run();
	ck_assert_uint_eq(count, 4);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_uint_eq(over[i], i);
}
END_TEST

START_TEST(a_removed_one_is_not_over)
{
	for (unsigned i = 0; i < 3; i++)
		add(i);
	deadlines_remove(&all, &d[0]); /* the timer was for this one */
	deadlines_remove(&all, &d[2]);
	deadlines_remove(&all, &d[2]); /* again, and one that never was: nothing */
	deadlines_remove(&all, &d[3]);
	run();
	ck_assert_uint_eq(count, 1);
	ck_assert_uint_eq(over[0], 1);
}
END_TEST

START_TEST(one_may_begin_anew)
{
	again = true;
	add(0);
	add(1);
	run();
	ck_assert_uint_eq(count, 3);
	ck_assert_uint_eq(over[2], 0);
}
END_TEST

START_TEST(none_is_left)
{
	add(0);
	deadlines_stop(&all);
	ck_assert(!deadline_runs(&d[0]));
	run();
	ck_assert_uint_eq(count, 0);
}
END_TEST

/* However many are over at once, what else there is has its turn in between. */
START_TEST(others_have_their_turn)
{
	static struct deadline many[500];
	unsigned turns = 0, before = 0;

	deadlines_stop(&all);
	deadlines_init(&all, loop, 1, on_any_over);
	for (unsigned i = 0; i < 500; i++)
		deadlines_add(&all, &many[i]);
	while (deadlines_first(&all)) {
		(void)ev_run(loop, EVRUN_ONCE);
		ck_assert_uint_le(count - before, 64);
		before = count;
		turns++;
	}
	ck_assert_uint_eq(count, 500);
	ck_assert_uint_ge(turns, 8);
}
END_TEST

Suite *
deadlines_suite(void)
{
	Suite *suite = suite_create("deadlines");
	TCase *tc = tcase_create("deadlines");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, in_their_order);
	tcase_add_test(tc, a_removed_one_is_not_over);
	tcase_add_test(tc, one_may_begin_anew);
	tcase_add_test(tc, others_have_their_turn);
	tcase_add_test(tc, none_is_left);
	suite_add_tcase(suite, tc);
	return suite;
}
