/* Who comes in, and what those hear for whom the process has no descriptor. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../system/pass.h"
#include "net/acceptor.h"
#include "net/closing.h"
#include "net/loop.h"
#include "net/stream.h"

#define HELD 64

static char folder[] = "/tmp/pchat-acceptor.XXXXXX";
static char path[64];
static struct ev_loop *loop;
static struct acceptor acceptor;
static struct rlimit limit;
static int listening, accepted[HELD], n_accepted, turned;
static int held[1024], n_held;

static void
on_accepted(struct acceptor *a, int fd, const struct credentials *peer)
{
	(void)a;
	ck_assert_uint_eq(peer->uid, geteuid());
	accepted[n_accepted++] = fd;
}

static void
on_turned_away(struct acceptor *a, int fd)
{
	turned++;
	ck_assert_int_eq(send(fd, "no", 2, MSG_NOSIGNAL), 2);
	closing_socket(a->loop, fd);
}

static void
setup(void)
{
	ino_t ino;

	n_accepted = turned = n_held = 0;
	(void)snprintf(folder, sizeof(folder), "/tmp/pchat-acceptor.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/socket", folder);
	loop = loop_new();
	ck_assert_ptr_nonnull(loop);
	ck_assert_int_eq(stream_setup(loop), 0);
	ck_assert_int_ge(listening = socket_listen(path, 0600, (gid_t)-1, &ino), 0);
	acceptor_init(&acceptor, loop, 8, on_accepted);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void
give_back(void)
{
	while (n_held > 0)
		(void)close(held[--n_held]);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void
teardown(void)
{
	give_back();
	acceptor_stop(&acceptor);
	(void)close(listening);
	while (n_accepted > 0)
		(void)close(accepted[--n_accepted]);
	stream_teardown(loop);
	ev_loop_destroy(loop);
	(void)unlink(path);
	(void)rmdir(folder);
}

/* A command, from before there was no descriptor left. */
static int
come(void)
{
	const int fd = socket_connect(path, true);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static void
take_all(void)
{
	struct rlimit low = limit;
	int fd;

	if (low.rlim_cur > 1000)
		low.rlim_cur = 1000;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &low), 0);
	while ((fd = fcntl(STDIN_FILENO, F_DUPFD, 0)) >= 0)
		held[n_held++] = fd;
	ck_assert_int_eq(errno, EMFILE);
}

static void
expect_no(int fd)
{
	char answer[4];

	ck_assert_int_eq(recv(fd, answer, sizeof(answer), MSG_DONTWAIT), 2);
	ck_assert_int_le(recv(fd, answer, sizeof(answer), MSG_DONTWAIT), 0);
	(void)close(fd);
}

START_TEST(each_comes_in)
{
	int first = come(), second = come();

	acceptor_turn_away(&acceptor, on_turned_away);
	acceptor_start(&acceptor, listening);
	(void)ev_run(loop, EVRUN_NOWAIT);
	ck_assert_int_eq(n_accepted, 2);
	ck_assert_int_eq(turned, 0);
	(void)close(first);
	(void)close(second);
}
END_TEST

START_TEST(all_hear_that_there_is_no_descriptor)
{
	int waiting[3];

	acceptor_turn_away(&acceptor, on_turned_away);
	acceptor_start(&acceptor, listening);
	for (int i = 0; i < 3; i++)
		waiting[i] = come();
	take_all();
	(void)ev_run(loop, EVRUN_NOWAIT);
	ck_assert_int_eq(turned, 3);
	ck_assert_int_eq(n_accepted, 0);
	ck_assert(ev_is_active(&acceptor.io)); /* and does not pause */
	give_back();
	for (int i = 0; i < 3; i++)
		expect_no(waiting[i]);
	waiting[0] = come();
	(void)ev_run(loop, EVRUN_NOWAIT);
	ck_assert_int_eq(n_accepted, 1);
	(void)close(waiting[0]);
}
END_TEST

/* Closed by a child: until then there is nothing to keep back. */
START_TEST(also_those_who_have_spoken)
{
	int waiting[2];

	acceptor_turn_away(&acceptor, on_turned_away);
	acceptor_start(&acceptor, listening);
	for (int i = 0; i < 2; i++) {
		waiting[i] = come();
		ck_assert_int_eq(send(waiting[i], "hello", 5, MSG_NOSIGNAL), 5);
	}
	take_all();
	while (turned < 2)
		(void)ev_run(loop, EVRUN_ONCE);
	give_back();
	for (int i = 0; i < 2; i++)
		expect_no(waiting[i]);
}
END_TEST

START_TEST(without_one_kept_back_they_wait)
{
	const int fd = come();

	acceptor_start(&acceptor, listening);
	take_all();
	(void)ev_run(loop, EVRUN_NOWAIT);
	ck_assert(ev_is_active(&acceptor.pause));
	ck_assert(!ev_is_active(&acceptor.io));
	give_back();
	while (n_accepted == 0) /* as soon as the pause is over */
		(void)ev_run(loop, EVRUN_ONCE);
	(void)close(fd);
}
END_TEST

/* As many as one account can bring: each with a descriptor unread, so that a child has to close it. */
static void
fill_closing(void)
{
	while (!closing_full(loop)) {
		int both[2];

		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both), 0);
		ck_assert_int_eq(pass_descriptors(both[1], "x", 1, STDIN_FILENO, 1, 0), 1);
		(void)close(both[1]);
		closing_socket(loop, both[0]);
	}
}

/* Nobody waits longer than for those that are closed before. */
START_TEST(who_comes_while_many_are_closed_is_in_when_they_are)
{
	const int fd = come();

	fill_closing();
	acceptor_start(&acceptor, listening);
	ev_invoke(loop, &acceptor.io, EV_READ);
	ck_assert_int_eq(n_accepted, 0);
	while (closing_full(loop))
		(void)ev_run(loop, EVRUN_ONCE);
	(void)ev_run(loop, EVRUN_NOWAIT);
	ck_assert_int_eq(n_accepted, 1);
	ck_assert(!ev_is_active(&acceptor.pause));
	(void)close(fd);
}
END_TEST

/* Nor does one that is stopped meanwhile begin again. */
START_TEST(stopped_while_many_are_closed)
{
	const int fd = come();

	fill_closing();
	acceptor_start(&acceptor, listening);
	ev_invoke(loop, &acceptor.io, EV_READ);
	acceptor_stop(&acceptor);
	(void)ev_run(loop, 0); /* until nothing is left to do */
	ck_assert_int_eq(n_accepted, 0);
	(void)close(fd);
}
END_TEST

/* What is stopped does not listen by the one that was kept back. */
START_TEST(stopped_it_is_gone)
{
	acceptor_turn_away(&acceptor, on_turned_away);
	acceptor_start(&acceptor, listening);
	acceptor_stop(&acceptor);
	(void)close(listening);
	ck_assert_int_eq(socket_connect(path, true), -ECONNREFUSED);
	listening = -1;
}
END_TEST

Suite *
acceptor_suite(void)
{
	Suite *s = suite_create("acceptor");
	TCase *t = tcase_create("acceptor");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, each_comes_in);
	tcase_add_test(t, all_hear_that_there_is_no_descriptor);
	tcase_add_test(t, also_those_who_have_spoken);
	tcase_add_test(t, without_one_kept_back_they_wait);
	tcase_add_test(t, who_comes_while_many_are_closed_is_in_when_they_are);
	tcase_add_test(t, stopped_while_many_are_closed);
	tcase_add_test(t, stopped_it_is_gone);
	suite_add_tcase(s, t);
	return s;
}
