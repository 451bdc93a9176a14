/* Up and Down (walk.h), and ^R (search.h). */
#include <check.h>
#include <string.h>

#include "cli/chat/editor/search.h"
#include "cli/chat/editor/walk.h"

static struct recall *r;
static struct walk w;
static struct search s;
static const char *line; /* that is edited */

static void
set_up(void)
{
	r = recall_new();
	recall_add(r, "make install", 12, "bob");
	recall_add(r, "hello there", 11, "bob");
	recall_add(r, "make check", 10, "carol");
	recall_add(r, "hello", 5, "bob");
	line = "half a li";
}

static void
tear_down(void)
{
	walk_end(&w);
	recall_free(r);
}

/* Where the cursor is then, or SIZE_MAX. */
static size_t
go(size_t ago)
{
	size_t at = 4;
	const char *to = walk_to(&w, r, ago, line, strlen(line), &at);

	if (!to)
		return SIZE_MAX;
	line = to;
	return at;
}

START_TEST(nothing_is_lost)
{
	ck_assert_uint_eq(go(1), 5);
	ck_assert_str_eq(line, "hello");
	line = "hello, changed";
	ck_assert_uint_eq(go(2), 10);
	ck_assert_str_eq(line, "make check");
	ck_assert_uint_eq(go(1), 4);
	ck_assert_str_eq(line, "hello, changed");
	ck_assert_uint_eq(go(0), 4);
	ck_assert_str_eq(line, "half a li");
	ck_assert_uint_eq(go(4), 12);
	ck_assert_uint_eq(go(5), SIZE_MAX);
	ck_assert_str_eq(line, "make install");
	ck_assert_uint_eq(w.ago, 4);
}
END_TEST

START_TEST(what_was_typed_outlives_all_changes)
{
	for (size_t i = 0; i < 3 * WALK_KEPT; i++) {
		char text[16] = "x";

		recall_add(r, text, 1, i % 2 ? "bob" : "carol");
	}
	for (size_t i = 1; i < 2 * WALK_KEPT; i++) {
		ck_assert_uint_ne(go(i), SIZE_MAX);
		line = "changed";
	}
	(void)go(0);
	ck_assert_str_eq(line, "half a li");
}
END_TEST

START_TEST(lines_that_begin_so)
{
	ck_assert_uint_eq(walk_find(&w, r, true, "make", 4), 2);
	(void)go(2);
	ck_assert_uint_eq(walk_find(&w, r, true, "make", 4), 4);
	(void)go(4);
	ck_assert_uint_eq(walk_find(&w, r, true, "make", 4), 0);
	ck_assert_uint_eq(walk_find(&w, r, false, "make", 4), 2);
	ck_assert_uint_eq(walk_find(&w, r, false, "nothing", 7), 0);
}
END_TEST

START_TEST(search_as_bash_does)
{
	search_begin(&s, 0);
	ck_assert(search_type(&s, r, "m", 1));
	ck_assert_uint_eq(s.ago, 2);
	ck_assert(search_type(&s, r, "ake", 3));
	ck_assert_uint_eq(s.ago, 2);
	search_next(&s, r, true);
	ck_assert_uint_eq(s.ago, 4);
	ck_assert(!s.failed);
	search_next(&s, r, true);
	ck_assert(s.failed);
	ck_assert_uint_eq(s.ago, 4);
	search_next(&s, r, false);
	ck_assert_uint_eq(s.ago, 2);
	ck_assert(search_type(&s, r, "?", 1));
	ck_assert(s.failed);
	ck_assert(search_erase(&s, r));
	ck_assert(!s.failed);
	ck_assert_uint_eq(s.ago, 2);
	for (size_t i = 0; i < 4; i++)
		ck_assert(search_erase(&s, r));
	ck_assert(!search_erase(&s, r));
	ck_assert(search_type(&s, r, "there", 5));
	ck_assert_uint_eq(s.ago, 3);
	ck_assert_uint_eq(s.at, 6);
	search_end(&s);
	search_begin(&s, 0);
	search_next(&s, r, true); /* ^R ^R: what was looked for before */
	ck_assert_str_eq(s.text, "there");
	ck_assert_uint_eq(s.ago, 3);
	search_end(&s);
}
END_TEST

Suite *
walk_suite(void)
{
	Suite *suite = suite_create("walk");
	TCase *t = tcase_create("walk");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, nothing_is_lost);
	tcase_add_test(t, what_was_typed_outlives_all_changes);
	tcase_add_test(t, lines_that_begin_so);
	tcase_add_test(t, search_as_bash_does);
	suite_add_tcase(suite, t);
	return suite;
}
