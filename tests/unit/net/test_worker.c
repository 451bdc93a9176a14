/* Work beside the loop: it answers, ends without an answer, or is killed; and holds nothing of ours. */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/loop.h"
#include "net/worker.h"

static struct ev_loop *loop;
static struct worker worker;
static int told, gone;

static void
on_told(struct worker *c)
{
	ck_assert_ptr_eq(c, &worker);
	ck_assert_int_eq(gone, 0);
	told++;
}

static void
on_gone(struct worker *c)
{
	ck_assert(!worker_runs(c));
	gone++;
	ev_break(loop, EVBREAK_ALL);
}

static void
setup(void)
{
	loop = loop_new();
	ck_assert_ptr_nonnull(loop);
	told = gone = 0;
	worker = (struct worker){ .told = on_told, .gone = on_gone };
}

static void
teardown(void)
{
	ev_loop_destroy(loop);
}

static void
run(unsigned limit_ms, void (*work)(const void *task, int out), const void *task)
{
	ck_assert_int_eq(worker_start(&worker, loop, limit_ms, work, task), 0);
	ck_assert(worker_runs(&worker));
	(void)ev_run(loop, 0);
	ck_assert_int_eq(told, 1);
	ck_assert_int_eq(gone, 1);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
}

static void
say(const void *task, int out)
{
	if (write(out, task, strlen(task)) < 0)
		_exit(1);
}

static void
say_and_hang(const void *task, int out)
{
	say(task, out);
	for (;;)
		(void)pause();
}

static void
die(const void *task, int out)
{
	(void)task, (void)out;
	(void)raise(SIGKILL);
}

/* Its descriptors; and what it does with a signal that we handle. */
static void
look_around(const void *task, int out)
{
	DIR *dir = opendir("/proc/self/fd");
	struct sigaction action;
	char text[64];
	int count = 0, n;

	(void)task;
	while (dir && readdir(dir))
		count++;
	(void)sigaction(SIGCHLD, NULL, &action);
	n = snprintf(text, sizeof(text), "%d %d", count, action.sa_handler == SIG_DFL);
	if (write(out, text, (size_t)n) < 0)
		_exit(1);
}

static void
say_much(const void *task, int out)
{
	static const char block[300];

	(void)task;
	(void)fcntl(out, F_SETFL, 0);
	for (int i = 0; i < 100; i++)
		(void)!write(out, block, sizeof(block));
}

START_TEST(test_an_answer)
{
	run(10000, say, "hello");
	ck_assert_uint_eq(worker.length, 5);
	ck_assert_mem_eq(worker.answer, "hello", 5);
}
END_TEST

START_TEST(test_no_answer)
{
	run(10000, die, NULL);
	ck_assert_uint_eq(worker.length, 0);
}
END_TEST

/* What it has said until then is there; on a slow machine the first limits may be over before it has. */
START_TEST(test_killed_at_its_limit)
{
	for (unsigned limit_ms = 50; worker.length == 0 && limit_ms < 60000; limit_ms *= 2) {
		told = gone = 0;
		run(limit_ms, say_and_hang, "half");
	}
	ck_assert_uint_eq(worker.length, 4);
}
END_TEST

START_TEST(test_an_answer_too_long)
{
	run(10000, say_much, NULL);
	ck_assert_uint_eq(worker.length, WORKER_ANSWER);
}
END_TEST

START_TEST(test_it_holds_nothing_of_ours)
{
	const int secret = open("/dev/null", O_RDONLY);

	ck_assert_int_ge(secret, 3);
	run(10000, look_around, NULL);
	(void)close(secret);
	worker.answer[worker.length] = '\0';
	ck_assert_str_eq((const char *)worker.answer, "7 1"); /* . .. 0 1 2, the pipe, and the folder that it reads */
}
END_TEST

START_TEST(test_again_and_again)
{
	for (int i = 0; i < 20; i++) {
		told = gone = 0;
		run(10000, say, "once more");
		ck_assert_uint_eq(worker.length, 9);
	}
}
END_TEST

START_TEST(test_an_end_that_no_signal_tells)
{
	sigset_t child;

	(void)sigemptyset(&child);
	(void)sigaddset(&child, SIGCHLD);
	ck_assert_int_eq(worker_start(&worker, loop, 60000, say_and_hang, "x"), 0);
	ck_assert_int_eq(sigprocmask(SIG_BLOCK, &child, NULL), 0);
	ck_assert_int_eq(kill(worker.pid, SIGKILL), 0);
	(void)ev_run(loop, 0);
	ck_assert_int_eq(told, 1);
	ck_assert_int_eq(gone, 1);
	ck_assert_int_eq(sigprocmask(SIG_UNBLOCK, &child, NULL), 0);
}
END_TEST

START_TEST(test_stopped)
{
	ck_assert_int_eq(worker_start(&worker, loop, 60000, say_and_hang, "x"), 0);
	worker_stop(&worker);
	ck_assert(!worker_runs(&worker));
	while (waitpid(-1, NULL, 0) < 0)
		ck_assert_int_eq(errno, EINTR);
	(void)ev_run(loop, EVRUN_NOWAIT);
	ck_assert_int_eq(told + gone, 0);
}
END_TEST

Suite *
worker_suite(void)
{
	Suite *s = suite_create("worker");
	TCase *tc = tcase_create("worker");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_an_answer);
	tcase_add_test(tc, test_no_answer);
	tcase_add_test(tc, test_killed_at_its_limit);
	tcase_add_test(tc, test_an_answer_too_long);
	tcase_add_test(tc, test_it_holds_nothing_of_ours);
	tcase_add_test(tc, test_again_and_again);
	tcase_add_test(tc, test_an_end_that_no_signal_tells);
	tcase_add_test(tc, test_stopped);
	suite_add_tcase(s, tc);
	return s;
}
