#include <check.h>
#include <string.h>

#include "base/macros.h"
#include "proto/quote.h"
#include "quick.h"

START_TEST(test_quote_table)
{
	static const struct {
		const char *text;
		size_t len;
		size_t size;
		const char *shown;
	} t[] = {
		{ "", 0, 8, "" },
		{ "plain ~!", 8, 9, "plain ~!" },
		{ "plain ~!", 8, 8, "plai..." },
		{ "\0", 1, 8, "\\x00" },
		{ "\n\t\033[2J", 6, 32, "\\x0A\\x09\\x1B[2J" },
		{ "\177\200\377", 3, 32, "\\x7F\\x80\\xFF" },
		{ "\303\266", 2, 32, "\\xC3\\xB6" }, /* no Unicode here: not even what is harmless */
		{ "ab\033", 3, 8, "ab\\x1B" },
		{ "abcd\033", 5, 8, "abcd..." },
		{ "\033\033", 2, 8, "\\x1B..." },
		{ "\033\033", 2, 9, "\\x1B\\x1B" },
		{ "\033\033\033", 3, 9, "\\x1B..." }, /* an escape is never cut */
		{ "1234567890", 10, 10, "123456..." },
		{ "1234567890", 10, 11, "1234567890" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		char out[64];

		memset(out, '#', sizeof(out));
		ck_assert_ptr_eq(quote(t[i].text, t[i].len, out, t[i].size), out);
		ck_assert_str_eq(out, t[i].shown);
		ck_assert_int_eq(out[t[i].size], '#');
	}
}
END_TEST

START_TEST(test_quote_any_bytes_in_any_room)
{
	char text[256], out[1100];

	for (unsigned i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 7 + 13);
	for (size_t size = 8; size < sizeof(out); size++) {
		out[size] = '#';
		quick_assert(strlen(quote(text, sizeof(text), out, size)) < size);
		quick_assert(out[size] == '#');
		for (const char *c = out; *c; c++)
			quick_assert(*c >= 0x20 && *c < 0x7f);
	}
}
END_TEST

Suite *
quote_suite(void)
{
	Suite *s = suite_create("quote");
	TCase *t = tcase_create("quote");

	tcase_add_test(t, test_quote_table);
	tcase_add_test(t, test_quote_any_bytes_in_any_room);
	suite_add_tcase(s, t);
	return s;
}
