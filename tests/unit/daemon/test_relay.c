/*
 * Messages and acknowledgements through the daemon: two connections on socket pairs, an exchange in which they are
 * paired, and nothing else of the daemon.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/fake_client.h"
#include "daemon/relay.h"
#include "daemon/roster.h"
#include "daemon/windows.h"
#include "net/loop.h"
#include "proto/feature.h"

#define SESSIONS 4U

static struct ev_loop *loop;
static struct roster roster;
static struct member members[SESSIONS];
static struct windows windows;
static struct client alice, bob;
static int alice_end, bob_end; /* what each would read */
static uint64_t pair;
static uint32_t epoch; /* of the pair */
static uint8_t input[4 * FRAME_MAX], output[4 * FRAME_MAX];
static size_t length; /* of input */

static slot_t
step(enum exchange_event_type type, slot_t slot, const char *name, uint8_t id)
{
	struct exchange_event ev = { .type = type, .slot = slot, .name = name, .uid = 1000, .id.b = { id } };

	ck_assert_int_eq(
	    exchange_step(roster.exchange, &ev, (struct exchange_policy){ .judge = NULL }, &roster.effects),
	    VERDICT_OK);
	return ev.slot;
}

static int
seat(struct client *c, const char *name, uint8_t id)
{
	const int end = fake_client(c, loop);

	c->windows = &windows;
	c->state = CLIENT_LOGGED_IN;
	c->slot = step(EXCHANGE_LOGIN, SLOT_NONE, name, id);
	members[c->slot].client = c;
	return end;
}

static void
setup(void)
{
	loop = loop_new();
	ck_assert_ptr_nonnull(loop);
	ck_assert_int_eq(stream_setup(loop), 0);
	roster = (struct roster){ .exchange = calloc(1, exchange_size(SESSIONS)), .member = members };
	ck_assert_ptr_nonnull(roster.exchange);
	exchange_init(roster.exchange, SESSIONS, 7);
	alice_end = seat(&alice, "alice", 1);
	bob_end = seat(&bob, "bob", 2);
	pair = exchange_next_pair(roster.exchange);
	(void)step(EXCHANGE_TO, alice.slot, "bob", 0);
	epoch = exchange_session(roster.exchange, alice.slot)->epoch;
	length = 0;
}

static void
teardown(void)
{
	client_pair_reset(&alice);
	client_pair_reset(&bob);
	windows_release(&windows);
	stream_close(&alice.stream, 0);
	stream_close(&bob.stream, 0);
	(void)ev_run(loop, EVRUN_NOWAIT);
	(void)close(alice_end);
	(void)close(bob_end);
	free(roster.exchange);
	stream_teardown(loop);
	ev_loop_destroy(loop);
}

/* A message of so many bytes, which are `id`, is put behind the input. */
static void
put_msg(uint64_t under, uint32_t of, uint8_t id, uint32_t bytes)
{
	const struct msg m = { .pair = under, .epoch = of, .id.b = { id }, .length = bytes };

	msg_encode_head(input + length, &m);
	memset(input + length + FRAME_HEADER + MSG_FIXED, id, bytes);
	length += FRAME_HEADER + MSG_FIXED + bytes;
}

/* What the one at `at` of these bytes says of the one before it. */
static uint32_t
behind_at(uint8_t *bytes, size_t at)
{
	struct frame f;
	struct msg m;

	ck_assert_int_gt(frame_parse(bytes + at, FRAME_MAX, &f), 0);
	ck_assert_int_eq(msg_decode(&f, &m), 0);
	return m.behind;
}

static void
put_answer(uint32_t of, uint32_t count, uint8_t id, enum verdict v)
{
	const struct ack a = { .pair = pair, .epoch = of, .count = count, .first.b = { id }, .verdict = (uint8_t)v };

	ack_encode(input + length, &a);
	length += FRAME_HEADER + ACK_BODY;
}

static void
put_ack(uint32_t of, uint32_t count)
{
	put_answer(of, count, 0, VERDICT_OK);
}

/* All of the input is relayed; then there is none. */
static void
relay(struct client *from)
{
	ck_assert_uint_eq(relay_frames(&roster, from, input, length), length);
	stream_uncork(&from->stream);
	length = 0;
}

static size_t
arrived(int end)
{
	const ssize_t n = recv(end, output, sizeof(output), MSG_DONTWAIT);

	return n < 0 ? 0 : (size_t)n;
}

