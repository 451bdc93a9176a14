#include <check.h>

#include "core/limits.h"
#include "core/notes/notes.h"
#include "core/notes/telling.h"

static struct telling t;

/* One attempt, and what it comes to: the verdict, or -1, it is to be sent again. */
static int
attempt(enum verdict answer)
{
	enum verdict v;

	telling_sent(&t);
	return telling_answered(&t, answer, &v) == TELLING_DONE ? (int)v : -1;
}

static void
begin(bool repeats)
{
	telling_begin(&t, repeats, false);
}

START_TEST(test_telling_answers_at_once)
{
	static const enum verdict final[] = { VERDICT_OK, VERDICT_KEPT, VERDICT_NO_SUCH_USER, VERDICT_REFUSES,
		VERDICT_NO_NOTES, VERDICT_NOTES_FULL, VERDICT_STORAGE, VERDICT_ID_USED, VERDICT_UNCONFIRMED,
		VERDICT_OLD_DAEMON, VERDICT_OLD_PARTNER, VERDICT_NO_OWNER };

	for (size_t i = 0; i < sizeof(final) / sizeof(final[0]); i++) {
		begin(false);
		ck_assert_int_eq(attempt(final[i]), (int) final[i]);
	}
}
END_TEST

/* What passes by itself is tried again; in the end the latest reason holds, for nothing was ever passed on. */
START_TEST(test_telling_what_passes)
{
	static const enum verdict passing[] = { VERDICT_ABSENT, VERDICT_FULL, VERDICT_NO_ANSWER, VERDICT_NO_DAEMON,
		VERDICT_RATE, VERDICT_STARTING };

	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++) {
		begin(false);
		ck_assert_int_eq(attempt(passing[i]), -1);
		ck_assert_int_eq(telling_over(&t), passing[i]);
		ck_assert_int_eq(attempt(VERDICT_OK), VERDICT_OK);
	}
}
END_TEST

/* Passed on, and lost: only the receiver can tell from now on. */
START_TEST(test_telling_uncertain)
{
	for (int lost = 0; lost < 2; lost++) {
		begin(false);
		if (lost) {
			telling_sent(&t);
			telling_lost(&t);
		} else {
			ck_assert_int_eq(attempt(VERDICT_STALE), -1);
		}
		ck_assert_int_eq(telling_over(&t), VERDICT_UNCONFIRMED);
		ck_assert_int_eq(telling_stopped(&t, VERDICT_NO_DAEMON), VERDICT_UNCONFIRMED);
		ck_assert_int_eq(attempt(VERDICT_RATE), -1);
		ck_assert_int_eq(telling_over(&t), VERDICT_UNCONFIRMED);
	}
	ck_assert_int_eq(attempt(VERDICT_NO_SUCH_USER), VERDICT_UNCONFIRMED);
	begin(false);
	ck_assert_int_eq(attempt(VERDICT_STALE), -1);
	ck_assert_int_eq(attempt(VERDICT_NOTES_FULL), VERDICT_NOTES_FULL); /* it looked for the id first */
	begin(false);
	ck_assert_int_eq(attempt(VERDICT_STALE), -1);
	ck_assert_int_eq(attempt(VERDICT_OK), VERDICT_OK);
}
END_TEST

/* A daemon that cannot keep it does not know what the receiver has, who is gone. */
START_TEST(test_telling_later)
{
	static const enum verdict of_daemon[] = { VERDICT_STORAGE, VERDICT_NOTES_FULL, VERDICT_ID_USED };

	for (size_t i = 0; i < sizeof(of_daemon) / sizeof(of_daemon[0]); i++) {
		telling_begin(&t, false, true);
		ck_assert_int_eq(attempt(of_daemon[i]), (int)of_daemon[i]);
		telling_begin(&t, false, true);
		telling_sent(&t);
		telling_lost(&t);
		ck_assert_int_eq(attempt(of_daemon[i]), VERDICT_UNCONFIRMED);
		ck_assert_int_eq(attempt(VERDICT_KEPT), VERDICT_KEPT);
		telling_begin(
		    &t, true, true); /* what became of an earlier command's nobody knows, but of which text it was */
		ck_assert_int_eq(
		    attempt(of_daemon[i]), of_daemon[i] == VERDICT_ID_USED ? VERDICT_ID_USED : VERDICT_UNCONFIRMED);
	}
}
END_TEST

/* What nobody read is not uncertain. */
START_TEST(test_telling_turned_away)
{
	begin(false);
	telling_turned_away(&t, VERDICT_TIMED_OUT);
	ck_assert_int_eq(telling_over(&t), VERDICT_TIMED_OUT);
	telling_sent(&t);
	telling_turned_away(&t, VERDICT_TIMED_OUT); /* crowded: it closed before it read */
	ck_assert_int_eq(telling_over(&t), VERDICT_TIMED_OUT);
	telling_lost(&t); /* nothing was under way */
	ck_assert_int_eq(telling_over(&t), VERDICT_TIMED_OUT);
	ck_assert_int_eq(telling_stopped(&t, VERDICT_NO_DAEMON), VERDICT_NO_DAEMON);
	telling_sent(&t);
	ck_assert_int_eq(telling_over(&t), VERDICT_UNCONFIRMED); /* no answer */
}
END_TEST

