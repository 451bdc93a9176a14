/* Both ends of a channel in one process; what is strange is written by hand. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../system/pass.h"
#include "client/channel.h"

static struct channel a, b;

static void
setup(void)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	ck_assert_int_eq(channel_open(&a, fds[0]), 0);
	ck_assert_int_eq(channel_open(&b, fds[1]), 0);
}

static void
teardown(void)
{
	channel_release(&a);
	channel_release(&b);
	channel_release(&b);
	(void)close(a.fd);
	(void)close(b.fd);
}

static void
put(uint8_t type, uint64_t bytes)
{
	const struct piece p = { .type = type, .u.bytes = bytes };

	channel_put(&a, &p);
}

/* The next piece at the other end, which has arrived. */
static struct piece
next(void)
{
	struct piece p;
	int rc;

	while ((rc = channel_next(&b, &p)) == 0)
		ck_assert_int_eq(channel_fill(&b), 1);
	ck_assert_int_eq(rc, 1);
	return p;
}

START_TEST(pieces_in_their_order)
{
	struct piece p = { .type = PIECE_BEGIN, .u.version = PIECE_VERSION };

	ck_assert(channel_idle(&a));
	ck_assert_int_eq(channel_fill(&b), 0); /* nothing has come */
	channel_put(&a, &p);
	ck_assert(!channel_idle(&a));
	ck_assert_int_eq(channel_flush(&a), 0);
	ck_assert(channel_idle(&a));
	memcpy(channel_room(&a), "all of it", 9);
	channel_put_data(&a, 9);
	put(PIECE_HOLE, 7);
	put(PIECE_END, 16);
	ck_assert_int_eq(channel_flush(&a), 0);

	p = next();
	ck_assert_int_eq(p.type, PIECE_BEGIN);
	ck_assert_uint_eq(p.u.version, PIECE_VERSION);
	p = next();
	ck_assert_int_eq(p.type, PIECE_DATA);
	ck_assert_uint_eq(p.u.data.length, 9);
	ck_assert_mem_eq(p.u.data.bytes, "all of it", 9);
	p = next();
	ck_assert_int_eq(p.type, PIECE_HOLE);
	ck_assert_uint_eq(p.u.bytes, 7);
	p = next();
	ck_assert_int_eq(p.type, PIECE_END);
	ck_assert_uint_eq(p.u.bytes, 16);
	ck_assert_int_eq(channel_next(&b, &p), 0);
}
END_TEST

/* Lent bytes go before what is queued behind them, however little is taken at a time. */
START_TEST(lent_and_slow)
{
	static uint8_t lent[PIECE_HEADER + PIECE_DATA_MAX];
	const int small = 4096;
	size_t got = 0;
	struct piece p;
	int rc;

	ck_assert_int_eq(setsockopt(a.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)), 0);
	for (size_t i = PIECE_HEADER; i < sizeof(lent); i++)
		lent[i] = (uint8_t)(i * 7);
	channel_lend_data(&a, lent + PIECE_HEADER, PIECE_DATA_MAX);
	put(PIECE_END, PIECE_DATA_MAX);
	ck_assert(!channel_idle(&a));
	ck_assert_int_eq(channel_flush(&a), -EAGAIN);
	for (;;) {
		while ((rc = channel_next(&b, &p)) == 1 && p.type == PIECE_DATA) {
			ck_assert_mem_eq(p.u.data.bytes, lent + PIECE_HEADER + got, p.u.data.length);
			got += p.u.data.length;
		}
		if (rc == 1)
			break;
		ck_assert_int_eq(rc, 0);
		ck_assert_int_ge(channel_fill(&b), 0);
		rc = channel_flush(&a);
		ck_assert(rc == 0 || rc == -EAGAIN);
	}
	ck_assert_uint_eq(got, PIECE_DATA_MAX);
	ck_assert_int_eq(p.type, PIECE_END);
	ck_assert(channel_idle(&a));
}
END_TEST

START_TEST(the_other_end_goes)
{
	struct piece p;

	put(PIECE_DONE, 0);
	ck_assert_int_eq(channel_flush(&a), 0);
	ck_assert_int_eq(shutdown(a.fd, SHUT_WR), 0);
	p = next();
	ck_assert_int_eq(p.type, PIECE_DONE); /* what was said before counts */
	ck_assert_int_eq(channel_fill(&b), -EPIPE);
	ck_assert_int_eq(shutdown(b.fd, SHUT_RDWR), 0);
	put(PIECE_DONE, 0);
	ck_assert_int_eq(channel_flush(&a), -EPIPE); /* and no signal */
}
END_TEST

START_TEST(what_is_no_piece)
{
	static const uint8_t strange[PIECE_HEADER] = { 0xff, 0xff, 0xff, 0x7f, PIECE_DATA };
	struct piece p;

	ck_assert_int_eq(write(a.fd, strange, sizeof(strange)), (ssize_t)sizeof(strange));
	ck_assert_int_eq(channel_fill(&b), 1);
	ck_assert_int_eq(channel_next(&b, &p), -EPROTO);
}
END_TEST

START_TEST(a_descriptor_comes)
{
	ck_assert_int_eq(pass_descriptors(a.fd, "", 1, a.fd, 1, 0), 1);
	ck_assert_int_eq(channel_fill(&b), -EPERM);
}
END_TEST

Suite *
channel_suite(void)
{
	Suite *s = suite_create("channel");
	TCase *tc = tcase_create("channel");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, pieces_in_their_order);
	tcase_add_test(tc, lent_and_slow);
	tcase_add_test(tc, the_other_end_goes);
	tcase_add_test(tc, what_is_no_piece);
	tcase_add_test(tc, a_descriptor_comes);
	suite_add_tcase(s, tc);
	return s;
}
