#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "cli/chat/editor/buffer.h"

static struct buffer b;

static void
set_up(void)
{
	ck_assert(buffer_init(&b));
}

static void
tear_down(void)
{
	buffer_release(&b);
}

static void
type(const char *text)
{
	ck_assert(buffer_replace(&b, b.at, b.at, text, strlen(text), true));
}

START_TEST(typing_and_undo)
{
	type("hel");
	type("lo");
	ck_assert_str_eq(b.text, "hello");
	buffer_seal(&b);
	type(" you");
	ck_assert(buffer_replace(&b, 0, 5, "HI", 2, false));
	ck_assert_str_eq(b.text, "HI you");
	ck_assert_uint_eq(b.at, 2);
	ck_assert(buffer_undo(&b));
	ck_assert_str_eq(b.text, "hello you");
	ck_assert_uint_eq(b.at, 9);
	ck_assert(buffer_undo(&b));
	ck_assert_str_eq(b.text, "hello");
	ck_assert(buffer_undo(&b));
	ck_assert_str_eq(b.text, "");
	ck_assert(!buffer_undo(&b));
}
END_TEST

/* Random changes, all of them taken back: each state is the one that was. */
START_TEST(undo_of_everything)
{
	char *before[200];
	uint64_t random = 7;

	for (size_t i = 0; i < 200; i++) {
		size_t from, to;

		before[i] = strdup(b.text);
		random = random * 6364136223846793005U + 1442695040888963407U;
		from = (random >> 33) % (b.len + 1);
		to = from + (random >> 17) % (b.len - from + 1);
		ck_assert(buffer_replace(&b, from, to, "abcdef", (random >> 50) % 7, false));
	}
	for (size_t i = 200; i-- > 0;) {
		ck_assert(buffer_undo(&b));
		ck_assert_str_eq(b.text, before[i]);
		free(before[i]);
	}
}
END_TEST

START_TEST(limits)
{
	char *full = malloc(BUFFER_MAX);

	memset(full, 'x', BUFFER_MAX);
	ck_assert(buffer_replace(&b, 0, 0, full, BUFFER_MAX, false));
	ck_assert(!buffer_replace(&b, 1, 1, "y", 1, false));
	ck_assert_uint_eq(b.len, BUFFER_MAX);
	for (size_t i = 0; i < 3 * BUFFER_STEPS; i++) { /* of so much nothing can be kept for ever */
		ck_assert(buffer_replace(&b, 0, b.len, full, BUFFER_MAX - i, false));
		ck_assert_uint_le(b.step_bytes, BUFFER_UNDO_MAX);
		ck_assert_uint_le(b.step_count, BUFFER_STEPS);
	}
	free(full);
}
END_TEST

START_TEST(clusters)
{
	type("a\u0301\U0001f469\u200d\U0001f680\U0001f1e9\U0001f1ea\u0939\u093fx");
	buffer_move(&b, b.len);
	for (size_t i = 0; i < 5; i++)
		buffer_move(&b, buffer_left(&b, b.at));
	ck_assert_uint_eq(b.at, 0);
	ck_assert_uint_eq(buffer_right(&b, 0), 3);
	buffer_move(&b, 5); /* into the family: to its begin */
	ck_assert_uint_eq(b.at, 3);
	buffer_move(&b, 1000);
	ck_assert_uint_eq(b.at, b.len);
}
END_TEST

START_TEST(words_and_lines)
{
	type("one, zw\u00f6lf\nthree");
	ck_assert_uint_eq(buffer_word_right(&b, 0), 3);
	ck_assert_uint_eq(buffer_word_right(&b, 3), 11);
	ck_assert_uint_eq(buffer_word_left(&b, 11), 5);
	ck_assert_uint_eq(buffer_word_left(&b, 5), 0);
	ck_assert_uint_eq(buffer_line_begin(&b, b.len), 12);
	ck_assert_uint_eq(buffer_line_begin(&b, 11), 0);
	ck_assert_uint_eq(buffer_line_end(&b, 3), 11);
	ck_assert_uint_eq(buffer_line_end(&b, 12), b.len);
}
END_TEST

Suite *
buffer_suite(void)
{
	Suite *s = suite_create("buffer");
	TCase *t = tcase_create("buffer");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, typing_and_undo);
	tcase_add_test(t, undo_of_everything);
	tcase_add_test(t, limits);
	tcase_add_test(t, clusters);
	tcase_add_test(t, words_and_lines);
	suite_add_tcase(s, t);
	return s;
}
