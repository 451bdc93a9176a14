/* Which look-up comes next, and what is remembered: of every order and every number of questions. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "core/lookups.h"

static struct lookups l;

static void
setup(void)
{
	memset(&l, 0, sizeof(l));
}

static size_t
ask(uint32_t uid, const char *name, enum lookup_rank rank)
{
	const size_t q = lookups_ask(&l, uid, name, false, rank);

	ck_assert_uint_ne(q, LOOKUP_NONE);
	return q;
}

static void
assert_next(size_t wanted)
{
	ck_assert_uint_eq(lookups_next(&l), wanted);
}

START_TEST(test_first_come_first_served_but_local_ones)
{
	const size_t a = ask(1, "a", LOOKUP_LOGIN), b = ask(2, "b", LOOKUP_LOGIN), later = ask(3, "", LOOKUP_LATER),
		     local = ask(4, "c", LOOKUP_LOCAL);

	assert_next(local);
	assert_next(a);
	assert_next(b);
	assert_next(later);
	assert_next(LOOKUP_NONE);
}
END_TEST

START_TEST(test_four_at_a_time)
{
	size_t q[6];

	for (uint32_t i = 0; i < 6; i++)
		q[i] = ask(i, "name", LOOKUP_LOGIN);
	for (size_t i = 0; i < 4; i++)
		assert_next(q[i]);
	assert_next(LOOKUP_NONE);
	lookups_end(&l, q[2], false, 0);
	assert_next(q[4]);
	assert_next(LOOKUP_NONE);
}
END_TEST

START_TEST(test_one_for_each_uid)
{
	const size_t first = ask(7, "a", LOOKUP_LOGIN), second = ask(7, "b", LOOKUP_LOCAL),
		     other = ask(8, "c", LOOKUP_LOGIN);

	assert_next(second);
	assert_next(other);
	assert_next(LOOKUP_NONE);
	lookups_end(&l, second, false, 0);
	assert_next(first);
}
END_TEST

/* Notes wait for their receivers' names behind all who log in, one at a time, and never fill the places. */
START_TEST(test_notes)
{
	const size_t note = ask(1, "a", LOOKUP_NOTE), later = ask(2, "", LOOKUP_LATER),
		     second = ask(3, "b", LOOKUP_NOTE), login = ask(4, "c", LOOKUP_LOGIN);

	assert_next(login);
	assert_next(note);
	assert_next(later);
	assert_next(LOOKUP_NONE);
	lookups_end(&l, note, false, 0);
	assert_next(second);
	setup();
	for (uint32_t i = 0; i < LOOKUPS_NOTE; i++) {
		(void)ask(1 + i / LOOKUPS_NOTE_UID, "name", LOOKUP_NOTE);
		if ((i + 1) % LOOKUPS_NOTE_UID == 0)
			ck_assert_uint_eq(
			    lookups_ask(&l, 1 + i / LOOKUPS_NOTE_UID, "name", false, LOOKUP_NOTE), LOOKUP_NONE);
	}
	ck_assert_uint_eq(lookups_ask(&l, 99, "name", false, LOOKUP_NOTE), LOOKUP_NONE);
	for (uint32_t i = LOOKUPS_NOTE; i < LOOKUPS_MAX; i++)
		(void)ask(100 + i, "name", LOOKUP_LOGIN);
	/* somebody waits for each of them: none gives way */
	ck_assert_uint_eq(lookups_ask(&l, 99, "name", false, LOOKUP_LOGIN), LOOKUP_NONE);
}
END_TEST

START_TEST(test_one_that_nobody_waits_for)
{
	const size_t a = ask(1, "", LOOKUP_LATER), b = ask(2, "", LOOKUP_LATER);

	assert_next(a);
	assert_next(LOOKUP_NONE);
	lookups_end(&l, a, false, 0);
	assert_next(b);
}
END_TEST

/* "No such name" is remembered for ten seconds, and nothing else is. */
START_TEST(test_what_is_remembered)
{
	const uint64_t now = 5000;
	size_t q = ask(1, "nobody", LOOKUP_LOGIN);

	assert_next(q);
	lookups_end(&l, q, true, now);
	ck_assert(lookups_is_free(&l, "nobody", now));
	ck_assert(lookups_is_free(&l, "nobody", now + LOOKUP_KEEP_MS - 1));
	ck_assert(!lookups_is_free(&l, "nobody", now + LOOKUP_KEEP_MS));
	ck_assert(!lookups_is_free(&l, "NOBODY", now));
	ck_assert(!lookups_is_free(&l, "", now));
	q = ask(1, "silence", LOOKUP_LOGIN);
	assert_next(q);
	lookups_end(&l, q, false, now);
	ck_assert(!lookups_is_free(&l, "silence", now));
}
END_TEST

