#include <check.h>
#include <limits.h>

#include "base/macros.h"
#include "cli/line/suggest.h"

START_TEST(test_suggest_distances)
{
	static const struct {
		const char *a, *b;
		unsigned distance;
	} t[] = {
		{ "", "", 0 }, { "send", "send", 0 }, { "", "send", 4 }, { "snd", "send", 1 }, { "sennd", "send", 1 },
		{ "sand", "send", 1 }, { "sned", "send", 1 }, /* neighbours exchanged */
		{ "dnes", "send", 3 }, { "who", "history", 6 },
		{ "1234567890123456789012345678901", "1234567890123456789012345678901", 0 },
		{ "12345678901234567890123456789012", "send", UINT_MAX }, /* longer than any of our words */
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		ck_assert_uint_eq(suggest_distance(t[i].a, t[i].b), t[i].distance);
		ck_assert_uint_eq(suggest_distance(t[i].b, t[i].a), t[i].distance);
	}
}
END_TEST

START_TEST(test_suggest_nearest)
{
	static const char *const words[] = { "to", "send", "read", "status", "history", "quit", "who" };
	static const struct {
		const char *typed, *meant;
	} t[] = {
		{ "snd", "send" },
		{ "raed", "read" },
		{ "hsitroy", "history" },
		{ "stauts", "status" },
		{ "t", "to" },
		{ "exit", "quit" },
		{ "frobnicate", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct suggestion s;

		suggest_begin(&s, t[i].typed);
		for (size_t j = 0; j < ARRAY_SIZE(words); j++)
			suggest_try(&s, words[j]);
		ck_assert_pstr_eq(s.best, t[i].meant);
	}
}
END_TEST

Suite *
suggest_suite(void)
{
	Suite *s = suite_create("suggest");
	TCase *tc = tcase_create("suggest");

	tcase_add_test(tc, test_suggest_distances);
	tcase_add_test(tc, test_suggest_nearest);
	suite_add_tcase(s, tc);
	return s;
}
