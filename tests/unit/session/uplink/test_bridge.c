/* The ssh to a daemon of another host, without an ssh: when it is started and ended, and what is told of it. */
#include <check.h>
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "folder.h"
#include "session/fake_process.h"
#include "session/uplink/bridge.h"
#include "trace.h"

#define START 100000U
#define LONG 3600000U /* longer than any pause, or patience */

static const struct session_file file = { .name = "ann", .base = "ann", .via = "bob@lab:/run/pchat/pchat.sock" };
static char folder[FOLDER_PATH];
static struct rundir dir;
static struct ev_loop *loop;
static struct bridge *b;
static uint64_t now;

static void
setup(void)
{
	folder_make(folder);
	dir.fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(dir.fd, 0);
	(void)snprintf(dir.path, sizeof(dir.path), "%s", folder);
	loop = ev_default_loop(0);
	trace_clear();
	fake_process_begin(now = START);
	b = bridge_new(&file, &dir, file.base, loop);
	ck_assert_ptr_nonnull(b);
}

static void
teardown(void)
{
	bridge_free(b);
	fake_process_end();
	(void)close(dir.fd);
	folder_remove(folder);
}

static void
later(uint64_t ms)
{
	fake_clock(now += ms);
}

static void
assert_says(const char *said, const char *wanted)
{
	ck_assert_ptr_nonnull(said);
	ck_assert_msg(strstr(said, wanted) != NULL, "'%s' does not tell of '%s'", said, wanted);
}

/* ssh has brought us there. */
static void
be_there(void)
{
	ck_assert_int_eq(bridge_connect(b), -EAGAIN);
	fake_connects(7);
	ck_assert_int_eq(bridge_connect(b), 7);
	bridge_reached(b);
	trace_clear();
}

START_TEST(test_bridge_starts_one_ssh_and_waits_for_its_socket)
{
	ck_assert_uint_eq(fake_forks(), 0);
	ck_assert_int_eq(bridge_connect(b), -EAGAIN);
	ck_assert_uint_eq(fake_forks(), 1);
	trace_is("");
	ck_assert_int_eq(bridge_connect(b), -EAGAIN);
	trace_is("connect ann.via");
	fake_connects(7);
	ck_assert_int_eq(bridge_connect(b), 7);
	trace_is("connect ann.via");
	ck_assert_uint_eq(fake_forks(), 1);
	ck_assert_ptr_null(bridge_trouble(b));
	bridge_reached(b);
	bridge_free(b);
	b = NULL;
	trace_is("signal 15");
}
END_TEST

