/* How long a command is waited for that is to end. */
#include <check.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "cli/process/hangup.h"

static struct child child;
static struct hangup e;

static void
setup(void)
{
	static char *const argv[] = { "sleep", "600", NULL };

	e = (struct hangup){ 0 };
	ck_assert_int_eq(child_start(&child, argv, -1, -1, false), 0);
}

static void
ends_by(int sig)
{
	struct pollfd p = { .fd = child.fd, .events = POLLIN };

	ck_assert_int_eq(poll(&p, 1, -1), 1);
	ck_assert(child_ended(&child));
	ck_assert(WIFSIGNALED(child.status));
	ck_assert_int_eq(WTERMSIG(child.status), sig);
}

START_TEST(it_is_told)
{
	ck_assert_int_eq(hangup_poll_time(&e), -1);
	hangup_go_on(&e, &child); /* it has not begun */
	hangup_finish(&e);
	ck_assert(!e.killed);
	hangup_begin(&e, &child);
	ck_assert_int_gt(hangup_poll_time(&e), 0);
	ends_by(SIGHUP);
	hangup_finish(&e);
}
END_TEST

/* It is killed once, and then waited for without a look at the clock: not every process ends at that. */
START_TEST(its_time_is_over)
{
	e.begun = true;
	e.kill_at = 0;
	ck_assert_int_eq(hangup_poll_time(&e), 0);
	hangup_go_on(&e, &child);
	ck_assert_int_eq(hangup_poll_time(&e), -1);
	ends_by(SIGKILL);
	hangup_go_on(&e, &child);
	hangup_finish(&e);
}
END_TEST

Suite *
hangup_suite(void)
{
	Suite *s = suite_create("hangup");
	TCase *tc = tcase_create("hangup");

	tcase_set_timeout(tc, 120);
	tcase_set_tags(tc, "processes");
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, it_is_told);
	tcase_add_test(tc, its_time_is_over);
	suite_add_tcase(s, tc);
	return s;
}
