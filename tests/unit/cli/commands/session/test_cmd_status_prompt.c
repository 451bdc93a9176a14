/* What a prompt shows, or not; its helper has answered before it was asked. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture.h"
#include "cli/commands/session/cmd_status_prompt.h"
#include "cli/line/command.h"
#include "cli/output/output.h"
#include "folder.h"
#include "session/fake_process.h"
#include "trace.h"

#define NAME "peer-of-a-test"

static char dir[FOLDER_PATH];
static struct invocation inv;
static int helper; /* its end */

static void
setup(void)
{
	struct session_file file = { .name = NAME };
	struct rundir r;
	int fds[2];

	folder_make(dir);
	ck_assert_int_eq(setenv("XDG_RUNTIME_DIR", dir, 1), 0);
	ck_assert_int_eq(unsetenv("PCHAT_SOCKET"), 0);
	ck_assert_int_eq(unsetenv("PCHAT_SESSION"), 0);
	ck_assert_int_eq(rundir_make(&r, NULL), 0);
	ck_assert_int_eq(session_file_write(&r, &file), 0);
	rundir_close(&r);
	memset(&inv, 0, sizeof(inv));
	link_init(&inv.link);
	inv.opt.given[OPT_SESSION] = true;
	inv.opt.text[OPT_SESSION] = NAME;
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	helper = fds[1];
	fake_process_begin(1000000); /* and a clock in which no time passes */
	fake_connects(fds[0]);
}

static void
teardown(void)
{
	fake_process_end();
	(void)close(helper);
	link_close(&inv.link);
	folder_remove(dir);
}

static void
says(const struct control_message *m)
{
	uint8_t frame[1024];
	const size_t n = control_encode(m, frame, sizeof(frame));

	ck_assert_uint_gt(n, 0);
	ck_assert_int_eq(write(helper, frame, n), (ssize_t)n);
}

static void
shows(const char *text)
{
	const char *got;
	int status;

	capture_begin(STDOUT_FILENO);
	output_redirect(STDOUT_FILENO);
	status = status_prompt_run(&inv);
	got = capture_end();
	ck_assert_int_eq(status, 0); /* whatever happens */
	ck_assert_str_eq(got, text);
}

START_TEST(who_is_there)
{
	const struct control_message state = { .type = CONTROL_STATE,
		.u.state = { .self.name = NAME, .partner.name = "bob", .pair = 7 } };

	says(&state);
	shows("bob\n");
}
END_TEST

START_TEST(nobody_is_there)
{
	const struct control_message state = { .type = CONTROL_STATE, .u.state = { .self.name = NAME } };

	says(&state);
	shows(NAME "\n");
}
END_TEST

START_TEST(something_is_unread)
{
	const struct control_message state = { .type = CONTROL_STATE,
		.u.state = { .self.name = NAME, .partner.name = "bob", .pair = 7, .unread = 3, .notes = 2 } };

	says(&state);
	shows("bob:5\n");
}
END_TEST

START_TEST(it_says_something_else)
{
	const struct control_message outcome = { .type = CONTROL_OUTCOME, .u.outcome.verdict = VERDICT_FAILED };

	says(&outcome);
	shows("");
}
END_TEST

START_TEST(no_helper)
{
	fake_connects(-13);
	shows("");
	ck_assert_uint_eq(fake_forks(), 0);
}
END_TEST

/* Another process looks where it might hang, does so, and is ended. */
START_TEST(no_session)
{
	inv.opt.text[OPT_SESSION] = "no-" NAME;
	fake_connects(-ENOENT);
	trace_clear();
	shows("");
	ck_assert_uint_eq(fake_forks(), 1);
	trace_is("connect no-" NAME ".sock; signal 9");
	fake_fork_fails(EAGAIN);
	shows("");
}
END_TEST

Suite *
cmd_status_prompt_suite(void)
{
	Suite *s = suite_create("cmd_status_prompt");
	TCase *tc = tcase_create("cmd_status_prompt");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, who_is_there);
	tcase_add_test(tc, nobody_is_there);
	tcase_add_test(tc, something_is_unread);
	tcase_add_test(tc, it_says_something_else);
	tcase_add_test(tc, no_helper);
	tcase_add_test(tc, no_session);
	suite_add_tcase(s, tc);
	return s;
}