/* The socket of an ssh that was killed is in nobody's way. */
START_TEST(test_bridge_removes_an_old_socket)
{
	int fd = openat(dir.fd, "ann.via", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	(void)close(fd);
	ck_assert_int_eq(bridge_connect(b), -EAGAIN);
	ck_assert_int_lt(faccessat(dir.fd, "ann.via", F_OK, 0), 0);
}
END_TEST

START_TEST(test_bridge_that_cannot_be_started)
{
	fake_fork_fails(EAGAIN);
	ck_assert_int_eq(bridge_connect(b), -EAGAIN);
	fake_fork_fails(ENOMEM);
	ck_assert_int_eq(bridge_connect(b), -ENOMEM);
	fake_fork_fails(0);
	ck_assert_int_eq(bridge_connect(b), -EAGAIN);
	ck_assert_uint_eq(fake_forks(), 1);
}
END_TEST

/* What ssh said before it ended is told, and needs a person or not; nothing is tried before a pause is over. */
START_TEST(test_bridge_says_why_ssh_ended)
{
	ck_assert_int_eq(bridge_connect(b), -EAGAIN);
	fake_child_says("ssh: connect to host lab port 22: Connection refused\r\n");
	fake_child_ends();
	ck_assert_int_eq(bridge_connect(b), -EAGAIN);
	assert_says(bridge_trouble(b), "Connection refused");
	ck_assert_ptr_null(bridge_hopeless(b));
	ck_assert_uint_eq(fake_forks(), 1);
	later(LONG);
	ck_assert_int_eq(bridge_connect(b), -EAGAIN);
	ck_assert_uint_eq(fake_forks(), 2);
	fake_child_says("Host key verification failed.\n");
	fake_child_ends();
	ck_assert_int_eq(bridge_connect(b), -EAGAIN);
	assert_says(bridge_trouble(b), "ssh bob@lab true");
	assert_says(bridge_hopeless(b), "ssh bob@lab true");
	later(LONG);
	be_there();
	ck_assert_ptr_null(bridge_trouble(b));
	ck_assert_ptr_null(bridge_hopeless(b));
}
END_TEST

/* However much it says: the end counts, and there is no NUL in it. */
START_TEST(test_bridge_hears_the_end)
{
	char block[1001];

	memset(block, 'x', sizeof(block) - 1);
	block[sizeof(block) - 1] = '\0';
	ck_assert_int_eq(bridge_connect(b), -EAGAIN);
	for (unsigned i = 0; i < 20; i++)
		fake_child_says(block);
	fake_child_says("\nssh: Could not resolve hostname lab: Name or service not known\n");
	fake_child_ends();
	ck_assert_int_eq(bridge_connect(b), -EAGAIN);
	assert_says(bridge_trouble(b), "no host 'lab' is known");
}
END_TEST

/* Nor does that keep the helper from all else, however much there is at once. */
START_TEST(test_bridge_hears_by_turns)
{
	static char much[1 << 20];
	int left;

	memset(much, 'x', sizeof(much) - 1);
	ck_assert_int_eq(bridge_connect(b), -EAGAIN);
	ck_assert_int_ge(fcntl(fake_child_pipe(), F_SETPIPE_SZ, (int)sizeof(much)), (int)sizeof(much));
	fake_child_says(much);
	(void)ev_run(loop, EVRUN_NOWAIT);
	ck_assert_int_eq(ioctl(fake_child_pipe(), FIONREAD, &left), 0);
	ck_assert_int_gt(left, 0);
	for (int before = left + 1; left > 0 && left < before; (void)ioctl(fake_child_pipe(), FIONREAD, &left)) {
		before = left;
		(void)ev_run(loop, EVRUN_NOWAIT);
	}
	ck_assert_int_eq(left, 0);
	fake_child_says("\nssh: Could not resolve hostname lab: Name or service not known\n");
	fake_child_ends();
	ck_assert_int_eq(bridge_connect(b), -EAGAIN);
	assert_says(bridge_trouble(b), "no host 'lab' is known");
}
END_TEST

/* One that does not get there is ended, by force if need be, and another one is tried. */
START_TEST(test_bridge_hangs_up)
{
	ck_assert_int_eq(bridge_connect(b), -EAGAIN);
	fake_child_ends_by(0);
	later(LONG);
	ck_assert_int_eq(bridge_connect(b), -EAGAIN);
	trace_is("signal 15; signal 9");
	assert_says(bridge_trouble(b), "lab");
	later(LONG);
	ck_assert_int_eq(bridge_connect(b), -EAGAIN);
	ck_assert_uint_eq(fake_forks(), 2);
}
END_TEST

/* A connection that breaks: it is tried again at once, through the same ssh as long as it runs. */
START_TEST(test_bridge_comes_back_at_once)
{
	be_there();
	bridge_closed(b, true);
	ck_assert_int_eq(bridge_connect(b), 7);
	trace_is("connect ann.via");
	ck_assert_uint_eq(fake_forks(), 1);
	bridge_reached(b);
	fake_child_ends();
	bridge_closed(b, true);
	ck_assert_int_eq(bridge_connect(b), -EAGAIN);
	ck_assert_uint_eq(fake_forks(), 2);
}
END_TEST

/* ssh is let in, and the daemon is not there. */
START_TEST(test_bridge_tells_of_a_closed_door)
{
	ck_assert_int_eq(bridge_connect(b), -EAGAIN);
	fake_connects(7);
	ck_assert_int_eq(bridge_connect(b), 7);
	bridge_closed(b, false);
	assert_says(bridge_trouble(b), "closed there at once");
	later(LONG);
	ck_assert_int_eq(bridge_connect(b), 7);
	fake_child_says("channel 1: open failed: administratively prohibited: open failed\n");
	bridge_closed(b, false);
	assert_says(bridge_trouble(b), "AllowStreamLocalForwarding");
	ck_assert_ptr_null(bridge_hopeless(b));
	ck_assert_uint_eq(fake_forks(), 1);
}
END_TEST

/* A daemon that has spoken, and does not let us in, is no trouble of ssh's. */
START_TEST(test_bridge_leaves_alone_what_the_daemon_says)
{
	ck_assert_int_eq(bridge_connect(b), -EAGAIN);
	fake_connects(7);
	ck_assert_int_eq(bridge_connect(b), 7);
	bridge_closed(b, true);
	ck_assert_ptr_null(bridge_trouble(b));
	ck_assert_int_eq(bridge_connect(b), 7);
}
END_TEST

Suite *
bridge_suite(void)
{
	Suite *s = suite_create("bridge");
	TCase *tc = tcase_create("bridge");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_bridge_starts_one_ssh_and_waits_for_its_socket);
	tcase_add_test(tc, test_bridge_removes_an_old_socket);
	tcase_add_test(tc, test_bridge_that_cannot_be_started);
	tcase_add_test(tc, test_bridge_says_why_ssh_ended);
	tcase_add_test(tc, test_bridge_hears_the_end);
	tcase_add_test(tc, test_bridge_hears_by_turns);
	tcase_add_test(tc, test_bridge_hangs_up);
	tcase_add_test(tc, test_bridge_comes_back_at_once);
	tcase_add_test(tc, test_bridge_tells_of_a_closed_door);
	tcase_add_test(tc, test_bridge_leaves_alone_what_the_daemon_says);
	suite_add_tcase(s, tc);
	return s;
}