/* What arrives at the sender is a refusal of the message `id`, by this verdict. */
static void
assert_refused(uint8_t id, enum verdict why)
{
	struct frame f;
	struct ack a;
	const size_t n = arrived(alice_end);

	ck_assert_int_eq(frame_parse(output, n, &f), (ssize_t)n);
	ck_assert_uint_eq(f.type, FRAME_ACK);
	ck_assert_int_eq(ack_decode(&f, &a), 0);
	ck_assert_uint_eq(a.first.b[0], id);
	ck_assert_uint_eq(a.verdict, why);
}

START_TEST(test_relay_passes_the_bytes)
{
	static uint8_t sent[sizeof(input)];
	size_t n;

	put_msg(pair, epoch, 1, 5);
	put_msg(pair, epoch, 2, MESSAGE_MAX);
	put_msg(pair, epoch, 3, 1);
	n = length;
	memcpy(sent, input, n);
	relay(&alice);
	ck_assert_uint_eq(arrived(bob_end), n);
	ck_assert_mem_eq(output, sent, n);
	ck_assert_uint_eq(arrived(alice_end), 0);
}
END_TEST

/* Which message under way is before it is told to who knows what that is, and is nothing to anybody else. */
START_TEST(test_relay_tells_what_is_behind)
{
	const size_t size = FRAME_HEADER + MSG_FIXED + 5;

	for (unsigned knows = 0; knows < 2; knows++) {
		bob.features = knows ? FEATURES_KNOWN : FEATURES_KNOWN & ~(uint32_t)FEATURE_BEHIND;
		for (uint32_t n = 0; n < 3; n++) {
			put_msg(pair, epoch, 1, 5);
			msg_patch_behind(input + length - size, n);
		}
		relay(&alice);
		ck_assert_uint_eq(arrived(bob_end), 3 * size);
		for (uint32_t n = 0; n < 3; n++)
			ck_assert_uint_eq(behind_at(output, n * size), knows ? n : 0);
	}
	put_msg(pair, epoch, 1, 5);
	msg_patch_behind(input + length - size, WINDOW_MESSAGES + 1);
	(void)relay_frames(&roster, &alice, input, length);
	ck_assert_int_eq(alice.state, CLIENT_ENDED);
}
END_TEST

/* What was sent before the partner came back, or under another pair, reaches nobody (R9, R10). */
START_TEST(test_relay_other_epochs_and_pairs)
{
	put_msg(pair, epoch + 1, 1, 5);
	relay(&alice);
	ck_assert_uint_eq(arrived(bob_end) + arrived(alice_end), 0);
	put_msg(pair + 1, epoch, 2, 5);
	relay(&alice);
	ck_assert_uint_eq(arrived(bob_end), 0);
	assert_refused(2, VERDICT_NOT_PAIRED);
	(void)step(EXCHANGE_LEAVE, bob.slot, NULL, 0);
	put_msg(pair, epoch, 3, 5);
	relay(&alice);
	ck_assert_uint_eq(arrived(bob_end), 0);
	assert_refused(3, VERDICT_NOT_PAIRED);
}
END_TEST

/* A refused one takes nothing away from those around it. */
START_TEST(test_relay_lengths)
{
	put_msg(pair, epoch, 1, 5);
	put_msg(pair, epoch, 2, 0);
	put_msg(pair, epoch, 3, 6);
	relay(&alice);
	ck_assert_uint_eq(arrived(bob_end), 2 * (FRAME_HEADER + MSG_FIXED) + 5 + 6);
	assert_refused(2, VERDICT_EMPTY);
	put_msg(pair, epoch, 4, MESSAGE_MAX + 1);
	relay(&alice);
	ck_assert_uint_eq(arrived(bob_end), 0);
	assert_refused(4, VERDICT_TOO_LONG);
}
END_TEST

START_TEST(test_relay_partner_away)
{
	(void)step(EXCHANGE_LOST, bob.slot, NULL, 0);
	members[bob.slot].client = NULL;
	put_msg(pair, epoch, 1, 5);
	relay(&alice);
	ck_assert_uint_eq(arrived(bob_end) + arrived(alice_end), 0);
}
END_TEST

