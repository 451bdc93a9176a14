#include <check.h>
#include <string.h>

#include "base/macros.h"
#include "core/outbox.h"

#define PAIR 77U

static const struct ident first = { { 0xab, [15] = 0xfe } };
static struct outbox o;

static void
setup(void)
{
	outbox_init(&o, &first);
}

static void
add(unsigned n)
{
	while (n-- > 0)
		ck_assert(outbox_add(&o, 10));
}

/* Hands over all that may go; returns how many. */
static unsigned
send(void)
{
	unsigned n = 0;
	uint64_t index;
	struct ident id, expected;

	for (uint64_t next = o.sent; outbox_next(&o, &index, &id); next++, n++) {
		expected = ident_add(&first, next);
		ck_assert_uint_eq(index, next);
		ck_assert(ident_equal(&id, &expected));
	}
	return n;
}

static uint32_t
ack(uint64_t from, uint32_t count)
{
	const struct ident id = ident_add(&first, from);

	return outbox_acked(&o, &id, count);
}

START_TEST(test_outbox_in_order)
{
	ck_assert(outbox_empty(&o));
	ck_assert_uint_eq(send(), 0);
	add(3);
	ck_assert_uint_eq(send(), 3);
	add(2);
	ck_assert_uint_eq(send(), 2);
	ck_assert_uint_eq(ack(0, 2), 2);
	ck_assert_uint_eq(ack(2, 3), 3);
	ck_assert(outbox_empty(&o));
}
END_TEST

START_TEST(test_outbox_acks_that_are_not_for_it)
{
	const struct ident before = { { 0xab, [15] = 0xfd } }, other = { { 0xac } };

	add(4);
	send();
	ck_assert_uint_eq(outbox_acked(&o, &before, 3), 0);
	ck_assert_uint_eq(outbox_acked(&o, &other, 1), 0);
	ck_assert_uint_eq(ack(1, 1), 0); /* a gap: never told so by a helper of ours */
	ck_assert_uint_eq(ack(0, 2), 2);
	ck_assert_uint_eq(ack(0, 2), 0); /* a repetition */
	ck_assert_uint_eq(ack(1, 2), 1); /* part of one */
	ck_assert_uint_eq(ack(3, 1000), 1);
	ck_assert(outbox_empty(&o));
}
END_TEST

START_TEST(test_outbox_acks_nothing_that_was_not_sent)
{
	add(1);
	send();
	add(2);
	ck_assert_uint_eq(ack(0, 3), 1);
	ck_assert_uint_eq(send(), 2);
}
END_TEST

START_TEST(test_outbox_window)
{
	add(WINDOW_MESSAGES);
	ck_assert(!outbox_add(&o, 1));
	send();
	ck_assert(!outbox_add(&o, 1));
	ack(0, 1);
	ck_assert(outbox_add(&o, 1));
	outbox_init(&o, &first);
	for (unsigned i = 0; i < WINDOW_BYTES / MESSAGE_MAX; i++)
		ck_assert(outbox_add(&o, MESSAGE_MAX));
	ck_assert(!outbox_add(&o, 1));
	ck_assert_uint_eq(o.added, WINDOW_BYTES / MESSAGE_MAX);
}
END_TEST

START_TEST(test_outbox_greeting_repeats_nothing)
{
	add(3);
	send();
	outbox_ready(&o, PAIR, 0);
	ck_assert_uint_eq(o.pair, PAIR);
	ck_assert_uint_eq(send(), 0);
}
END_TEST

START_TEST(test_outbox_held_and_ready)
{
	add(5);
	send();
	outbox_ready(&o, PAIR, 0);
	ack(0, 1);
	outbox_held(&o, PAIR, 1, 2);
	ck_assert_uint_eq(send(), 0);
	add(1);
	ck_assert_uint_eq(send(), 0);
	outbox_ready(&o, PAIR, 1);
	ck_assert_uint_eq(o.gen, 1);
	ck_assert_uint_eq(send(), 5);
	ck_assert_uint_eq(ack(1, 5), 5);
	ck_assert(outbox_empty(&o));
}
END_TEST

START_TEST(test_outbox_held_more_than_was_sent)
{
	add(2);
	outbox_held(&o, PAIR, 1, 100); /* no helper says so; it is not believed */
	ck_assert_uint_eq(o.uncertain, 0);
}
END_TEST

START_TEST(test_outbox_restarts_with_other_ids)
{
	const struct ident other = { { 0x77 } };
	struct ident id;
	uint64_t index;

	add(2);
	send();
	outbox_held(&o, PAIR, 3, 2);
	outbox_ready(&o, PAIR, 3);
	send();
	ack(0, 2);
	outbox_restart(&o, &other);
	ck_assert(outbox_empty(&o));
	ck_assert_uint_eq(o.pair, PAIR);
	ck_assert_uint_eq(o.gen, 3);
	add(1);
	ck_assert_int_eq(outbox_verdict(&o, VERDICT_TIMED_OUT), VERDICT_TIMED_OUT);
	ck_assert(outbox_next(&o, &index, &id));
	ck_assert_uint_eq(index, 0);
	ck_assert(ident_equal(&id, &other));
	ck_assert_uint_eq(ack(2, 1), 0);
	ck_assert_uint_eq(outbox_acked(&o, &other, 1), 1);
}
END_TEST

START_TEST(test_outbox_new_helper)
{
	add(3);
	send();
	outbox_ready(&o, PAIR, 0);
	outbox_held(&o, PAIR, 4, 3);
	outbox_ready(&o, PAIR, 4);
	send();
	outbox_disconnected(&o, true);
	ck_assert_uint_eq(o.gen, 0);
	ck_assert_uint_eq(o.pair, PAIR); /* named again, to the new one */
	ck_assert_uint_eq(send(), 3);
}
END_TEST

