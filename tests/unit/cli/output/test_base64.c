#include <check.h>
#include <string.h>

#include "base/macros.h"
#include "cli/output/base64.h"

/* RFC 4648, section 10; and bytes that need every kind of digit. */
START_TEST(test_base64_vectors)
{
	static const struct {
		const char *data;
		size_t n;
		const char *text;
	} t[] = {
		{ "", 0, "" },
		{ "f", 1, "Zg==" },
		{ "fo", 2, "Zm8=" },
		{ "foo", 3, "Zm9v" },
		{ "foob", 4, "Zm9vYg==" },
		{ "fooba", 5, "Zm9vYmE=" },
		{ "foobar", 6, "Zm9vYmFy" },
		{ "a\0\377", 3, "YQD/" },
		{ "\373\357\276", 3, "++++" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		char out[32];

		memset(out, '#', sizeof(out));
		base64_encode((const uint8_t *)t[i].data, t[i].n, out);
		ck_assert_str_eq(out, t[i].text);
		ck_assert_uint_eq(strlen(out), base64_length(t[i].n));
		ck_assert_int_eq(out[strlen(out) + 1], '#');
	}
}
END_TEST

Suite *
base64_suite(void)
{
	Suite *s = suite_create("base64");
	TCase *tc = tcase_create("base64");

	tcase_add_test(tc, test_base64_vectors);
	suite_add_tcase(s, tc);
	return s;
}
