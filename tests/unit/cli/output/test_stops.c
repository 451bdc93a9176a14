/* Signals that stop a process: who is told of them, and when they stop it after all. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/macros.h"
#include "cli/output/stops.h"
#include "net/loop.h"

static const int numbers[STOPS_COUNT] = { SIGTSTP, SIGTTIN, SIGTTOU };
static struct ev_loop *loop;
static struct stops stops;
static unsigned told;

static void
on_stop(struct ev_loop *l, ev_async *w, int revents)
{
	(void)l, (void)revents;
	ck_assert_ptr_eq(w->data, &told);
	told++;
}

static void
setup(void)
{
	told = 0;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		(void)signal(numbers[i], SIG_DFL);
	loop = loop_new();
	ck_assert_ptr_nonnull(loop);
	stops_init(&stops, loop, on_stop, &told);
}

static void
teardown(void)
{
	stops_end(&stops);
	ev_loop_destroy(loop);
}

START_TEST(are_told)
{
	stops_begin(&stops);
	stops_begin(&stops);
	ck_assert_int_eq(raise(numbers[_i]), 0);
	ck_assert_uint_eq(told, 0); /* in a turn of the loop */
	(void)ev_run(loop, EVRUN_ONCE);
	ck_assert_uint_eq(told, 1);
}
END_TEST

START_TEST(stay_ignored)
{
	(void)signal(numbers[_i], SIG_IGN);
	stops_begin(&stops);
	ck_assert_int_eq(raise(numbers[_i]), 0);
	(void)ev_run(loop, EVRUN_NOWAIT);
	ck_assert_uint_eq(told, 0);
	stops_end(&stops);
	ck_assert_int_eq(raise(numbers[_i]), 0);
}
END_TEST

/* One that came and was not told yet is forgotten: the process stops now, or has stopped. */
START_TEST(stop_again)
{
	int status;
	const pid_t pid = fork();

	if (pid == 0) {
		(void)setpgid(0, 0);
		stops_begin(&stops);
		(void)raise(numbers[_i]);
		stops_end(&stops);
		stops_end(&stops);
		(void)raise(numbers[_i]);
		stops_begin(&stops);
		(void)ev_run(loop, EVRUN_NOWAIT);
		_exit((int)told);
	}
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
	ck_assert(WIFSTOPPED(status));
	ck_assert_int_eq(WSTOPSIG(status), numbers[_i]);
	ck_assert_int_eq(kill(pid, SIGCONT), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

/* In the background, on the terminal of its session. */
static void
touch_terminal(int terminal)
{
	struct termios modes;

	(void)setpgid(0, 0);
	stops_begin(&stops);
	(void)tcgetattr(terminal, &modes);
	if (tcsetattr(terminal, TCSANOW, &modes) < 0)
		_exit(99);
	(void)ev_run(loop, EVRUN_NOWAIT);
	_exit((int)told);
}

/* As a shell: it continues its job in the foreground. 0: all was as it should be. */
static int
lead(const char *path)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	int terminal, status;
	pid_t pid;

	if (setsid() < 0 || (terminal = open(path, O_RDWR | O_CLOEXEC)) < 0)
		return 1;
	if ((pid = fork()) == 0)
		touch_terminal(terminal);
	if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status) || WSTOPSIG(status) != SIGTTOU)
		return 2;
	(void)sigaction(SIGTTOU, &ignore, NULL);
	if (tcsetpgrp(terminal, pid) < 0 || kill(pid, SIGCONT) < 0 || waitpid(pid, &status, 0) != pid)
		return 3;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 4;
}

START_TEST(stop_at_once_when_the_system_asks)
{
	const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	int status;
	pid_t pid;

	ck_assert_int_ge(master, 0);
	ck_assert_int_eq(grantpt(master), 0);
	ck_assert_int_eq(unlockpt(master), 0);
	if ((pid = fork()) == 0)
		_exit(lead(ptsname(master)));
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	ck_assert_int_eq(close(master), 0);
}
END_TEST

Suite *
stops_suite(void)
{
	Suite *s = suite_create("stops");
	TCase *t = tcase_create("stops");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, are_told, 0, STOPS_COUNT);
	tcase_add_loop_test(t, stay_ignored, 0, STOPS_COUNT);
	tcase_add_loop_test(t, stop_again, 0, STOPS_COUNT);
	tcase_add_test(t, stop_at_once_when_the_system_asks);
	suite_add_tcase(s, t);
	return s;
}
