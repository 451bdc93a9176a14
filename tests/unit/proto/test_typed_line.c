/* Lines of the file of what was typed. */
#include <check.h>
#include <string.h>

#include "proto/typed_line.h"

static const struct {
	const char *line, *label, *text;
	int64_t time_ms;
} lines[] = {
	{ "\\:carol\t1764412345678\\:hello", "carol", "hello", 1764412345678 },
	{ "\\:\t1\\:/who", "", "/who", 1 },
	{ "\\:carol\\:hello \\: there", "carol", "hello \\: there", 0 },
	{ "hello", "", "hello", 0 },
	{ "", "", "", 0 },
	{ "\\", "", "\\", 0 },
	{ "\\\\:carol\\:x", "", "\\\\:carol\\:x", 0 },
	{ "\\:carol\tsoon\\:x", "carol", "x", 0 },
	{ "\\:carol\t\\:x", "carol", "x", 0 },
	{ "\\:carol\t99999999999999999999\\:x", "carol", "x", 0 },
	{ "\\:carol\t1\\:", "carol", "", 1 },
};

START_TEST(is_taken_apart)
{
	const size_t len = strlen(lines[_i].line);
	struct typed_line l;

	ck_assert(typed_line_parse(lines[_i].line, len, &l));
	ck_assert_uint_eq(l.label_len, strlen(lines[_i].label));
	ck_assert_int_eq(memcmp(l.label, lines[_i].label, l.label_len), 0);
	ck_assert_uint_eq(l.text_len, strlen(lines[_i].text));
	ck_assert_int_eq(memcmp(l.text, lines[_i].text, l.text_len), 0);
	ck_assert_int_eq(l.time_ms, lines[_i].time_ms);
}
END_TEST

START_TEST(a_label_that_does_not_end)
{
	struct typed_line l;

	ck_assert(!typed_line_parse("\\:carol", 7, &l));
	ck_assert(!typed_line_parse("\\:carol\\:", 8, &l)); /* no byte behind the line is looked at */
	ck_assert(!typed_line_parse("\\:", 2, &l));
}
END_TEST

static void
expect_head(const char *label, int64_t time_ms, const char *expected)
{
	char head[TYPED_LINE_HEAD(16)];

	ck_assert_uint_eq(typed_line_head(label, time_ms, head, sizeof(head)), strlen(expected));
	ck_assert_str_eq(head, expected);
}

START_TEST(is_begun)
{
	expect_head("carol", INT64_MAX, "\\:carol\t9223372036854775807\\:");
	expect_head("carol", 0, "\\:carol\\:");
	expect_head("", 5, "\\:\t5\\:");
	expect_head("", 0, "");
	expect_head("a\\b", 5, "\\:\t5\\:");
	expect_head("a\tb", 5, "\\:\t5\\:");
	expect_head("a\nb", 0, "");
}
END_TEST

Suite *
typed_line_suite(void)
{
	Suite *s = suite_create("typed_line");
	TCase *tc = tcase_create("typed_line");

	tcase_add_loop_test(tc, is_taken_apart, 0, (int)(sizeof(lines) / sizeof(*lines)));
	tcase_add_test(tc, a_label_that_does_not_end);
	tcase_add_test(tc, is_begun);
	suite_add_tcase(s, tc);
	return s;
}
