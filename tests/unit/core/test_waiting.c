/* Who is told, how often, that somebody waits (R12). */
#include <check.h>

#include "core/waiting.h"

#define TEN_MINUTES 600000U

START_TEST(each_account_is_told_of_once)
{
	struct waiting w = { 0 };

	ck_assert(waiting_tells(&w, 1000, 7, 5));
	ck_assert(!waiting_tells(&w, 1000, 7, 5));
	ck_assert(waiting_tells(&w, 1001, 7, 6));
	ck_assert(!waiting_tells(&w, 1001, 7, 100));
	ck_assert(!waiting_tells(&w, 1000, 7, 100));
	ck_assert(waiting_tells(&w, 0, 7, 100)); /* root is an account like another */
	ck_assert(waiting_tells(&w, WAITING_NO_ACCOUNT, 7, 100));
	ck_assert(!waiting_tells(&w, WAITING_NO_ACCOUNT, 7, 101));
}
END_TEST

/* Each for itself, from when it was told; asking meanwhile puts nothing off. */
START_TEST(again_after_ten_minutes)
{
	struct waiting w = { 0 };

	ck_assert(waiting_tells(&w, 1000, 7, 1));
	ck_assert(waiting_tells(&w, 1001, 7, 1000));
	ck_assert(!waiting_tells(&w, 1000, 7, TEN_MINUTES));
	ck_assert(waiting_tells(&w, 1000, 7, TEN_MINUTES + 1));
	ck_assert(!waiting_tells(&w, 1001, 7, TEN_MINUTES + 999));
	ck_assert(waiting_tells(&w, 1001, 7, TEN_MINUTES + 1000));
	ck_assert(!waiting_tells(&w, 1000, 7, TEN_MINUTES + 1000));
}
END_TEST

START_TEST(again_in_another_chat)
{
	struct waiting w = { 0 };

	ck_assert(waiting_tells(&w, 1000, 7, 1));
	ck_assert(waiting_tells(&w, 1001, 7, 1));
	ck_assert(waiting_tells(&w, 1000, 8, 2));
	ck_assert(!waiting_tells(&w, 1000, 8, 3));
	ck_assert(waiting_tells(&w, 1001, 8, 3));
}
END_TEST

START_TEST(many_are_too_many)
{
	struct waiting w = { 0 };

	for (uint32_t i = 0; i < WAITING_ACCOUNTS; i++)
		ck_assert(waiting_tells(&w, 1000 + i, 7, i));
	ck_assert(!waiting_tells(&w, 999, 7, WAITING_ACCOUNTS));
	ck_assert(!waiting_tells(&w, 1000, 7, WAITING_ACCOUNTS));
	/* The first one's time is over, so there is room for one. */
	ck_assert(waiting_tells(&w, 999, 7, TEN_MINUTES));
	ck_assert(!waiting_tells(&w, 1000, 7, TEN_MINUTES));
}
END_TEST

Suite *
waiting_suite(void)
{
	Suite *s = suite_create("waiting");
	TCase *t = tcase_create("told");

	tcase_add_test(t, each_account_is_told_of_once);
	tcase_add_test(t, again_after_ten_minutes);
	tcase_add_test(t, again_in_another_chat);
	tcase_add_test(t, many_are_too_many);
	suite_add_tcase(s, t);
	return s;
}