START_TEST(test_telling_repeats)
{
	begin(true);
	ck_assert_int_eq(attempt(VERDICT_ABSENT), -1);
	ck_assert_int_eq(telling_over(&t), VERDICT_UNCONFIRMED);               /* of an earlier attempt nobody knows */
	ck_assert_int_eq(attempt(VERDICT_NO_SUCH_USER), VERDICT_NO_SUCH_USER); /* this speaks of this attempt */
}
END_TEST

START_TEST(test_telling_pause_grows)
{
	uint32_t before = 0;

	begin(false);
	for (unsigned i = 0; i < 100; i++) {
		const uint32_t most = telling_pause(&t, UINT32_MAX);

		for (uint32_t random = 0; random < 1000; random += 7) {
			ck_assert_uint_ge(telling_pause(&t, random), 1);
			ck_assert_uint_le(telling_pause(&t, random), 400);
		}
		ck_assert_uint_ge(most + 200, before);
		before = most;
		telling_turned_away(&t, VERDICT_TIMED_OUT);
	}
}
END_TEST

START_TEST(test_notes_may_go)
{
	struct notes_way w = { .all = NOTES_WAY - 1,
		.of_sender = NOTES_WAY_UID - 1,
		.to_receiver = NOTES_WAY_RECEIVER - 1,
		.of_both = NOTES_WAY_RECEIVER_UID - 1 };

	ck_assert_int_eq(notes_may_go(&w), VERDICT_OK);
	w.of_both++;
	ck_assert_int_eq(notes_may_go(&w), VERDICT_ABSENT);
	w.of_both--;
	w.to_receiver++;
	ck_assert_int_eq(notes_may_go(&w), VERDICT_ABSENT);
	w.to_receiver--;
	w.of_sender++;
	ck_assert_int_eq(notes_may_go(&w), VERDICT_FULL);
	w.of_sender--;
	w.all++;
	ck_assert_int_eq(notes_may_go(&w), VERDICT_FULL);
}
END_TEST

START_TEST(test_notes_have_room)
{
	struct notes_unread u = {
		.count = NOTES_UNREAD - 1, .bytes = NOTES_UNREAD_BYTES - 10, .of_sender = NOTES_UNREAD_UID - 1
	};

	ck_assert_int_eq(notes_have_room(&u, 10), VERDICT_OK);
	ck_assert_int_eq(notes_have_room(&u, 11), VERDICT_NOTES_FULL);
	u.of_sender++;
	ck_assert_int_eq(notes_have_room(&u, 1), VERDICT_NOTES_FULL);
	u.of_sender = 0;
	u.count++;
	ck_assert_int_eq(notes_have_room(&u, 1), VERDICT_NOTES_FULL);
}
END_TEST

START_TEST(test_notes_may_tell)
{
	struct notes_tellers n = { .connections = 4096 };

	ck_assert_int_eq(notes_may_tell(&n, false), VERDICT_OK);
	n.unknown = TELLERS_UID;
	ck_assert_int_eq(notes_may_tell(&n, false), VERDICT_FULL); /* strangers are one */
	ck_assert_int_eq(notes_may_tell(&n, true), VERDICT_OK);
	n.of_sender = TELLERS_UID;
	ck_assert_int_eq(notes_may_tell(&n, true), VERDICT_FULL);
	n = (struct notes_tellers){ .connections = 4096, .all = 100 * TELLERS_UID };
	ck_assert_int_eq(notes_may_tell(&n, true), VERDICT_OK); /* a hundred accounts keep no other one out */
	n.all = 1024;
	ck_assert_int_eq(notes_may_tell(&n, true), VERDICT_FULL);
	n = (struct notes_tellers){ .connections = 3, .all = 0 };
	ck_assert_int_eq(notes_may_tell(&n, true), VERDICT_OK); /* one at least */
	n.all = 1;
	ck_assert_int_eq(notes_may_tell(&n, true), VERDICT_FULL);
}
END_TEST

Suite *
telling_suite(void)
{
	Suite *s = suite_create("telling");
	TCase *tell = tcase_create("telling"), *notes = tcase_create("notes");

	tcase_add_test(tell, test_telling_answers_at_once);
	tcase_add_test(tell, test_telling_what_passes);
	tcase_add_test(tell, test_telling_uncertain);
	tcase_add_test(tell, test_telling_later);
	tcase_add_test(tell, test_telling_turned_away);
	tcase_add_test(tell, test_telling_repeats);
	tcase_add_test(tell, test_telling_pause_grows);
	suite_add_tcase(s, tell);
	tcase_add_test(notes, test_notes_may_go);
	tcase_add_test(notes, test_notes_have_room);
	tcase_add_test(notes, test_notes_may_tell);
	suite_add_tcase(s, notes);
	return s;
}
