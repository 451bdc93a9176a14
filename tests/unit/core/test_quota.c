/* Who may come in, in words and over all small worlds. */
#include <check.h>

#include "core/quota.h"

static const struct quota usual = {
	.connections = CONNECTIONS_MAX,
	.sessions_uid = SESSIONS_PER_UID,
	.unknown_sessions = UNKNOWN_SESSIONS,
	.unknown_greeting = UNKNOWN_GREETING,
};

START_TEST(a_uid_has_its_limits)
{
	struct quota_use use = { 0 };
	struct quota_user who = {
		.known = true, .sessions = SESSIONS_PER_UID - 1, .greeting = CONNECTIONS_GREETING_UID - 1
	};

	ck_assert_int_eq(quota_session(&usual, &use, &who), VERDICT_OK);
	ck_assert_int_eq(quota_connection(&usual, &use, &who), QUOTA_ENTER);
	who.sessions++;
	who.greeting++;
	ck_assert_int_eq(quota_session(&usual, &use, &who), VERDICT_LIMIT);
	ck_assert_int_eq(quota_connection(&usual, &use, &who), QUOTA_CROWDED);
}
END_TEST

START_TEST(who_says_nothing_gives_way)
{
	const struct quota_use use = { .connections = 100, .greeting = CONNECTIONS_GREETING, .unknown_greeting = 3 };
	const struct quota_user known = { .known = true }, unknown = { .known = false };

	ck_assert_int_eq(quota_connection(&usual, &use, &known), QUOTA_INSTEAD);
	ck_assert_int_eq(quota_connection(&usual, &use, &unknown), QUOTA_INSTEAD_UNKNOWN);
}
END_TEST

START_TEST(the_unknown_share_their_places)
{
	const struct quota_use use = { .connections = 100,
		.sessions = 80,
		.greeting = UNKNOWN_GREETING,
		.unknown_sessions = UNKNOWN_SESSIONS,
		.unknown_greeting = UNKNOWN_GREETING };
	const struct quota_user known = { .known = true }, unknown = { .known = false };

	ck_assert_int_eq(quota_connection(&usual, &use, &known), QUOTA_ENTER);
	ck_assert_int_eq(quota_connection(&usual, &use, &unknown), QUOTA_INSTEAD_UNKNOWN);
	ck_assert_int_eq(quota_session(&usual, &use, &known), VERDICT_OK);
	ck_assert_int_eq(quota_session(&usual, &use, &unknown), VERDICT_FULL);
}
END_TEST

/* Whatever the options say. */
START_TEST(a_quarter_is_kept_for_the_others)
{
	const struct quota_user known = { .known = true }, unknown = { .known = false };

	for (uint32_t n = 1; n < 300; n++) {
		const struct quota q = { .connections = n,
			.sessions_uid = n,
			.unknown_sessions = UINT32_MAX,
			.unknown_greeting = UINT32_MAX };
		struct quota_use use = { 0 };

		while (quota_session(&q, &use, &unknown) == VERDICT_OK)
			use.sessions = ++use.unknown_sessions;
		ck_assert_uint_le(use.unknown_sessions * 4, quota_sessions(&q) * 3);
		ck_assert_uint_ge(use.unknown_sessions * 4 + 3, quota_sessions(&q) * 3);
		while (quota_session(&q, &use, &known) == VERDICT_OK)
			use.sessions++;
		ck_assert_uint_eq(use.sessions, quota_sessions(&q));
	}
}
END_TEST

/* When all sessions that can be are there, and all are connected, one that is lost finds a place to come back by. */
START_TEST(a_resume_finds_a_place)
{
	const struct quota_user who = { .known = true }, unknown = { .known = false };

	for (uint32_t n = 2; n < 5000; n++) {
		const struct quota q = { .connections = n,
			.sessions_uid = n,
			.unknown_sessions = UNKNOWN_SESSIONS,
			.unknown_greeting = UNKNOWN_GREETING };
		const struct quota_use use = { .connections = quota_sessions(&q), .sessions = quota_sessions(&q) };

		ck_assert_uint_lt(use.connections, n);
		ck_assert_int_eq(quota_session(&q, &use, &who), VERDICT_FULL);
		ck_assert_int_eq(quota_connection(&q, &use, &who), QUOTA_ENTER);
		ck_assert_int_eq(quota_connection(&q, &use, &unknown), QUOTA_ENTER);
	}
}
END_TEST

Suite *
quota_suite(void)
{
	Suite *suite = suite_create("quota");
	TCase *tc = tcase_create("quota");

	tcase_add_test(tc, a_uid_has_its_limits);
	tcase_add_test(tc, who_says_nothing_gives_way);
	tcase_add_test(tc, the_unknown_share_their_places);
	tcase_add_test(tc, a_quarter_is_kept_for_the_others);
	tcase_add_test(tc, a_resume_finds_a_place);
	suite_add_tcase(suite, tc);
	return suite;
}