START_TEST(test_outbox_acks_of_what_was_uncertain)
{
	add(3);
	send();
	outbox_ready(&o, PAIR, 0);
	outbox_disconnected(&o, true);
	ck_assert_uint_eq(ack(0, 3), 3);
	ck_assert_uint_eq(send(), 0);
	ck_assert(outbox_empty(&o));
}
END_TEST

/* How the oldest message came to where it is, and what is said of it then. */
enum state { NOT_SENT, SENT, HELD_BEFORE, HELD_AFTER, READY_AGAIN, LOST_UNHEARD, LOST_UNGREETED, LOST, STATES };

static void
bring_to(enum state state)
{
	add(2);
	if (state == NOT_SENT)
		return;
	send();
	if (state == LOST_UNHEARD || state == LOST_UNGREETED) {
		outbox_disconnected(&o, state == LOST_UNGREETED);
		return;
	}
	outbox_ready(&o, PAIR, 0);
	if (state == HELD_BEFORE || state == HELD_AFTER || state == READY_AGAIN)
		outbox_held(&o, PAIR, 1, state == HELD_BEFORE ? 0 : 1);
	if (state == READY_AGAIN)
		outbox_ready(&o, PAIR, 1);
	if (state == LOST)
		outbox_disconnected(&o, true);
}

START_TEST(test_outbox_three_truths)
{
	static const bool may_be_there[STATES] = { [HELD_AFTER] = true, [READY_AGAIN] = true, [LOST_UNGREETED] = true, [LOST] = true };
	static const bool may_yet_go[STATES] = { [SENT] = true };
	static const enum verdict refusals[] = { VERDICT_INBOX_FULL, VERDICT_STORAGE, VERDICT_EMPTY, VERDICT_TOO_LONG };
	static const enum verdict ends[] = { VERDICT_NOT_PAIRED, VERDICT_WRONG_PARTNER, VERDICT_LEFT,
		VERDICT_PARTNER_QUIT, VERDICT_GONE };
	static const enum verdict stops[] = { VERDICT_TIMED_OUT, VERDICT_NO_DAEMON, VERDICT_NO_SESSION, VERDICT_EXPIRED,
		VERDICT_FAILED };
	const bool there = may_be_there[_i], either = there || may_yet_go[_i];

	bring_to((enum state)_i);
	for (size_t k = 0; k < ARRAY_SIZE(refusals); k++)
		ck_assert_int_eq(outbox_verdict(&o, refusals[k]), refusals[k]);
	for (size_t k = 0; k < ARRAY_SIZE(ends); k++)
		ck_assert_int_eq(outbox_verdict(&o, ends[k]), there ? VERDICT_UNCONFIRMED : ends[k]);
	for (size_t k = 0; k < ARRAY_SIZE(stops); k++)
		ck_assert_int_eq(outbox_verdict(&o, stops[k]), either ? VERDICT_UNCONFIRMED : stops[k]);
}
END_TEST

START_TEST(test_outbox_truth_is_of_the_oldest)
{
	add(3);
	send();
	outbox_ready(&o, PAIR, 0);
	outbox_held(&o, PAIR, 1, 1);
	ck_assert_int_eq(outbox_verdict(&o, VERDICT_LEFT), VERDICT_UNCONFIRMED);
	outbox_ready(&o, PAIR, 1);
	send();
	ack(0, 1);
	ck_assert_int_eq(outbox_verdict(&o, VERDICT_LEFT), VERDICT_LEFT);
	ck_assert_int_eq(outbox_verdict(&o, VERDICT_TIMED_OUT), VERDICT_UNCONFIRMED);
}
END_TEST

/* Every end, in every state: an id that was sent before changes what a pair's end and a time that ran out say. */
START_TEST(test_outbox_truth_of_a_repeated_id)
{
	bring_to((enum state)_i);
	for (int why = 0; why < VERDICT_COUNT; why++) {
		const enum verdict once = outbox_verdict(&o, (enum verdict)why);
		enum verdict again;

		o.repeats = true;
		again = outbox_verdict(&o, (enum verdict)why);
		o.repeats = false;
		if (why == VERDICT_LEFT || why == VERDICT_PARTNER_QUIT || why == VERDICT_GONE ||
		    why == VERDICT_TIMED_OUT || why == VERDICT_FAILED)
			ck_assert_int_eq(again, VERDICT_UNCONFIRMED);
		else
			ck_assert_int_eq(again, once);
	}
}
END_TEST

Suite *
outbox_suite(void)
{
	Suite *s = suite_create("outbox");
	TCase *t = tcase_create("outbox");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, test_outbox_in_order);
	tcase_add_test(t, test_outbox_acks_that_are_not_for_it);
	tcase_add_test(t, test_outbox_acks_nothing_that_was_not_sent);
	tcase_add_test(t, test_outbox_window);
	tcase_add_test(t, test_outbox_greeting_repeats_nothing);
	tcase_add_test(t, test_outbox_held_and_ready);
	tcase_add_test(t, test_outbox_held_more_than_was_sent);
	tcase_add_test(t, test_outbox_restarts_with_other_ids);
	tcase_add_test(t, test_outbox_new_helper);
	tcase_add_test(t, test_outbox_acks_of_what_was_uncertain);
	tcase_add_loop_test(t, test_outbox_three_truths, 0, STATES);
	tcase_add_test(t, test_outbox_truth_is_of_the_oldest);
	tcase_add_loop_test(t, test_outbox_truth_of_a_repeated_id, 0, STATES);
	suite_add_tcase(s, t);
	return s;
}
