/*
 * Messages on their way: what is written, in which pieces ever, is what the helper needs, in order, each once in a
 * generation; and none leaves before it is settled.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "client/outgoing.h"
#include "proto/control.h"

static struct outgoing out;
static uint8_t wire[4 * OUTGOING_STORE];
static size_t wire_len;

static void
setup(void)
{
	struct ident first;

	ck_assert(ident_parse("000000000000000000000000000000ff", &first));
	outgoing_init(&out, &first);
	wire_len = 0;
}

static void
add(const char *text)
{
	ck_assert(outgoing_add(&out, (const uint8_t *)text, (uint32_t)strlen(text)));
}

/* Writes at most n bytes in steps of `step`. */
static void
write_some(size_t n, size_t step)
{
	const uint8_t *data;
	size_t have;

	while (n > 0 && (have = outgoing_output(&out, &data)) > 0) {
		const size_t now = have < step ? have : step, take = now < n ? now : n;

		memcpy(wire + wire_len, data, take);
		wire_len += take;
		outgoing_wrote(&out, take);
		n -= take;
	}
}

static enum outgoing_news
tell(const struct control_message *m)
{
	uint8_t frame[256];
	const size_t n = control_encode(m, frame, sizeof(frame));
	struct frame f;
	enum verdict v;
	uint32_t count;

	ck_assert_int_eq(frame_parse(frame, n, &f), (ssize_t)n);
	return outgoing_take(&out, &f, &v, &count);
}

static enum outgoing_news
ack(uint64_t index, uint32_t count, enum verdict verdict, enum verdict *v, uint32_t *settled)
{
	const struct ack a = { .first = ident_add(&out.box.first, index), .count = count, .verdict = (uint8_t)verdict };
	uint8_t frame[FRAME_HEADER + ACK_BODY];
	const size_t n = sizeof(frame);
	struct frame f;

	ack_encode(frame, &a);
	ck_assert_int_eq(frame_parse(frame, n, &f), (ssize_t)n);
	return outgoing_take(&out, &f, v, settled);
}

static void
expect_text(const char *text)
{
	const uint8_t *body;
	const uint32_t n = outgoing_oldest(&out, &body);

	ck_assert_uint_eq(n, strlen(text));
	ck_assert_mem_eq(body, text, n);
}

/* The n-th frame on the wire is that text under that generation. */
static void
expect_wire(size_t n, const char *text, uint32_t gen)
{
	struct frame f;
	struct msg m;
	size_t at = 0;
	ssize_t used;

	do {
		used = frame_parse(wire + at, wire_len - at, &f);
		ck_assert_int_gt(used, 0);
		at += (size_t)used;
	} while (n-- > 0);
	ck_assert_int_eq(msg_decode(&f, &m), 0);
	ck_assert_uint_eq(m.epoch, gen);
	ck_assert_uint_eq(m.length, strlen(text));
	ck_assert_mem_eq(m.body, text, m.length);
}

static void
expect_id(uint64_t n)
{
	const struct ident expected = ident_add(&out.box.first, n), id = outgoing_oldest_id(&out);

	ck_assert(ident_equal(&id, &expected));
}

START_TEST(is_written_in_any_pieces_and_settled_in_order)
{
	enum verdict v;
	uint32_t count;

	add("one");
	add("two");
	write_some(SIZE_MAX, (size_t)_i + 1);
	expect_wire(0, "one", 0);
	expect_wire(1, "two", 0);
	ck_assert_int_eq(ack(0, 2, VERDICT_OK, &v, &count), OUTGOING_SETTLED);
	ck_assert_int_eq(v, VERDICT_OK);
	ck_assert_uint_eq(count, 2);
	expect_text("one");
	expect_id(0);
	outgoing_drop(&out);
	add("three"); /* while the second still waits to be dropped */
	expect_text("two");
	expect_id(1);
	outgoing_drop(&out);
	expect_text("three");
	ck_assert_int_eq(ack(0, 2, VERDICT_OK, &v, &count), OUTGOING_NOTHING);
}
END_TEST

/* HELD and READY at any byte of a frame: what was half written is completed, then all goes again. */
START_TEST(a_new_generation_writes_all_again)
{
	const struct control_message held = { .type = CONTROL_HELD, .u.route = { .pair = 7, .gen = 1, .forwarded = 0 } },
				     ready = { .type = CONTROL_READY, .u.route = { .pair = 7, .gen = 2 } };
	const size_t frame = FRAME_HEADER + MSG_FIXED + 3, whole = ((size_t)_i + frame - 1) / frame;

	add("one");
	add("two");
	write_some((size_t)_i, SIZE_MAX);
	ck_assert_int_eq(tell(&held), OUTGOING_NOTHING);
	ck_assert_int_eq(tell(&ready), OUTGOING_NOTHING);
	write_some(SIZE_MAX, 5);
	if (_i == 0) {
		expect_wire(0, "one", 2);
		expect_wire(1, "two", 2);
		return;
	}
	expect_wire(0, "one", 0);
	expect_wire(whole, "one", 2);
	expect_wire(whole + 1, "two", 2);
}
END_TEST

