/*
 * Offers through the daemon, and the channel that comes of one: two connections on socket pairs, an exchange in which
 * they are paired, and nothing else of the daemon.
 */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/limits.h"
#include "daemon/daemon.h"
#include "daemon/dispatch_streams.h"
#include "daemon/fake_client.h"
#include "net/loop.h"
#include "number.h"
#include "proto/feature.h"

static struct daemon daemon_;
static struct member members[4];
static struct client alice, bob;
static int alice_end, bob_end; /* what each would read */
static uint64_t pair;

static slot_t
step(enum exchange_event_type type, slot_t slot, const char *name, uint8_t id)
{
	struct exchange_event ev = { .type = type, .slot = slot, .name = name, .uid = 1000, .id.b = { id } };
	struct roster *r = &daemon_.roster;

	ck_assert_int_eq(
	    exchange_step(r->exchange, &ev, (struct exchange_policy){ .judge = NULL }, &r->effects), VERDICT_OK);
	return ev.slot;
}

static int
seat(struct client *c, const char *name, uint8_t id)
{
	const int end = fake_client(c, daemon_.loop);

	c->daemon = &daemon_;
	c->account = accounts_get(&daemon_.roster.accounts, 4000000000U + id);
	c->state = CLIENT_LOGGED_IN;
	c->features = FEATURE_STREAMS;
	c->streams.class = &dispatch_streams;
	c->slot = step(EXCHANGE_LOGIN, SLOT_NONE, name, id);
	members[c->slot].client = c;
	return end;
}

static void
setup(void)
{
	memset(&daemon_, 0, sizeof(daemon_));
	daemon_.loop = loop_new();
	ck_assert_ptr_nonnull(daemon_.loop);
	ck_assert_int_eq(stream_setup(daemon_.loop), 0);
	daemon_.roster.exchange = calloc(1, exchange_size(4));
	daemon_.roster.member = members;
	exchange_init(daemon_.roster.exchange, 4, 7);
	alice_end = seat(&alice, "alice", 1);
	bob_end = seat(&bob, "bob", 2);
	pair = exchange_next_pair(daemon_.roster.exchange);
	(void)step(EXCHANGE_TO, alice.slot, "bob", 0);
}

static void
teardown(void)
{
	streams_reset(&alice.streams);
	stream_close(&alice.stream, 0);
	stream_close(&bob.stream, 0);
	(void)ev_run(daemon_.loop, EVRUN_NOWAIT);
	(void)close(alice_end);
	(void)close(bob_end);
	accounts_release(&daemon_.roster.accounts);
	free(daemon_.roster.exchange);
	stream_teardown(daemon_.loop);
	ev_loop_destroy(daemon_.loop);
}

