/* What the system says of an errno: in English the words of the GNU C library, and errno stays. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/errors.h"
#include "base/translate.h"

START_TEST(in_english)
{
	char words[128];

	translate_off();
	for (int error = 0; error < 140; error++) {
		errno = EXDEV;
		(void)snprintf(words, sizeof(words), "%s", error_words(error));
		ck_assert_int_eq(errno, EXDEV);
		ck_assert_str_eq(words, strerror(error)); /* whose text holds until its next call */
	}
}
END_TEST

Suite *
errors_suite(void)
{
	Suite *s = suite_create("errors");
	TCase *t = tcase_create("errors");

	tcase_add_test(t, in_english);
	suite_add_tcase(s, t);
	return s;
}
