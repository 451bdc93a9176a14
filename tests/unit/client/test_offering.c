/* An offer from its beginning to its end, made to a helper that the test plays. */
#include <check.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "client/offering.h"
#include "client/peer.h"
#include "number.h"
#include "proto/feature.h"

#define PAIR 7

static struct link l;
static struct offering o;
static const uint8_t body[] = "\0label";

static void
say_pair(uint64_t pair)
{
	const struct control_message m = { .type = CONTROL_STATE,
		.u.state = { .self.name = "alice", .pair = pair, .partner.name = "bob" } };

	peer_says(&m);
}

static void
say_told(const struct ident *id, enum verdict v, uint64_t number)
{
	const struct control_message m = { .type = CONTROL_OFFER_TOLD,
		.u.word = { .msgid = *id, .verdict = (uint8_t)v, .number = number } };

	peer_says(&m);
}

static enum verdict
begin(void)
{
	return offering_begin(&o, &l, body, sizeof(body) - 1, deadline_in(60000));
}

static void
setup(void)
{
	struct control_message m;

	peer_open(&l);
	l.features = FEATURE_STREAMS;
	l.takes = true;
	say_pair(PAIR);
	ck_assert_int_eq(begin(), VERDICT_OK);
	ck_assert_str_eq(o.partner, "bob");
	ck_assert_uint_eq(o.pair, PAIR);
	ck_assert(peer_heard(&m));
	ck_assert_int_eq(m.type, CONTROL_STATUS);
	ck_assert(peer_heard(&m));
	ck_assert_int_eq(m.type, CONTROL_OFFER);
	ck_assert_uint_eq(m.u.offer.pair, PAIR);
	ck_assert(ident_equal(&m.u.offer.msgid, &o.msgid));
	ck_assert_mem_eq(m.u.offer.body, body, sizeof(body) - 1);
	ck_assert(!m.u.offer.open);
}

static void
teardown(void)
{
	peer_close();
	link_close(&l);
}

START_TEST(it_is_taken)
{
	struct ident other = number(1);
	struct control_message channel = { .type = CONTROL_CHANNEL, .u.word.msgid = other };

	say_told(&other, VERDICT_DECLINED, 0); /* is another command's */
	offering_listen(&o);
	ck_assert(!o.over);
	ck_assert_uint_eq(o.number, 0);
	say_told(&o.msgid, VERDICT_OK, 12);
	offering_listen(&o);
	ck_assert_uint_eq(o.number, 12);
	ck_assert(!o.taken && !o.over);
	channel.u.word.msgid = o.msgid;
	peer_passes(&channel, open("/dev/null", O_RDONLY | O_CLOEXEC));
	offering_listen(&o);
	ck_assert(o.taken && !o.over);
	ck_assert_int_ge(fcntl(o.channel, F_GETFD), 0);
	ck_assert_int_eq(close(o.channel), 0);
}
END_TEST

START_TEST(it_is_not)
{
	say_told(&o.msgid, VERDICT_DECLINED, 0);
	say_told(&o.msgid, VERDICT_OK, 13); /* comes too late */
	offering_listen(&o);
	ck_assert(o.over && !o.taken);
	ck_assert_int_eq(o.verdict, VERDICT_DECLINED);
	ck_assert_uint_eq(o.number, 0);
	ck_assert_str_ne(l.words, "");
}
END_TEST

/* A helper of an older release may pass on what the partner has said. */
START_TEST(an_end_is_no_success)
{
	say_told(&o.msgid, VERDICT_QUEUED, 0);
	offering_listen(&o);
	ck_assert(o.over && !o.taken);
	ck_assert_int_eq(o.verdict, VERDICT_NOT_TAKEN);
}
END_TEST

START_TEST(no_channel_comes)
{
	const struct control_message channel = { .type = CONTROL_CHANNEL, .u.word.msgid = o.msgid };

	peer_says(&channel);
	offering_listen(&o);
	ck_assert(o.over && !o.taken);
	ck_assert_int_eq(o.verdict, VERDICT_FAILED);
}
END_TEST

/* There is no session to come back to. */
START_TEST(the_helper_dies)
{
	peer_close();
	offering_listen(&o);
	ck_assert(o.over);
	ck_assert_int_ne(o.verdict, VERDICT_OK);
}
END_TEST

START_TEST(it_cannot_begin)
{
	say_pair(0);
	ck_assert_int_eq(begin(), VERDICT_NOT_PAIRED);
	l.features = 0;
	say_pair(PAIR);
	ck_assert_int_eq(begin(), VERDICT_NO_STREAMS);
	ck_assert_str_ne(l.words, "");
}
END_TEST

Suite *
offering_suite(void)
{
	Suite *s = suite_create("offering");
	TCase *tc = tcase_create("offering");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, it_is_taken);
	tcase_add_test(tc, it_is_not);
	tcase_add_test(tc, an_end_is_no_success);
	tcase_add_test(tc, no_channel_comes);
	tcase_add_test(tc, the_helper_dies);
	tcase_add_test(tc, it_cannot_begin);
	suite_add_tcase(s, tc);
	return s;
}
