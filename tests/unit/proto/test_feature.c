/* What an older end is told of what it does not know. */
#include <check.h>

#include "proto/feature.h"
#include "proto/status.h"

/* The first release knew no verdict above this one. */
#define OLD_LAST VERDICT_NOT_RUN

START_TEST(test_verdicts_of_the_first_release)
{
	ck_assert_int_eq(OLD_LAST, 34);
	for (unsigned v = 0; v < VERDICT_COUNT; v++) {
		const enum verdict fit = feature_fit_verdict(0, (enum verdict)v);

		ck_assert_uint_le((unsigned)fit, OLD_LAST);
		ck_assert(v > OLD_LAST || fit == (enum verdict)v);
		ck_assert_int_eq(fit == VERDICT_OK, v == VERDICT_OK);
		ck_assert_int_eq(feature_fit_verdict(FEATURES_KNOWN, (enum verdict)v), v);
	}
}
END_TEST

/* What a helper or a command of the first release can be told exits as it does today, but that a session is over. */
START_TEST(test_statuses_of_the_first_release)
{
	static const enum verdict same[] = { VERDICT_NO_ANSWER, VERDICT_UNMAPPED, VERDICT_FULL, VERDICT_OLD_PARTNER };

	for (unsigned i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		ck_assert_int_eq(status_exit(feature_fit_verdict(0, same[i])), status_exit(same[i]));
	ck_assert_int_eq(feature_fit_verdict(0, VERDICT_TAKEN_OVER), VERDICT_TAKEN);
}
END_TEST

Suite *
feature_suite(void)
{
	Suite *s = suite_create("feature");
	TCase *tc = tcase_create("feature");

	tcase_add_test(tc, test_verdicts_of_the_first_release);
	tcase_add_test(tc, test_statuses_of_the_first_release);
	suite_add_tcase(s, tc);
	return s;
}
