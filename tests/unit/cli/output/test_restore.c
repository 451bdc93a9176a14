/* A terminal whose writer is ended, or stopped, by a signal. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/macros.h"
#include "cli/output/output.h"
#include "cli/output/restore.h"
#include "cli/output/rows.h"

static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGUSR1, SIGUSR2, SIGXCPU };
static const int stops[] = { SIGTSTP, SIGTTIN, SIGTTOU };
static int terminal;
static char shown[1 << 20];
static size_t length;

/* A process that does this, in a group of its own, which can be stopped. Its standard output is the terminal. */
static pid_t
start(void (*work)(void))
{
	pid_t pid;
	int end;

	length = 0;
	terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	ck_assert_int_ge(terminal, 0);
	ck_assert_int_eq(grantpt(terminal), 0);
	ck_assert_int_eq(unlockpt(terminal), 0);
	end = open(ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
	ck_assert_int_ge(end, 0);
	ck_assert_int_eq(setenv("TERM", "xterm", 1), 0);
	if ((pid = fork()) == 0) {
		(void)setpgid(0, 0);
		for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
			(void)signal(numbers[i], SIG_DFL); /* check(3) has some */
		for (size_t i = 0; i < ARRAY_SIZE(stops); i++)
			(void)signal(stops[i], SIG_DFL);
		(void)dup2(end, STDOUT_FILENO);
		(void)close(end);
		work();
		_exit(0);
	}
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(close(end), 0);
	return pid;
}

/* What the terminal shows until that stands there; NULL: until nobody writes to it any more. */
static void
show_until(const char *text)
{
	ssize_t n;

	while ((!text || !strstr(shown, text)) && (n = read(terminal, shown + length, sizeof(shown) - 1 - length)) > 0)
		shown[length += (size_t)n] = '\0';
}

static const char *
last(const char *text)
{
	const char *found = NULL;

	for (const char *p = shown; (p = strstr(p, text)); p++)
		found = p;
	return found;
}

static void
more_than_it_takes(void)
{
	(void)rows_setup();
	rows_begin();
	for (int i = 0; i < 100000; i++)
		output_string("word ");
	rows_end();
	(void)output_flush();
}

/* Ends it while it writes, and returns its status. */
static int
end_by(pid_t pid, int number)
{
	int status;

	show_until("word");
	ck_assert_int_eq(kill(pid, number), 0);
	show_until(NULL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(close(terminal), 0);
	return status;
}

START_TEST(wraps_again_when_it_ends)
{
	const int status = end_by(start(more_than_it_takes), numbers[_i]);

	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), numbers[_i]);
	ck_assert_ptr_nonnull(last("\033[?7l"));
	ck_assert_ptr_nonnull(last("\033[?7h"));
	ck_assert(last("\033[?7l") < last("\033[?7h"));
	ck_assert_ptr_nonnull(last("\033[0m"));
}
END_TEST

static void
deaf(void)
{
	(void)signal(SIGTERM, SIG_IGN);
	more_than_it_takes();
}

START_TEST(is_not_touched_by_what_is_ignored)
{
	const int status = end_by(start(deaf), SIGTERM);

	ck_assert(WIFEXITED(status));
	ck_assert_ptr_null(last("\033[0m"));
}
END_TEST

/* Stopped in the middle of its rows it goes on without autowrap. */
START_TEST(wraps_while_it_is_stopped)
{
	const pid_t pid = start(more_than_it_takes);
	int status;
	size_t before;

	show_until("word");
	ck_assert_int_eq(kill(pid, stops[_i]), 0);
	show_until("\033[0m\033[?7h");
	ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
	ck_assert(WIFSTOPPED(status));
	ck_assert_int_eq(WSTOPSIG(status), stops[_i]);
	before = length;
	ck_assert_int_eq(kill(pid, SIGCONT), 0);
	show_until(NULL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_ptr_nonnull(strstr(shown + before - 4, "\033[?7l"));
	ck_assert(last("\033[?7l") < last("\033[?7h"));
	ck_assert_int_eq(close(terminal), 0);
}
END_TEST

static void
nothing_more(void)
{
	(void)rows_setup();
	rows_begin();
	output_string("word\n");
	rows_end();
	(void)output_flush();
	(void)raise(SIGTSTP);
}

START_TEST(wraps_when_all_was_written)
{
	const pid_t pid = start(nothing_more);
	int status;

	ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
	ck_assert_int_eq(kill(pid, SIGCONT), 0);
	show_until(NULL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(last("\033[?7l") < last("\033[?7h"));
	ck_assert_int_eq(close(terminal), 0);
}
END_TEST

/* A terminal that takes nothing holds up no end for long. */
static void
hold(void)
{
	restore_at_signals(STDOUT_FILENO, NULL);
	(void)fcntl(STDOUT_FILENO, F_SETFL, O_WRONLY | O_NONBLOCK);
	while (write(STDOUT_FILENO, "word", 4) > 0)
		continue;
	(void)raise(SIGTERM);
}

START_TEST(is_given_up_when_it_takes_nothing)
{
	const pid_t pid = start(hold);
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(close(terminal), 0);
}
END_TEST

Suite *
restore_suite(void)
{
	Suite *s = suite_create("restore");
	TCase *t = tcase_create("terminal");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, wraps_again_when_it_ends, 0, (int)ARRAY_SIZE(numbers));
	tcase_add_test(t, is_not_touched_by_what_is_ignored);
	tcase_add_loop_test(t, wraps_while_it_is_stopped, 0, (int)ARRAY_SIZE(stops));
	tcase_add_test(t, wraps_when_all_was_written);
	tcase_add_test(t, is_given_up_when_it_takes_nothing);
	suite_add_tcase(s, t);
	return s;
}
