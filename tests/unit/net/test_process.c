/*
 * Started programs: in a world of their own, heard when they are ready, and
 * told from those that never ran.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/process.h"

static char report[1024];

static int
start(const char *script, int timeout_ms)
{
	char *argv[] = { (char *)"/bin/sh", (char *)"-c", (char *)script, NULL };

	return process_start(argv, timeout_ms, report, sizeof(report));
}

START_TEST(a_report_arrives_whole)
{
	ck_assert_int_eq(start("echo note: one >&3; echo ok >&3", 5000), 13);
	ck_assert_str_eq(report, "note: one\nok\n");
}
END_TEST

START_TEST(one_that_ends_silently_reports_nothing)
{
	ck_assert_int_eq(start("exit 3", 5000), 0);
}
END_TEST

START_TEST(one_that_takes_too_long_is_not_waited_for)
{
	char fifo[64], script[128];

	(void)snprintf(fifo, sizeof(fifo), "/tmp/test-process-%d", (int)getpid());
	(void)snprintf(script, sizeof(script), "read -r line <%s", fifo);
	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	ck_assert_int_eq(start(script, 50), -ETIMEDOUT);
	(void)close(open(fifo, O_WRONLY)); /* lets it end */
	(void)unlink(fifo);
}
END_TEST

START_TEST(one_that_cannot_be_run_says_why)
{
	char *argv[] = { (char *)"/no/such/program", NULL };

	ck_assert_int_eq(process_start(argv, 5000, report, sizeof(report)), -ENOENT);
	argv[0] = (char *)"/tmp";
	ck_assert_int_eq(process_start(argv, 5000, report, sizeof(report)), -EACCES);
}
END_TEST

/* Descriptors 0 to 3 and nothing else, whatever the caller holds; directory, session, signals of its own. */
START_TEST(it_holds_nothing_of_ours)
{
	const int leak = open("/dev/null", O_RDONLY); /* inherited by a careless start */
	char expected[64];

	ck_assert_int_ge(leak, 0);
	ck_assert_int_ge(dup2(leak, 9), 0);
	ck_assert_int_gt(
	    start("cd /proc/$$/fd; echo * >&3; cd - >/dev/null; pwd >&3; readlink /proc/$$/fd/2 >&3", 5000), 0);
	ck_assert_msg(strstr(report, " 9") == NULL, "%s", report);
	ck_assert_msg(strncmp(report, "0 1 2 3", 7) == 0, "%s", report);
	ck_assert_msg(strstr(report, "/dev/null\n") != NULL, "%s", report);
	ck_assert_int_gt(start("set -- $(cat /proc/$$/stat); echo $4 $6 $1 >&3", 5000), 0);
	(void)snprintf(expected, sizeof(expected), "%d ", (int)getpid());
	ck_assert_msg(strncmp(report, expected, strlen(expected)) != 0, "it is our child");
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	(void)close(leak);
	(void)close(9);
}
END_TEST

/* From here on close_range(2) is there as before Linux 5.9: not at all. False: we cannot have it so. */
static bool
take_close_range_away(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { sizeof(code) / sizeof(*code), code };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

START_TEST(older_kernels_close_one_at_a_time)
{
	const struct rlimit few = { 64, 64 };
	const pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		if (dup2(STDIN_FILENO, 40) < 0 || dup2(STDIN_FILENO, 63) < 0 || setrlimit(RLIMIT_NOFILE, &few) < 0)
			_exit(1);
		if (!take_close_range_away())
			_exit(77);
		process_close_from(41);
		_exit(fcntl(40, F_GETFD) >= 0 && fcntl(63, F_GETFD) < 0 ? 0 : 2);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 77);
}
END_TEST