/* D7: more than a window under way ends the connection; what was acknowledged makes room. */
START_TEST(test_relay_window)
{
	for (unsigned i = 0; i < WINDOW_MESSAGES; i++)
		put_msg(pair, epoch, 1, 1);
	relay(&alice);
	ck_assert_uint_eq(arrived(bob_end), (size_t)WINDOW_MESSAGES * (FRAME_HEADER + MSG_FIXED + 1));
	put_ack(epoch, 1);
	relay(&bob);
	put_msg(pair, epoch, 2, 1);
	relay(&alice);
	ck_assert_int_eq(alice.state, CLIENT_LOGGED_IN);
	put_msg(pair, epoch, 3, 1);
	put_msg(pair, epoch, 4, 1);
	(void)relay_frames(&roster, &alice, input, length);
	ck_assert_int_eq(alice.state, CLIENT_ENDED);
}
END_TEST

/* An acknowledgement passes for what is under way only. */
START_TEST(test_relay_acks)
{
	put_ack(epoch, 1);
	relay(&bob);
	ck_assert_uint_eq(arrived(alice_end), 0);
	put_msg(pair, epoch, 1, 5);
	relay(&alice);
	put_ack(epoch, 2);
	put_ack(epoch + 1, 1);
	relay(&bob);
	ck_assert_uint_eq(arrived(alice_end), 0);
	put_ack(epoch, 1);
	relay(&bob);
	ck_assert_uint_eq(arrived(alice_end), FRAME_HEADER + ACK_BODY);
	put_ack(epoch, 1);
	relay(&bob);
	ck_assert_uint_eq(arrived(alice_end), 0);
}
END_TEST

/* Of a partner's answer only that passes which a receiver can say: the rest of the frame, and those beside it, are as they came. */
START_TEST(test_relay_believes_no_answer)
{
	static const enum verdict said[] = { VERDICT_STORAGE, VERDICT_QUEUED, VERDICT_EXPIRED, VERDICT_ID_USED };
	static const enum verdict passed[] = { VERDICT_STORAGE, VERDICT_UNCONFIRMED, VERDICT_UNCONFIRMED,
		VERDICT_ID_USED };
	struct frame f;
	struct ack a;

	for (uint8_t i = 0; i < 4; i++)
		put_msg(pair, epoch, i, 5);
	relay(&alice);
	for (uint8_t i = 0; i < 4; i++)
		put_answer(epoch, 1, i, said[i]);
	relay(&bob);
	ck_assert_uint_eq(arrived(alice_end), 4 * (FRAME_HEADER + ACK_BODY));
	for (uint8_t i = 0; i < 4; i++) {
		ck_assert_int_gt(frame_parse(output + i * (FRAME_HEADER + ACK_BODY), FRAME_HEADER + ACK_BODY, &f), 0);
		ck_assert_int_eq(ack_decode(&f, &a), 0);
		ck_assert_uint_eq(a.pair, pair);
		ck_assert_uint_eq(a.epoch, epoch);
		ck_assert_uint_eq(a.count, 1);
		ck_assert_uint_eq(a.first.b[0], i);
		ck_assert_uint_eq(a.verdict, passed[i]);
	}
}
END_TEST

START_TEST(test_relay_stops_at_others)
{
	size_t n;

	put_msg(pair, epoch, 1, 5);
	n = length;
	frame_header(input + length, UPSTREAM_LEAVE, 0);
	length += FRAME_HEADER;
	put_msg(pair, epoch, 2, 5);
	ck_assert_uint_eq(relay_frames(&roster, &alice, input, length), n);
	ck_assert_uint_eq(arrived(bob_end), n);
	ck_assert_uint_eq(relay_frames(&roster, &alice, input, n - 1), 0);
}
END_TEST

Suite *
relay_suite(void)
{
	Suite *s = suite_create("relay");
	TCase *c = tcase_create("relay");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_relay_passes_the_bytes);
	tcase_add_test(c, test_relay_tells_what_is_behind);
	tcase_add_test(c, test_relay_other_epochs_and_pairs);
	tcase_add_test(c, test_relay_lengths);
	tcase_add_test(c, test_relay_partner_away);
	tcase_add_test(c, test_relay_window);
	tcase_add_test(c, test_relay_acks);
	tcase_add_test(c, test_relay_believes_no_answer);
	tcase_add_test(c, test_relay_stops_at_others);
	suite_add_tcase(s, c);
	return s;
}
