/* A command for each message, once for each, with a helper that is killed before it knows that. */
#include <check.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "capture.h"
#include "cli/line/command.h"
#include "client/peer.h"
#include "folder.h"

#define PATIENCE_MS 60000

static char dir[FOLDER_PATH];

static void
setup(void)
{
	folder_make(dir);
}

static void
teardown(void)
{
	peer_close();
	folder_remove(dir);
}

/* ------------------------------------------------------------------------- the helper, in a process of its own */

static void
hears(enum control_type type, uint64_t last)
{
	struct control_message m;

	while (!peer_heard(&m))
		peer_await();
	if (m.type != type || (type == CONTROL_DONE && m.u.done.last != last))
		_exit(1);
}

static void
gives(uint64_t id)
{
	const struct control_message m = { .type = CONTROL_RECORD,
		.u.record = { .id = id, .type = RECORD_MESSAGE, .peer.name = "bob", .body = (const uint8_t *)"" } };

	peer_says(&m);
}

static void
ends(uint64_t last, enum verdict v)
{
	const struct control_message m = { .type = CONTROL_READ_END,
		.u.read_end = { .count = 1, .last = last, .verdict = (uint8_t)v } };

	peer_says(&m);
}

static void
marks(uint64_t last)
{
	const struct control_message ok = { .type = CONTROL_OUTCOME };

	hears(CONTROL_DONE, last);
	peer_says(&ok);
}

/* It is killed when it has given 7, or also heard that this one was taken: either way that is not committed. */
static void
play(bool hears_of_it)
{
	peer_accept();
	hears(CONTROL_READ, 0);
	gives(7);
	if (hears_of_it) {
		ends(7, VERDICT_OK);
		hears(CONTROL_DONE, 7);
	}
	peer_hang_up();
	peer_accept();
	hears(CONTROL_READ, 0);
	gives(7);
	ends(7, VERDICT_OK);
	marks(7);
	hears(CONTROL_READ, 0);
	gives(8);
	ends(8, VERDICT_OK);
	marks(8);
	hears(CONTROL_READ, 0);
	ends(0, VERDICT_NO_SESSION);
	_exit(0);
}

/* ------------------------------------------------------------------------- what runs */

static void
each_runs_once(bool hears_of_it)
{
	char *words[] = { (char[]){ "sh" }, (char[]){ "-c" }, (char[]){ "echo \"$PCHAT_ID\"" }, NULL };
	struct invocation inv = { .opt.operands = words, .opt.operand_count = 3 };
	const char *got;
	int status, ended;
	pid_t pid;

	inv.opt.given[OPT_AT_ONCE] = true;
	inv.opt.number[OPT_AT_ONCE] = 1; /* in order */
	peer_listen(&inv.link, dir);
	if ((pid = fork()) == 0)
		play(hears_of_it);
	ck_assert_int_gt(pid, 0);
	peer_close(); /* without the helper nobody is there */
	ck_assert_int_eq(link_connect(&inv.link, deadline_in(PATIENCE_MS)), VERDICT_OK);
	capture_begin(STDOUT_FILENO);
	status = command_on_message.run(&inv);
	got = capture_end();
	link_close(&inv.link);
	rundir_close(&inv.link.dir);
	ck_assert_str_eq(got, "7\n8\n");
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(waitpid(pid, &ended, 0), pid);
	ck_assert_int_eq(ended, 0);
}

START_TEST(the_helper_dies_before_it_knows)
{
	each_runs_once(false);
}
END_TEST

START_TEST(the_helper_dies_before_it_has_committed)
{
	each_runs_once(true);
}
END_TEST

Suite *
cmd_on_message_suite(void)
{
	Suite *s = suite_create("cmd_on_message");
	TCase *tc = tcase_create("cmd_on_message");

	tcase_set_timeout(tc, 120);
	tcase_set_tags(tc, "processes");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_helper_dies_before_it_knows);
	tcase_add_test(tc, the_helper_dies_before_it_has_committed);
	suite_add_tcase(s, tc);
	return s;
}