/* In a process of its own, whose descriptor 3 is not the test runner's. */
START_TEST(a_report_goes_nowhere_unless_someone_waits)
{
	const pid_t pid = fork();
	int fds[2], in, status;
	char byte;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		(void)unsetenv("PCHAT_REPORT");
		if (pipe2(fds, O_NONBLOCK) < 0 || (in = fcntl(fds[0], F_DUPFD, 10)) < 0 || dup2(fds[1], 3) < 0)
			_exit(1);
		process_report("ok\n");
		_exit(read(in, &byte, 1) == -1 && errno == EAGAIN && fcntl(3, F_GETFD) >= 0 ? 0 : 2);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

/* A child that detaches: its caller ends with the outcome of the daemon. */
static int
detached(const char *text)
{
	const pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		(void)close(STDERR_FILENO);
		(void)open("/dev/null", O_WRONLY);
		/* Somebody waits for the caller, on a descriptor 3 that is not the test runner's; nobody for our children. */
		if (dup2(STDERR_FILENO, 3) < 0 || setenv("PCHAT_REPORT", "1", 1) < 0 || process_detach() < 0)
			_exit(99);
		if (getenv("PCHAT_REPORT"))
			_exit(98);
		if (text)
			process_report(text);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

START_TEST(detaching_ends_the_caller_with_the_outcome)
{
	ck_assert_int_eq(detached("ok\n"), 0);
	ck_assert_int_eq(detached("cannot listen\n"), 1);
	ck_assert_int_eq(detached(NULL), 1);
}
END_TEST

START_TEST(room_is_what_the_limit_leaves)
{
	const int first = dup(STDIN_FILENO);
	struct rlimit before, less;

	ck_assert_int_ge(first, 0);
	ck_assert_int_eq(process_room(4), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	less = before;
	less.rlim_cur = (rlim_t)first + 1; /* all below it are taken */
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &less), 0);
	ck_assert_int_eq(process_room(1), -EMFILE);
	ck_assert_int_eq(process_room(0), 0);
	(void)close(first);
	ck_assert_int_eq(process_room(1), 0);
	ck_assert_int_eq(process_room(2), -EMFILE);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
}
END_TEST

START_TEST(programs_are_found_where_they_are)
{
	char path[64], small[8];

	ck_assert_int_eq(setenv("PCHAT_EXEC_PATH", "/x/y", 1), 0);
	ck_assert_int_eq(process_path("pchatd", path, sizeof(path)), 0);
	ck_assert_str_eq(path, "/x/y/pchatd");
	ck_assert_int_eq(process_path("pchatd", small, sizeof(small)), -ENAMETOOLONG);
	ck_assert_int_eq(chdir("/tmp"), 0);
	ck_assert_int_eq(setenv("PCHAT_EXEC_PATH", "../x", 1), 0);
	ck_assert_int_eq(process_path("pchatd", path, sizeof(path)), 0);
	ck_assert_str_eq(path, "/tmp/../x/pchatd");
	ck_assert_int_eq(process_path("pchatd", small, sizeof(small)), -ENAMETOOLONG);
	/* What is started finds others there, too, although it leaves the working directory. */
	ck_assert_int_gt(start("pwd >&3; echo $PCHAT_EXEC_PATH >&3", 5000), 0);
	ck_assert_str_eq(report, "/\n/tmp/../x\n");
	ck_assert_int_eq(unsetenv("PCHAT_EXEC_PATH"), 0);
	ck_assert_int_eq(process_path("pchatd", report, sizeof(report)), 0);
	ck_assert_str_eq(report, SBINDIR "/pchatd");
	ck_assert_int_eq(process_path("pchat-session", report, sizeof(report)), 0);
	ck_assert_str_eq(report, PKGLIBEXECDIR "/pchat-session");
}
END_TEST

Suite *
process_suite(void)
{
	Suite *s = suite_create("process");
	TCase *tc = tcase_create("process");

	tcase_add_test(tc, a_report_arrives_whole);
	tcase_add_test(tc, one_that_ends_silently_reports_nothing);
	tcase_add_test(tc, one_that_takes_too_long_is_not_waited_for);
	tcase_add_test(tc, one_that_cannot_be_run_says_why);
	tcase_add_test(tc, it_holds_nothing_of_ours);
	tcase_add_test(tc, older_kernels_close_one_at_a_time);
	tcase_add_test(tc, a_report_goes_nowhere_unless_someone_waits);
	tcase_add_test(tc, detaching_ends_the_caller_with_the_outcome);
	tcase_add_test(tc, room_is_what_the_limit_leaves);
	tcase_add_test(tc, programs_are_found_where_they_are);
	suite_add_tcase(s, tc);
	return s;
}
