#include <check.h>
#include <string.h>

#include "base/macros.h"
#include "cli/chat/excerpt.h"

static const char *
shown(const char *text)
{
	static char out[EXCERPT_SHOWN];

	return excerpt_shown(text, strlen(text), out);
}

START_TEST(short_and_quoted)
{
	ck_assert_str_eq(shown(""), "");
	ck_assert_str_eq(shown("hello"), "hello");
	ck_assert_str_eq(shown("a \"b\\\nc"), "a \\\"b\\\\\\u{000A}c");
	ck_assert_str_eq(shown("\xff\033"), "\\xFF\\u{001B}");
	ck_assert_str_eq(shown("123456789 123456789 123456789 123456789 12345678"),
	    "123456789 123456789 123456789 123456789 12345678");
	ck_assert_str_eq(shown("123456789 123456789 123456789 123456789 123456789"),
	    "123456789 123456789 123456789 123456789 12345678...");
}
END_TEST

/* Wherever it has to end, it ends behind a whole character. */
START_TEST(whole_characters)
{
	static const char *const characters[] = { "\u0439", "\u0938\u0940", "\u6f22", "\U0001f600", "e\u0301",
		"\U0001f469\u200d\U0001f680", "\U0001f1e9\U0001f1ea" };

	for (size_t i = 0; i < ARRAY_SIZE(characters); i++) {
		for (size_t before = 30; before < 48; before++) {
			char text[128] = "";
			const size_t len = strlen(characters[i]);
			size_t n;

			memset(text, 'x', before);
			while (strlen(text) < 80)
				memcpy(text + strlen(text), characters[i], len + 1);
			n = excerpt_length(text, strlen(text), EXCERPT_BYTES);
			ck_assert_uint_eq(n, before + (48 - before) / len * len);
		}
	}
}
END_TEST

START_TEST(no_bytes)
{
	char text[256] = "e", out[EXCERPT_SHOWN];

	while (strlen(text) < 200)
		memcpy(text + strlen(text), "\u0301", 3);
	ck_assert_uint_eq(excerpt_length(text, strlen(text), 48), 47); /* one character, and some of its marks */
	memset(text, '"', 200);
	ck_assert_uint_eq(strlen(excerpt_shown(text, 200, out)), 2 * 48 + 3);
	memset(text, '\001', 200);
	ck_assert_uint_eq(strlen(excerpt_shown(text, 200, out)), 8 * 48 + 3);
}
END_TEST

Suite *
excerpt_suite(void)
{
	Suite *s = suite_create("excerpt");
	TCase *t = tcase_create("excerpt");

	tcase_add_test(t, short_and_quoted);
	tcase_add_test(t, whole_characters);
	tcase_add_test(t, no_bytes);
	suite_add_tcase(s, t);
	return s;
}
