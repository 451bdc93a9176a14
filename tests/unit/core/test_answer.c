/* Of every verdict there is, and of numbers that are none: which go on as answers, and what becomes of the others. */
#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/answer.h"
#include "proto/status.h"

#define MAX 8

struct rule {
	enum verdict (*answer)(enum verdict v);
	enum verdict else_;
	enum verdict allowed[MAX]; /* OK, which is 0, is in each */
};

static const struct rule rules[] = {
	{ answer_to_message, VERDICT_UNCONFIRMED, { VERDICT_ID_USED, VERDICT_INBOX_FULL, VERDICT_STORAGE } },
	{ answer_to_note, VERDICT_UNCONFIRMED,
	    { VERDICT_ID_USED, VERDICT_NOTES_FULL, VERDICT_NO_NOTES, VERDICT_STORAGE } },
	{ answer_to_offer, VERDICT_NOT_TAKEN, { VERDICT_ID_USED, VERDICT_OFFERS_FULL, VERDICT_STORAGE } },
};

static bool
allows(const struct rule *r, enum verdict v)
{
	for (size_t i = 0; i < MAX; i++)
		if (r->allowed[i] == v)
			return true;
	return false;
}

START_TEST(only_what_a_receiver_can_say)
{
	const struct rule *r = &rules[_i];

	for (unsigned n = 0; n <= UINT8_MAX; n++) {
		const enum verdict v = (enum verdict)n;

		ck_assert_int_eq(r->answer(v), allows(r, v) ? v : r->else_);
		ck_assert(r->answer(v) == VERDICT_OK || status_exit(r->answer(v)) != 0);
	}
}
END_TEST

/* The daemon's own words beside those; never one that a command would take for success. */
START_TEST(what_a_daemon_tells_of_an_offer)
{
	static const enum verdict own[] = { VERDICT_NOT_PAIRED, VERDICT_ABSENT, VERDICT_NO_STREAMS,
		VERDICT_CHANNEL_OPEN, VERDICT_RATE, VERDICT_FAILED, VERDICT_DECLINED, VERDICT_NOT_TAKEN };
	unsigned passed = 0;

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		ck_assert_int_eq(answer_of_offer(own[i]), own[i]);
	for (unsigned n = 0; n <= UINT8_MAX; n++) {
		const enum verdict v = answer_of_offer((enum verdict)n);

		passed += v == (enum verdict)n;
		ck_assert(n == VERDICT_OK || status_exit(v) != 0);
		if (allows(&rules[2], (enum verdict)n))
			ck_assert_int_eq(v, (enum verdict)n);
	}
	ck_assert_uint_eq(passed, sizeof(own) / sizeof(own[0]) + 4);
}
END_TEST

Suite *
answer_suite(void)
{
	Suite *s = suite_create("answer");
	TCase *t = tcase_create("answer");

	tcase_add_loop_test(t, only_what_a_receiver_can_say, 0, (int)(sizeof(rules) / sizeof(rules[0])));
	tcase_add_test(t, what_a_daemon_tells_of_an_offer);
	suite_add_tcase(s, t);
	return s;
}