START_TEST(test_the_cache_is_bounded)
{
	char name[16];

	for (unsigned i = 0; i < 3 * LOOKUPS_CACHE; i++) {
		size_t q;

		(void)snprintf(name, sizeof(name), "n%u", i);
		q = ask(1, name, LOOKUP_LOGIN);
		assert_next(q);
		lookups_end(&l, q, true, 1);
		ck_assert(lookups_is_free(&l, name, 1));
	}
	ck_assert(!lookups_is_free(&l, "n0", 1));
	(void)snprintf(name, sizeof(name), "n%u", 2 * LOOKUPS_CACHE);
	ck_assert(lookups_is_free(&l, name, 1));
}
END_TEST

START_TEST(test_a_waiting_one_that_the_cache_answers)
{
	const size_t a = ask(1, "x", LOOKUP_LOGIN), b = ask(1, "x", LOOKUP_LOGIN),
		     c = lookups_ask(&l, 1, "x", true, LOOKUP_LOGIN);

	assert_next(a);
	ck_assert_uint_eq(lookups_settled(&l, 0), LOOKUP_NONE);
	lookups_end(&l, a, true, 0);
	ck_assert_uint_eq(lookups_settled(&l, 0), b);
	lookups_end(&l, b, false, 0);
	ck_assert_uint_eq(lookups_settled(&l, 0), LOOKUP_NONE); /* the account is asked for, too, */
	ck_assert(lookups_has_account(&l, 1));
	lookups_told_account(&l, 1);
	ck_assert(!lookups_has_account(&l, 1));
	ck_assert_uint_eq(lookups_settled(&l, 0), c); /* and now is known */
	ck_assert_uint_eq(lookups_settled(&l, LOOKUP_KEEP_MS), LOOKUP_NONE);
}
END_TEST

START_TEST(test_a_login_displaces_who_nobody_waits_for)
{
	size_t last = LOOKUP_NONE;

	for (uint32_t i = 0; i < LOOKUPS_MAX; i++)
		last = ask(i, "", LOOKUP_LATER);
	ck_assert_uint_eq(lookups_ask(&l, 1000, "", true, LOOKUP_LATER), LOOKUP_NONE);
	ck_assert_uint_eq(ask(1000, "name", LOOKUP_LOGIN), last);
	assert_next(last);
	for (uint32_t i = 1; i < LOOKUPS_MAX; i++)
		(void)ask(1000 + i, "name", LOOKUP_LOGIN);
	ck_assert_uint_eq(lookups_ask(&l, 3000, "name", false, LOOKUP_LOCAL), LOOKUP_NONE);
}
END_TEST

START_TEST(test_who_leaves)
{
	const size_t a = ask(1, "a", LOOKUP_LOGIN), b = ask(2, "b", LOOKUP_LOGIN);

	assert_next(a);
	lookups_leave(&l, a);
	lookups_leave(&l, b);
	ck_assert(l.lookup[a].running); /* what it tells is remembered all the same */
	ck_assert(!l.lookup[b].used);
	assert_next(LOOKUP_NONE);
}
END_TEST

Suite *
lookups_suite(void)
{
	Suite *s = suite_create("lookups");
	TCase *tc = tcase_create("lookups");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, test_first_come_first_served_but_local_ones);
	tcase_add_test(tc, test_four_at_a_time);
	tcase_add_test(tc, test_one_for_each_uid);
	tcase_add_test(tc, test_notes);
	tcase_add_test(tc, test_one_that_nobody_waits_for);
	tcase_add_test(tc, test_what_is_remembered);
	tcase_add_test(tc, test_the_cache_is_bounded);
	tcase_add_test(tc, test_a_waiting_one_that_the_cache_answers);
	tcase_add_test(tc, test_a_login_displaces_who_nobody_waits_for);
	tcase_add_test(tc, test_who_leaves);
	suite_add_tcase(s, tc);
	return s;
}
