/* How wide a terminal draws a cluster, and in which rows a prompt and a text lie. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "cli/chat/editor/metrics.h"
#include "cli/chat/editor/view.h"

static struct metrics m;
static struct view v;

static void
setup(void)
{
	memset(&m, 0, sizeof(m));
	view_init(&v, &m);
	v.columns = 20;
	v.most = 5;
}

static void
teardown(void)
{
	view_release(&v);
}

static size_t
width(const char *cluster, bool *doubtful)
{
	return metrics_width(&m, cluster, strlen(cluster), doubtful);
}

START_TEST(what_all_terminals_agree_on)
{
	bool doubtful = true;

	ck_assert_uint_eq(width("a", &doubtful), 1);
	ck_assert(!doubtful);
	ck_assert_uint_eq(width("\u5c0f", &doubtful), 2);
	ck_assert(!doubtful);
	ck_assert_uint_eq(width("e\u0301", &doubtful), 1);
	ck_assert_ptr_null(metrics_sample(METRICS_PLAIN));
}
END_TEST

START_TEST(what_was_measured_counts)
{
	for (enum metrics_kind kind = METRICS_MARKED; kind < METRICS_JAMO; kind++) {
		const char *sample = metrics_sample(kind);
		bool doubtful;

		ck_assert_ptr_nonnull(sample);
		m.width[kind] = 2;
		ck_assert_msg(width(sample, &doubtful) == 2, "kind %d", (int)kind);
		/* What is joined, or toned, is one picture or its parts side by side. */
		m.width[kind] = kind == METRICS_TONED || kind == METRICS_JOINED ? 4 : 1;
		ck_assert_msg(width(sample, &doubtful) == m.width[kind], "kind %d", (int)kind);
	}
}
END_TEST

/* The row, and where the cursor is in it. */
static void
expect_row(size_t row, const char *text)
{
	ck_assert_uint_gt(v.count, row);
	ck_assert_msg(v.rows[row].len == strlen(text) && memcmp(v.rows[row].bytes, text, strlen(text)) == 0,
	    "row %zu is '%.*s'", row, (int)v.rows[row].len, v.rows[row].bytes);
}

START_TEST(one_row)
{
	ck_assert(view_lay(&v, "bob> ", "hello", 5, 5));
	ck_assert_uint_eq(v.count, 1);
	expect_row(0, "bob> hello");
	ck_assert_uint_eq(v.cursor_row, 0);
	ck_assert_uint_eq(v.cursor_column, 10);
	ck_assert_uint_eq(view_width(&v, "b\u5c0fb> "), 6);
	ck_assert(view_lay(&v, "", "", 0, 0)); /* of nothing there is a row, too */
	ck_assert_uint_eq(v.count, 1);
}
END_TEST

START_TEST(rows_end_before_the_last_column)
{
	const char *text = "0123456789012345678901234567890123456789";

	ck_assert(view_lay(&v, "> ", text, strlen(text), strlen(text)));
	ck_assert_uint_gt(v.count, 1);
	for (size_t i = 0; i < v.count; i++)
		ck_assert_uint_lt(v.rows[i].width, v.columns);
	ck_assert_uint_eq(v.cursor_row, v.count - 1);
}
END_TEST

START_TEST(a_wide_cluster_is_not_cut)
{
	const char *text = "01234567890123456\u5c0f";

	ck_assert(view_lay(&v, "> ", text, strlen(text), 0));
	ck_assert_uint_eq(v.count, 2);
	expect_row(0, "> 01234567890123456");
	ck_assert_uint_eq(v.rows[1].width, 2);
	ck_assert_uint_eq(v.cursor_row, 0);
	ck_assert_uint_eq(v.cursor_column, 2);
}
END_TEST

START_TEST(the_rows_around_the_cursor_are_shown)
{
	char text[300];
	size_t n = 0;

	for (int i = 0; i < 40; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%d\n", i);
	for (size_t at = 0; at <= n; at++) {
		ck_assert(view_lay(&v, "> ", text, n, at));
		ck_assert_uint_le(v.count, 5);
		ck_assert_uint_lt(v.cursor_row, v.count);
		ck_assert_uint_lt(v.cursor_column, v.columns);
	}
}
END_TEST

/* In a line as long as a message may be a key costs what stands around it, wherever that is, and no look at all of the line. */
START_TEST(a_key_costs_what_stands_around_it)
{
	static const char *const texts[] = { "word ", "\u6f22\u5b57", "\u0939\u093f\u0928\u094d\u0926\u0940 ",
		"\U0001f469\u200d\U0001f680", "\u06a9\u0627\u0631\u200c\u0647\u0627 ", "e\u0301\u0302\u0303\u0304",
		"\u0915\u093f\n", "\U0001f1e9\U0001f1ea" };
	static char text[65536 + 1];

	v.columns = 200;
	v.most = 40;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		const size_t n = strlen(texts[i]), len = 65000 / n * n;

		for (size_t at = 0; at < len; at += n)
			memcpy(text + at, texts[i], n);
		for (size_t place = 0; place <= 16; place++) {
			const size_t at = len / 16 / n * n * place;

			ck_assert(view_lay(&v, "to bob> ", text, len, at));
			memmove(text + at + 1, text + at, len - at);
			text[at] = 'x';
			ck_assert(view_lay(&v, "to bob> ", text, len + 1, at + 1));
			ck_assert_msg(v.measured <= 400, "text %zu, at %zu: %zu", i, at, v.measured);
			memmove(text + at, text + at + 1, len - at);
			ck_assert(view_lay(&v, "to bob> ", text, len, at));
			ck_assert_msg(v.measured <= 400, "text %zu, back at %zu: %zu", i, at, v.measured);
		}
		v.columns--; /* nor does another size */
		ck_assert(view_lay(&v, "to bob> ", text, len, 0));
		ck_assert_uint_le(v.measured, 400);
	}
}
END_TEST

Suite *
view_suite(void)
{
	Suite *s = suite_create("view");
	TCase *t = tcase_create("core");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_all_terminals_agree_on);
	tcase_add_test(t, what_was_measured_counts);
	tcase_add_test(t, one_row);
	tcase_add_test(t, rows_end_before_the_last_column);
	tcase_add_test(t, a_wide_cluster_is_not_cut);
	tcase_add_test(t, the_rows_around_the_cursor_are_shown);
	tcase_add_test(t, a_key_costs_what_stands_around_it);
	suite_add_tcase(s, t);
	return s;
}
