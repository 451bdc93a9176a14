/* What is closed beside the loop: connections with a descriptor unread, descriptors that were passed, and nothing twice. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../system/pass.h"
#include "../../system/slow.h"
#include "host.h"
#include "net/closing.h"
#include "net/hub.h"
#include "net/loop.h"

static struct ev_loop *loop;
static struct closing *closing;

static void
setup(void)
{
	loop = loop_new();
	ck_assert_ptr_nonnull(loop);
	ck_assert_int_eq(stream_setup(loop), 0);
	closing = &hub_of(loop)->closing;
}

static void
teardown(void)
{
	stream_teardown(loop);
	ev_loop_destroy(loop);
}

static bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void
pass(int over, int fd)
{
	ck_assert_int_eq(pass_descriptors(over, "x", 1, fd, 1, 0), 1);
}

/* The end of a connection, seen by the peer. */
static void
expect_end(int peer)
{
	char byte;

	ck_assert_int_le(recv(peer, &byte, 1, 0), 0);
	(void)close(peer);
}

START_TEST(with_nothing_unread_at_once)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	closing_socket(loop, pair[0]);
	ck_assert(!is_open(pair[0]));
	ck_assert_uint_eq(closing_held(closing), 0);
	expect_end(pair[1]);
}
END_TEST

/* Words bring nothing that could block: who speaks and is turned away keeps no descriptor, and no child busy. */
START_TEST(with_words_unread_at_once)
{
	static char words[50000];
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ck_assert_int_eq(send(pair[1], words, sizeof(words), 0), sizeof(words));
	closing_socket(loop, pair[0]);
	ck_assert(!is_open(pair[0]));
	ck_assert_uint_eq(closing_held(closing), 0);
	expect_end(pair[1]);
}
END_TEST

/* The last of a pipe's writing ends is in there: its reader sees when it is closed. */
START_TEST(with_a_descriptor_unread_by_a_child)
{
	int pair[2], ends[2];
	struct pollfd p;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ck_assert_int_eq(pipe(ends), 0);
	pass(pair[1], ends[1]);
	(void)close(ends[1]);
	closing_socket(loop, pair[0]);
	ck_assert(is_open(pair[0])); /* not by us */
	ck_assert_uint_eq(closing_held(closing), 1);
	expect_end(pair[1]);   /* which is seen at once */
	(void)ev_run(loop, 0); /* until nothing is left to do */
	ck_assert_uint_eq(closing_held(closing), 0);
	p = (struct pollfd){ .fd = ends[0], .events = POLLIN };
	ck_assert_int_eq(poll(&p, 1, -1), 1);
	ck_assert(p.revents & POLLHUP);
	(void)close(ends[0]);
}
END_TEST

/* However much was said before it: reading that far would close it here. */
START_TEST(with_words_before_a_descriptor_by_a_child)
{
	static char words[50000];
	int pair[2], ends[2];
	struct pollfd p;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(send(pair[1], words, sizeof(words), 0), sizeof(words));
	pass(pair[1], ends[1]);
	(void)close(ends[1]);
	closing_socket(loop, pair[0]);
	p = (struct pollfd){ .fd = ends[0], .events = POLLIN };
	ck_assert_int_eq(poll(&p, 1, 0), 0); /* not by us */
	ck_assert(is_open(pair[0]));
	expect_end(pair[1]);
	(void)ev_run(loop, 0);
	ck_assert_int_eq(poll(&p, 1, -1), 1);
	ck_assert(p.revents & POLLHUP);
	(void)close(ends[0]);
}
END_TEST

START_TEST(passed_ones_are_closed_in_our_table)
{
	int pair[2], fd[CLOSING_PASSED];

	if (!host_shares_descriptors(__func__))
		return;
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	for (unsigned i = 0; i < CLOSING_PASSED; i++)
		ck_assert_int_ge(fd[i] = dup(pair[0]), 0);
	ck_assert(closing_takes(closing));
	closing_passed(loop, pair[0], fd, CLOSING_PASSED);
	ck_assert(!closing_takes(closing));
	ck_assert_uint_eq(closing_held(closing), CLOSING_PASSED);
	(void)ev_run(loop, 0);
	for (unsigned i = 0; i < CLOSING_PASSED; i++)
		ck_assert(!is_open(fd[i]));
	ck_assert(is_open(pair[0]));
	ck_assert(closing_takes(closing));
	ck_assert_uint_eq(closing_held(closing), 0);
	(void)close(pair[0]);
	(void)close(pair[1]);
}
END_TEST

/* Somebody holds the lock of the socket that was passed: not even its options are set by us. */
START_TEST(a_locked_one_is_not_touched_by_us)
{
	int pair[2], fd;

	slow_begin();
	fd = slow_lock(60);
	if (!host_shares_descriptors(__func__) || !host_locks_sockets(__func__, fd))
		return;
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	closing_passed(loop, pair[0], &fd, 1);
	(void)ev_run(loop, EVRUN_ONCE); /* its child is started */
	ck_assert(slow_is_locked());
	slow_unlock();
	(void)ev_run(loop, 0);
	ck_assert(!is_open(fd));
	(void)close(pair[0]);
	(void)close(pair[1]);
}
END_TEST

START_TEST(many_at_once)
{
	int pair[2][CLOSING_FULL];

	for (unsigned i = 0; i < CLOSING_FULL; i++) {
		int both[2];

		ck_assert(!closing_full(loop));
		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, both), 0);
		pass(both[1], STDIN_FILENO);
		pair[0][i] = both[0];
		pair[1][i] = both[1];
		closing_socket(loop, both[0]);
	}
	ck_assert(closing_full(loop)); /* the acceptor waits */
	(void)ev_run(loop, 0);
	ck_assert(!closing_full(loop));
	for (unsigned i = 0; i < CLOSING_FULL; i++) {
		ck_assert(!is_open(pair[0][i]));
		expect_end(pair[1][i]);
	}
}
END_TEST

/* What waits when the loop ends goes, too. */
START_TEST(at_the_end)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	pass(pair[1], STDIN_FILENO);
	closing_socket(loop, pair[0]);
	stream_teardown(loop);
	ck_assert(!is_open(pair[0]));
	(void)close(pair[1]);
}
END_TEST

Suite *
closing_suite(void)
{
	Suite *suite = suite_create("closing");
	TCase *tc = tcase_create("closing"), *children = tcase_create("children");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, with_nothing_unread_at_once);
	tcase_add_test(tc, with_words_unread_at_once);
	tcase_add_test(tc, with_a_descriptor_unread_by_a_child);
	tcase_add_test(tc, with_words_before_a_descriptor_by_a_child);
	tcase_add_test(tc, many_at_once);
	tcase_add_test(tc, at_the_end);
	suite_add_tcase(suite, tc);
	tcase_set_tags(children, "processes");
	tcase_add_checked_fixture(children, setup, teardown);
	tcase_add_test(children, passed_ones_are_closed_in_our_table);
	tcase_add_test(children, a_locked_one_is_not_touched_by_us);
	tcase_set_timeout(children, 600);
	suite_add_tcase(suite, children);
	return suite;
}
