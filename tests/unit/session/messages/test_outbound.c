/* The sending part, between commands and a connection that are made of nothing but a trace. */
#include <check.h>
#include <string.h>

#include "session/messages/outbound.h"
#include "trace.h"

#define PAIR 7U
#define EPOCH 3U

static struct outbound *out;
static uint8_t input[2 * WINDOW_BYTES];
static size_t length;
static bool full;
static bool held;
static uint64_t named; /* the pair that messages of commands name */

static uint32_t behind; /* of the message that went last */

static void
send_up(void *context, const void *frames, size_t n)
{
	const uint8_t *p = frames;
	unsigned count = 0;
	struct frame f;
	struct msg m = { 0 };

	(void)context;
	for (ssize_t used; n > 0; p += used, n -= (size_t)used, count++) {
		used = frame_parse(p, n, &f);
		ck_assert_int_gt(used, 0);
		ck_assert_int_eq(msg_decode(&f, &m), 0);
		ck_assert_uint_eq(m.pair, PAIR);
		ck_assert_uint_eq(m.epoch, EPOCH);
		behind = m.behind;
	}
	trace("send %u", count);
}

static void
notify(void *context, uint32_t client, const struct control_message *m)
{
	(void)context;
	if (m->type == CONTROL_ENDED)
		trace("ended %u %u", client, m->u.ended.verdict);
	else
		trace("%s %u gen %u pair %u forwarded %u", m->type == CONTROL_HELD ? "held" : "ready", client,
		    m->u.route.gen, (unsigned)m->u.route.pair, m->u.route.forwarded);
}

static void
acked(void *context, uint32_t client, const struct ack *a)
{
	(void)context;
	trace("acked %u %u+%u %u", client, a->first.b[IDENT_LEN - 1], a->count, a->verdict);
}

static void
room(void *context)
{
	(void)context;
	trace("room");
}

static void
sent(void *context, const struct msg *m)
{
	(void)context;
	trace("sent %u", m->id.b[IDENT_LEN - 1]);
}

static void
answered(void *context, const struct ident *first, uint32_t count, bool delivered)
{
	(void)context;
	trace("%s %u+%u", delivered ? "delivered" : "refused", first->b[IDENT_LEN - 1], count);
}

static void
forget(void *context)
{
	(void)context;
	trace("forget");
}

static bool
may_go(void *context)
{
	(void)context;
	return !held;
}

static const struct outbound_class class = { send_up, notify, acked, room, may_go, sent, answered, forget };

static void
setup(void)
{
	length = 0;
	held = false;
	named = 0;
	trace_clear();
	out = outbound_new(&class, NULL);
	ck_assert_ptr_nonnull(out);
	outbound_attach(out, 0);
	outbound_attach(out, 1);
}

static void
teardown(void)
{
	outbound_free(out);
	outbound_free(NULL);
}

static void
add(uint32_t gen, uint8_t id, uint32_t size)
{
	const struct msg m = { .pair = named, .epoch = gen, .id = { { [IDENT_LEN - 1] = id } }, .length = size };

	msg_encode_head(input + length, &m);
	memset(input + length + FRAME_HEADER + MSG_FIXED, 'x', size);
	length += FRAME_HEADER + MSG_FIXED + size;
}

static ssize_t
take(uint32_t client)
{
	const ssize_t used = outbound_frames(out, client, input, length, &full);

	length = 0;
	return used;
}

static void
ack(uint8_t id, uint32_t count, enum verdict v)
{
	const struct ack a = { .pair = PAIR,
		.epoch = EPOCH,
		.count = count,
		.first = { { [IDENT_LEN - 1] = id } },
		.verdict = (uint8_t)v };

	outbound_ack(out, &a);
}

static void
pair_up(void)
{
	outbound_paired(out, PAIR, EPOCH, true, "bob");
	trace_is("forget");
}

START_TEST(test_outbound_says_ready_before_anything_goes)
{
	pair_up();
	add(0, 1, 5);
	add(0, 2, 5);
	ck_assert_int_eq(take(0), 2 * (FRAME_HEADER + MSG_FIXED + 5));
	trace_is("ready 0 gen 0 pair 7 forwarded 0; sent 1; sent 2; send 2"); /* with one write */
	ck_assert(!full);
}
END_TEST