/* What has arrived, and the descriptor with it, or -1. */
static struct upstream_message
arrived(int end, int *fd)
{
	static uint8_t in[FRAME_MAX];
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec bytes = { .iov_base = in, .iov_len = sizeof(in) };
	struct msghdr h = {
		.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof(control.room)
	};
	struct upstream_message m = { .type = 0 };
	struct frame f;
	const ssize_t n = recvmsg(end, &h, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(frame_parse(in, (size_t)n, &f), n);
	ck_assert_int_eq(upstream_decode(&f, &m), 0);
	*fd = -1;
	if (CMSG_FIRSTHDR(&h))
		memcpy(fd, CMSG_DATA(CMSG_FIRSTHDR(&h)), sizeof(*fd));
	return m;
}

static void
nothing(int end)
{
	char byte;

	ck_assert_int_lt(recv(end, &byte, 1, MSG_DONTWAIT), 0);
}

static void
offer(uint8_t id, uint64_t under)
{
	const struct upstream_message m = { .type = UPSTREAM_OFFER,
		.u.offer = { .pair = under, .msgid = number(id), .body = (const uint8_t *)"\0label", .length = 6 } };

	dispatch_offer(&alice, &m);
}

static void
word(struct client *c, enum upstream_type type, uint8_t id, uint64_t as)
{
	const struct upstream_message m = { .type = type, .u.word = { .msgid = number(id), .number = as } };

	dispatch_offer(c, &m);
}

/* A word, of that type and verdict, and no descriptor. */
static void
expect_word(int end, enum upstream_type type, enum verdict v)
{
	int fd;
	const struct upstream_message m = arrived(end, &fd);

	ck_assert_int_eq(m.type, type);
	ck_assert_int_eq(m.u.word.verdict, v);
	ck_assert_int_eq(fd, -1);
}

START_TEST(a_channel)
{
	struct upstream_message m;
	char got[8];
	int fd, ours, theirs;

	offer(1, pair);
	nothing(alice_end);
	m = arrived(bob_end, &fd);
	ck_assert_int_eq(m.type, UPSTREAM_OFFERED);
	ck_assert_mem_eq(m.u.offer.body, "\0label", 6);
	word(&bob, UPSTREAM_OFFER_ACK, 1, 12);
	m = arrived(alice_end, &fd);
	ck_assert_int_eq(m.type, UPSTREAM_OFFER_TOLD);
	ck_assert_uint_eq(m.u.word.number, 12);
	word(&bob, UPSTREAM_ACCEPT, 1, 0);
	m = arrived(alice_end, &ours);
	ck_assert_int_eq(m.type, UPSTREAM_CHANNEL);
	m = arrived(bob_end, &theirs);
	ck_assert_int_eq(m.type, UPSTREAM_CHANNEL);
	ck_assert(ours >= 0 && theirs >= 0);
	ck_assert_int_eq(write(ours, "through", 7), 7); /* it is one channel */
	ck_assert_int_eq(read(theirs, got, sizeof(got)), 7);
	ck_assert_mem_eq(got, "through", 7);
	ck_assert_uint_eq(daemon_.roster.accounts.unknown_channels, 1); /* neither has an account that is known */
	word(&bob, UPSTREAM_OFFER_OVER, 1, 0);
	ck_assert_uint_eq(daemon_.roster.accounts.unknown_channels, 0);
	ck_assert_int_eq(close(ours), 0);
	ck_assert_int_eq(close(theirs), 0);
}
END_TEST

START_TEST(it_cannot_be_offered)
{
	offer(1, pair + 1);
	expect_word(alice_end, UPSTREAM_OFFER_TOLD, VERDICT_NOT_PAIRED);
	bob.features = 0;
	offer(2, pair);
	expect_word(alice_end, UPSTREAM_OFFER_TOLD, VERDICT_NO_STREAMS);
	members[bob.slot].client = NULL;
	offer(3, pair);
	expect_word(alice_end, UPSTREAM_OFFER_TOLD, VERDICT_ABSENT);
	nothing(bob_end);
}
END_TEST

START_TEST(declined)
{
	int fd;

	offer(1, pair);
	(void)arrived(bob_end, &fd);
	word(&bob, UPSTREAM_OFFER_ACK, 1, 12);
	(void)arrived(alice_end, &fd);
	word(&bob, UPSTREAM_DECLINE, 1, 0);
	expect_word(alice_end, UPSTREAM_OFFER_TOLD, VERDICT_DECLINED);
	word(&bob, UPSTREAM_ACCEPT, 1, 0);
	expect_word(bob_end, UPSTREAM_CHANNEL, VERDICT_NOTHING);
}
END_TEST

/* A uid that asks for too much is told so. */
START_TEST(too_often)
{
	while (client_may_ask(&alice))
		continue;
	offer(1, pair);
	expect_word(alice_end, UPSTREAM_OFFER_TOLD, VERDICT_RATE);
	nothing(bob_end);
	while (client_may_ask(&bob))
		continue;
	word(&bob, UPSTREAM_ACCEPT, 1, 0);
	expect_word(bob_end, UPSTREAM_CHANNEL, VERDICT_RATE);
}
END_TEST

Suite *
dispatch_streams_suite(void)
{
	Suite *s = suite_create("dispatch_streams");
	TCase *tc = tcase_create("dispatch_streams");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_channel);
	tcase_add_test(tc, it_cannot_be_offered);
	tcase_add_test(tc, declined);
	tcase_add_test(tc, too_often);
	suite_add_tcase(s, tc);
	return s;
}
