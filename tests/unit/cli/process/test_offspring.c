/* A command and all that it started, stopped and ended together. */
#include <check.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/process/offspring.h"

static int alive[2]; /* a pipe that each process holds open */

static _Noreturn void
live(bool deaf)
{
	(void)signal(SIGTERM, deaf ? SIG_IGN : SIG_DFL);
	if (write(alive[1], "x", 1) != 1)
		_exit(1);
	for (;;)
		(void)pause();
}

/* A command, its child, and that one's child; once they all run. */
static pid_t
start(bool deaf)
{
	const pid_t pid = fork();
	char byte;

	if (pid == 0) {
		if (fork() == 0)
			(void)fork();
		live(deaf);
	}
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(close(alive[1]), 0);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(read(alive[0], &byte, 1), 1);
	return pid;
}

static void
setup(void)
{
	ck_assert_int_eq(pipe(alive), 0);
}

/* Nobody has the pipe any more. */
static void
all_are_gone(void)
{
	struct pollfd p = { .fd = alive[0], .events = POLLIN };
	char byte;

	ck_assert_int_eq(poll(&p, 1, -1), 1);
	ck_assert_int_eq(read(alive[0], &byte, 1), 0);
	ck_assert_int_eq(close(alive[0]), 0);
}

static void
end(pid_t pid)
{
	int status;

	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
}

START_TEST(they_end_with_it)
{
	const pid_t pid = start(false);
	struct offspring o;
	int status;

	offspring_stop(&o, pid);
	ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
	ck_assert(WIFSTOPPED(status));
	ck_assert_uint_eq(o.count, 2);
	ck_assert(o.pid[0] != pid && o.pid[1] != pid);
	offspring_signal(&o, SIGTERM);
	offspring_signal(&o, SIGCONT);
	offspring_await(&o, deadline_in(600000));
	ck_assert_uint_eq(o.count, 0);
	end(pid);
	all_are_gone();
}
END_TEST

/* Who does not want to is killed when the time is over. */
START_TEST(they_do_not_want_to)
{
	const pid_t pid = start(true);
	struct offspring o;

	offspring_stop(&o, pid);
	ck_assert_uint_eq(o.count, 2);
	offspring_signal(&o, SIGTERM);
	offspring_await(&o, deadline_in(10)); /* stopped ones do not even hear of it */
	end(pid);
	all_are_gone();
}
END_TEST

START_TEST(none)
{
	struct offspring o;
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			(void)pause();
	offspring_stop(&o, pid);
	ck_assert_uint_eq(o.count, 0);
	offspring_signal(&o, SIGTERM);
	offspring_await(&o, deadline_in(0));
	end(pid);
}
END_TEST

Suite *
offspring_suite(void)
{
	Suite *s = suite_create("offspring");
	TCase *tc = tcase_create("offspring");

	tcase_set_timeout(tc, 120);
	tcase_set_tags(tc, "processes");
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, they_end_with_it);
	tcase_add_test(tc, they_do_not_want_to);
	tcase_add_test(tc, none);
	suite_add_tcase(s, tc);
	return s;
}
