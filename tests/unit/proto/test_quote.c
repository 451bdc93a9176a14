#include <check.h>
#include <string.h>
#include <utf8proc.h>

#include "base/macros.h"
#include "proto/quote.h"
#include "proto/safe.h"
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

/* What stays is what safe.h lets through anywhere, and takes no table to be known. */
START_TEST(test_quote_letters)
{
	char out[64], safe[64];
	size_t kept = 0;

	for (uint32_t cp = 0x80; cp < 0x10000; cp++) {
		char text[4];
		const size_t len = (size_t)utf8proc_encode_char((utf8proc_int32_t)cp, (utf8proc_uint8_t *)text);

		if (cp >= 0xd800 && cp < 0xe000)
			continue;
		(void)quote_letters(text, len, out, sizeof(out));
		if (out[0] == '\\')
			continue;
		kept++;
		ck_assert_msg(strlen(out) == len && memcmp(out, text, len) == 0, "U+%04X", (unsigned)cp);
		ck_assert_msg(safe_line(text, len, safe, sizeof(safe)) == len && memcmp(safe, text, len) == 0 &&
			safe_width(text, len) > 0,
		    "U+%04X", (unsigned)cp);
	}
	ck_assert_uint_gt(kept, 30000);
	ck_assert_str_eq(quote_letters("\xe4\xbd\xa0\xe5", 4, out, sizeof(out)), "\xe4\xbd\xa0\\xE5");
	ck_assert_str_eq(
	    quote_letters("\xc0\xaf\xe0\x80\xaf\033", 6, out, sizeof(out)), "\\xC0\\xAF\\xE0\\x80\\xAF\\x1B");
	ck_assert_str_eq(quote_letters("\xe2\x80\xae\xc2\x9b", 5, out, sizeof(out)), "\\xE2\\x80\\xAE\\xC2\\x9B");
}
END_TEST

Suite *
quote_suite(void)
{
	Suite *s = suite_create("quote");
	TCase *t = tcase_create("quote");

	tcase_add_test(t, test_quote_table);
	tcase_add_test(t, test_quote_any_bytes_in_any_room);
	tcase_add_test(t, test_quote_letters);
	suite_add_tcase(s, t);
	return s;
}