/* Not to a daemon that would take it for nonsense. */
START_TEST(test_outbound_tells_which_is_before)
{
	pair_up();
	for (uint8_t n = 0; n < 4; n++) {
		outbound_tells(out, n < 3);
		add(0, 1 + n / 2, 5);
		ck_assert_int_gt(take(n % 2), 0);
		ck_assert_uint_eq(behind, n < 2 ? 1 : n == 2 ? 3 : 0);
	}
	trace_clear();
}
END_TEST

START_TEST(test_outbound_answers_go_back)
{
	pair_up();
	add(0, 1, 5);
	add(0, 2, 5);
	take(0);
	add(0, 1, 5);
	take(1);
	trace_clear();
	ack(1, 2, VERDICT_OK);
	trace_is("acked 0 1+2 0; delivered 1+2");
	ack(1, 1, VERDICT_INBOX_FULL);
	trace_is("acked 1 1+1 15; refused 1+1");
	add(0, 2, 5); /* behind the refused one */
	take(1);
	trace_is("acked 1 2+1 15");
	ack(9, 1, VERDICT_OK); /* nobody's */
	trace_is("");
	for (uint8_t i = 0; i < 2; i++) { /* what no receiver can say, by a daemon that passes it on */
		add(0, (uint8_t)(5 + 2 * i), 5);
		take(0);
		trace_clear();
		ack((uint8_t)(5 + 2 * i), 1, i == 0 ? VERDICT_NOT_PAIRED : VERDICT_QUEUED);
		trace_is(i == 0 ? "acked 0 5+1 17; refused 5+1" : "acked 0 7+1 17; refused 7+1");
	}
}
END_TEST

START_TEST(test_outbound_refuses_by_itself)
{
	pair_up();
	add(0, 1, 0);
	add(0, 2, MESSAGE_MAX + 1);
	take(0);
	trace_is("acked 0 1+1 13; acked 0 2+1 14");
	ck_assert_int_eq(outbound_expect(out, 0, "carol"), VERDICT_WRONG_PARTNER);
	add(0, 3, 5);
	take(0);
	trace_is("acked 0 3+1 23");
}
END_TEST

/* What was written to somebody else, and what follows it, reaches nobody (R9). */
START_TEST(test_outbound_one_pair_for_each_command)
{
	pair_up();
	add(0, 1, 5);
	take(0);
	named = PAIR;
	add(0, 2, 5);
	take(0);
	trace_is("ready 0 gen 0 pair 7 forwarded 0; sent 1; send 1; sent 2; send 1");
	named = PAIR + 1;
	add(0, 3, 5);
	take(0);
	named = 0;
	add(0, 4, 5);
	take(0);
	trace_is("acked 0 3+1 6; acked 0 4+1 6");
	ack(1, 2, VERDICT_OK);
	trace_is("acked 0 1+2 0; delivered 1+2"); /* those before it were under way */
	add(0, 5, 5);
	take(1);
	trace_clear();
	outbound_blocked(out);
	trace_is("forget; held 1 gen 1 pair 7 forwarded 1");
	named = PAIR + 1;
	add(0, 6, 5);
	add(1, 6, 5);
	take(1);
	trace_is(""); /* it cannot go now, whatever it names */
	outbound_paired(out, PAIR, EPOCH, true, "bob");
	trace_clear();
	add(0, 6, 5);
	take(1);
	trace_is(""); /* nor is one of before looked at */
	named = PAIR;
	add(1, 5, 5);
	take(1);
	trace_is("sent 5; send 1");
}
END_TEST

START_TEST(test_outbound_stops_at_other_frames)
{
	pair_up();
	add(0, 1, 5);
	frame_header(input + length, 0x42, 0);
	length += FRAME_HEADER;
	ck_assert_int_eq(take(0), FRAME_HEADER + MSG_FIXED + 5);
	trace_clear();
	frame_header(input, FRAME_MSG, 3);
	length = FRAME_HEADER + 3;
	ck_assert_int_eq(take(0), -1);
}
END_TEST

