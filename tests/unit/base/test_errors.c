/* What the system says of an errno: in English the words of the GNU C library, and errno stays. */
#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/errors.h"
#include "base/translate.h"

START_TEST(in_english)
{
	translate_off();
	for (int error = 0; error < 140; error++) {
		errno = EXDEV;
		ck_assert_str_eq(error_words(error), strerror(error));
		ck_assert_int_eq(errno, EXDEV);
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
