/* Names as they were typed, composed or refused. */
#include <check.h>
#include <string.h>

#include "cli/line/typed.h"

START_TEST(composed_or_refused)
{
	char out[NAME_MAX_LEN + 1], words[TYPED_WORDS];

	ck_assert(typed_name("bob", out, words));
	ck_assert_str_eq(out, "bob");
	ck_assert(typed_name("Zoe\u0308", out, words));
	ck_assert_str_eq(out, "Zo\u00eb");
	ck_assert(!typed_name("a b", out, words));
	ck_assert_msg(strstr(words, "'a b' is not a name: "), "%s", words);
	ck_assert(!typed_name("", out, words));
	ck_assert(!typed_name("b\u043eb", out, words)); /* a Cyrillic letter among Latin ones */
}
END_TEST

Suite *
typed_suite(void)
{
	Suite *s = suite_create("typed");
	TCase *t = tcase_create("core");

	tcase_add_test(t, composed_or_refused);
	suite_add_tcase(s, t);
	return s;
}