START_TEST(test_outbound_may_not_go)
{
	pair_up();
	outbound_go_on(out);
	trace_is(""); /* nobody has waited */
	held = true;
	frame_header(input, 0x42, 0);
	length = FRAME_HEADER;
	ck_assert_int_eq(take(0), 0);
	ck_assert(!full); /* that is no message */
	add(0, 1, 5);
	ck_assert_int_eq(take(0), 0);
	ck_assert(full);
	trace_is("");
	held = false;
	outbound_go_on(out);
	trace_is("room");
	add(0, 1, 5);
	ck_assert_int_eq(take(0), FRAME_HEADER + MSG_FIXED + 5);
	trace_is("ready 0 gen 0 pair 7 forwarded 0; sent 1; send 1");
}
END_TEST

START_TEST(test_outbound_window_is_full)
{
	pair_up();
	for (uint8_t i = 0; i < 5; i++)
		add(0, i, MESSAGE_MAX);
	ck_assert_int_eq(take(0), 4 * (FRAME_HEADER + MSG_FIXED + MESSAGE_MAX));
	ck_assert(full);
	trace_clear();
	ack(0, 1, VERDICT_OK);
	trace_is("acked 0 0+1 0; room; delivered 0+1");
	ack(1, 1, VERDICT_OK);
	trace_is("acked 0 1+1 0; delivered 1+1"); /* nobody waits any more */
}
END_TEST

START_TEST(test_outbound_connection_lost_and_back)
{
	pair_up();
	add(0, 1, 5);
	take(0);
	trace_clear();
	outbound_blocked(out);
	trace_is("forget; held 0 gen 1 pair 7 forwarded 1");
	add(1, 1, 5);
	take(1); /* of another generation than this client's */
	add(0, 1, 5);
	take(1);
	trace_is("held 1 gen 1 pair 7 forwarded 0");
	outbound_paired(out, PAIR, EPOCH, true, "bob");
	trace_is("forget; ready 0 gen 1 pair 7 forwarded 0; ready 1 gen 1 pair 7 forwarded 0");
	add(1, 1, 5);
	take(0);
	trace_is("sent 1; send 1");
}
END_TEST

START_TEST(test_outbound_who_waits_for_room_is_told_when_all_is_lost)
{
	pair_up();
	for (uint8_t i = 0; i < 5; i++)
		add(0, i, MESSAGE_MAX);
	take(0);
	trace_clear();
	outbound_ended(out, ENDING_LEFT);
	trace_is("forget; room; ended 0 7");
}
END_TEST

START_TEST(test_outbound_we_leave)
{
	pair_up();
	add(0, 1, 5);
	take(0);
	trace_clear();
	outbound_left(out);
	trace_is("forget; held 0 gen 1 pair 7 forwarded 1; ended 0 6");
}
END_TEST

START_TEST(test_outbound_a_command_that_is_gone)
{
	pair_up();
	add(0, 1, 5);
	take(0);
	trace_clear();
	outbound_detach(out, 0);
	ack(1, 1, VERDICT_OK);
	trace_is("delivered 1+1"); /* the history has it all the same */
	outbound_blocked(out);
	trace_is("forget");
}
END_TEST

START_TEST(test_outbound_remembers)
{
	outbound_remember(out, PAIR, "bob");
	ck_assert_int_eq(outbound_expect(out, 0, "carol"), VERDICT_WRONG_PARTNER);
	ck_assert_int_eq(outbound_expect(out, 0, "bob"), VERDICT_OK);
}
END_TEST

Suite *
outbound_suite(void)
{
	Suite *s = suite_create("outbound");
	TCase *t = tcase_create("outbound");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_outbound_says_ready_before_anything_goes);
	tcase_add_test(t, test_outbound_tells_which_is_before);
	tcase_add_test(t, test_outbound_answers_go_back);
	tcase_add_test(t, test_outbound_refuses_by_itself);
	tcase_add_test(t, test_outbound_one_pair_for_each_command);
	tcase_add_test(t, test_outbound_stops_at_other_frames);
	tcase_add_test(t, test_outbound_may_not_go);
	tcase_add_test(t, test_outbound_window_is_full);
	tcase_add_test(t, test_outbound_connection_lost_and_back);
	tcase_add_test(t, test_outbound_who_waits_for_room_is_told_when_all_is_lost);
	tcase_add_test(t, test_outbound_we_leave);
	tcase_add_test(t, test_outbound_a_command_that_is_gone);
	tcase_add_test(t, test_outbound_remembers);
	suite_add_tcase(s, t);
	return s;
}
