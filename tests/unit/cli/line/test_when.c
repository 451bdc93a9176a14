#include <check.h>
#include <stdlib.h>
#include <time.h>

#include "base/macros.h"
#include "cli/line/when.h"

#define NOW INT64_C(1795435267042) /* 2026-11-23 12:01:07.042 UTC */
#define MIDNIGHT INT64_C(1795392000000)
#define DAY INT64_C(86400000)

START_TEST(test_when)
{
	static const struct {
		const char *text;
		bool good;
		int64_t ms;
	} t[] = {
		{ "today", true, MIDNIGHT },
		{ "yesterday", true, MIDNIGHT - DAY },
		{ "2026-11-23", true, MIDNIGHT },
		{ "2026-11-22 10:30", true, MIDNIGHT - DAY + INT64_C(37800000) },
		{ "2026-11-22T10:30:01", true, MIDNIGHT - DAY + INT64_C(37801000) },
		{ "2026-11-23T12:01:07.042Z", true, NOW },
		{ "2026-11-23T12:01:07.0429Z", true, NOW },
		{ "2026-11-23T12:01:07Z", true, NOW - 42 },
		{ "2026-11-23T12:01:07.04", false, 0 },
		{ "2026-11-23T12:01:07.042Z ", false, 0 },
		{ "10:30", true, MIDNIGHT + INT64_C(37800000) },
		{ "90s", true, NOW - 90000 },
		{ "30m", true, NOW - 1800000 },
		{ "2h", true, NOW - 7200000 },
		{ "3d", true, NOW - 3 * DAY },
		{ "1w", true, NOW - 7 * DAY },
		{ "", false, 0 },
		{ "noon", false, 0 },
		{ "2", false, 0 },
		{ "2x", false, 0 },
		{ "2hh", false, 0 },
		{ "-2h", false, 0 },
		{ "99999999h", false, 0 },
		{ "2026-11-23x", false, 0 },
	};

	ck_assert_int_eq(setenv("TZ", "UTC", 1), 0);
	tzset();
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		int64_t ms = 0;

		ck_assert_msg(when_parse(t[i].text, NOW, &ms) == t[i].good, "'%s'", t[i].text);
		if (t[i].good)
			ck_assert_msg(ms == t[i].ms, "'%s' is %lld", t[i].text, (long long)ms);
	}
}
END_TEST

Suite *
when_suite(void)
{
	Suite *s = suite_create("when");
	TCase *tc = tcase_create("when");

	tcase_add_test(tc, test_when);
	suite_add_tcase(s, tc);
	return s;
}