/* An older generation's copy is acknowledged while the new one is at any byte of its way. */
START_TEST(settled_while_it_is_written_again)
{
	const struct control_message held = { .type = CONTROL_HELD, .u.route = { .pair = 7, .gen = 1, .forwarded = 1 } },
				     ready = { .type = CONTROL_READY, .u.route = { .pair = 7, .gen = 2 } };
	enum verdict v;
	uint32_t count;

	add("one");
	write_some(SIZE_MAX, SIZE_MAX);
	add("two");
	ck_assert_int_eq(tell(&held), OUTGOING_NOTHING);
	ck_assert_int_eq(tell(&ready), OUTGOING_NOTHING);
	write_some((size_t)_i, SIZE_MAX);
	ck_assert_int_eq(outgoing_is_between(&out), _i == 0);
	ck_assert_int_eq(ack(0, 1, VERDICT_OK, &v, &count), OUTGOING_SETTLED);
	outgoing_drop(&out);
	ck_assert_int_eq(outgoing_is_between(&out), _i == 0);
	add("three");
	write_some(SIZE_MAX, 5);
	ck_assert(outgoing_is_between(&out));
	expect_wire(0, "one", 0);
	if (_i > 0)
		expect_wire(1, "one", 2);
	expect_wire(_i > 0 ? 2 : 1, "two", 2);
	expect_wire(_i > 0 ? 3 : 2, "three", 2);
}
END_TEST

START_TEST(a_lost_helper_makes_it_uncertain_only_when_it_was_heard)
{
	const struct control_message ready = { .type = CONTROL_READY, .u.route = { .pair = 7, .gen = 0 } };

	add("one");
	write_some(SIZE_MAX, SIZE_MAX);
	outgoing_lost(&out, false);
	ck_assert_int_eq(outbox_verdict(&out.box, VERDICT_FAILED), VERDICT_FAILED);
	write_some(SIZE_MAX, SIZE_MAX);
	expect_wire(1, "one", 0);
	(void)tell(&ready);
	outgoing_lost(&out, true);
	ck_assert_int_eq(outbox_verdict(&out.box, VERDICT_FAILED), VERDICT_UNCONFIRMED);
}
END_TEST

START_TEST(refusals)
{
	const struct control_message ended = { .type = CONTROL_ENDED, .u.ended = { .verdict = VERDICT_LEFT } };
	struct ident again;
	enum verdict v;
	uint32_t count;

	add("one");
	add("two");
	add("three");
	write_some(SIZE_MAX, SIZE_MAX);
	ck_assert_int_eq(ack(0, 1, VERDICT_STALE, &v, &count), OUTGOING_NOTHING);
	ck_assert_int_eq(ack(1, 1, VERDICT_STORAGE, &v, &count), OUTGOING_STOPPED);
	ck_assert_int_eq(ack(0, 1, VERDICT_INBOX_FULL, &v, &count), OUTGOING_SETTLED);
	ck_assert_int_eq(v, VERDICT_INBOX_FULL);
	outgoing_drop(&out);
	ck_assert_int_eq(tell(&ended), OUTGOING_STOPPED);
	expect_text("two");
	outgoing_drop(&out);
	outgoing_drop(&out);
	ck_assert(outbox_empty(&out.box));
	ck_assert(ident_parse("0000000000000000000000000000ffff", &again));
	outgoing_restart(&out, &again);
	wire_len = 0;
	add("four");
	write_some(SIZE_MAX, SIZE_MAX);
	expect_wire(0, "four", 0);
}
END_TEST

START_TEST(nonsense_is_told)
{
	static const struct frame f = { .type = FRAME_ACK, .length = 0 };
	enum verdict v;
	uint32_t count;

	ck_assert_int_eq(outgoing_take(&out, &f, &v, &count), OUTGOING_MALFORMED);
}
END_TEST

/* Many windows of messages through a store of two. */
START_TEST(the_store_goes_round)
{
	static char text[MESSAGE_MAX];
	enum verdict v;
	uint64_t at = 0;
	uint32_t count;

	memset(text, 'x', sizeof(text));
	for (unsigned round = 0; round < 100; round++) {
		uint32_t n = 0;

		wire_len = 0;
		while (outgoing_has_room(&out, 1 + n * 997 % MESSAGE_MAX)) {
			ck_assert(outgoing_add(&out, (uint8_t *)text, 1 + n * 997 % MESSAGE_MAX));
			n++;
		}
		ck_assert_uint_gt(n, 0);
		write_some(SIZE_MAX, SIZE_MAX);
		ck_assert_int_eq(ack(at, n, VERDICT_OK, &v, &count), OUTGOING_SETTLED);
		ck_assert_uint_eq(count, n);
		for (at += n; count > 0; count--)
			outgoing_drop(&out);
	}
}
END_TEST

Suite *
outgoing_suite(void)
{
	Suite *s = suite_create("outgoing");
	TCase *tc = tcase_create("outgoing");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_loop_test(tc, is_written_in_any_pieces_and_settled_in_order, 0, 80);
	tcase_add_loop_test(tc, a_new_generation_writes_all_again, 0, 2 * (int)(FRAME_HEADER + MSG_FIXED + 3) + 1);
	tcase_add_loop_test(tc, settled_while_it_is_written_again, 0, FRAME_HEADER + MSG_FIXED + 3);
	tcase_add_test(tc, a_lost_helper_makes_it_uncertain_only_when_it_was_heard);
	tcase_add_test(tc, refusals);
	tcase_add_test(tc, nonsense_is_told);
	tcase_add_test(tc, the_store_goes_round);
	suite_add_tcase(s, tc);
	return s;
}
