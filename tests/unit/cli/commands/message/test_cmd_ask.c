/* A question and its answer, with a helper that the test plays in a process of its own. */
#include <check.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture.h"
#include "cli/line/command.h"
#include "cli/output/output.h"
#include "cli/output/report.h"
#include "client/peer.h"

#define PAIR 7

static void
print(const struct invocation *inv, const struct record *r)
{
	(void)inv;
	output_write(r->body, r->length);
	output_string("\n");
}

static size_t
unchanged(const char *text, size_t columns, char *out, size_t size)
{
	(void)columns;
	return (size_t)snprintf(out, size, "%s", text);
}

/* Says `then` behind the answer, and hangs up. */
static void
play(const struct control_message *then)
{
	static const struct control_message state = { .type = CONTROL_STATE,
		.u.state = { .self.name = "alice", .pair = PAIR } };
	static const struct control_message ready = { .type = CONTROL_READY, .u.route = { .pair = PAIR, .gen = 1 } };
	static const struct control_message record = { .type = CONTROL_RECORD,
		.u.record = { .id = 1,
		    .type = RECORD_MESSAGE,
		    .peer.name = "bob",
		    .length = 3,
		    .body = (const uint8_t *)"yes" } };
	struct control_message m;
	uint8_t acknowledged[FRAME_HEADER + ACK_BODY];
	struct frame f;

	for (;;) {
		peer_await();
		while (peer_frame(&f)) {
			struct msg said;

			if (f.type == FRAME_MSG && msg_decode(&f, &said) == 0) {
				const struct ack a = { .pair = said.pair,
					.epoch = said.epoch,
					.first = said.id,
					.count = 1,
					.verdict = VERDICT_OK };

				ack_encode(acknowledged, &a);
				peer_writes(acknowledged, sizeof(acknowledged));
				peer_writes(acknowledged, sizeof(acknowledged)); /* as if it had been written twice */
			} else if (control_decode(&f, &m) == 0 && m.type == CONTROL_STATUS) {
				peer_says(&state);
				peer_says(&ready);
			} else if (m.type == CONTROL_READ) {
				peer_says(&record);
				if (then)
					peer_says(then);
				peer_close();
				_exit(0);
			}
		}
	}
}

static void
expect_answer(const struct control_message *then)
{
	static const struct edition printing = { .print = print };
	char *words[] = { (char[]){ "well?" } };
	struct invocation inv = { .edition = &printing, .opt.operands = words, .opt.operand_count = 1 };
	const char *got;
	int status, ended;
	pid_t pid;

	report_setup(unchanged, false);
	peer_open(&inv.link);
	if ((pid = fork()) == 0)
		play(then);
	ck_assert_int_gt(pid, 0);
	peer_close();
	capture_begin(STDOUT_FILENO);
	output_redirect(STDOUT_FILENO);
	status = command_ask.run(&inv);
	(void)output_flush();
	got = capture_end();
	link_close(&inv.link);
	ck_assert_int_eq(waitpid(pid, &ended, 0), pid);
	ck_assert_int_eq(ended, 0);
	ck_assert_int_eq(status, 0);
	ck_assert_str_eq(got, "yes\n");
}

/* The answer is written; what comes after it takes nothing back. */
START_TEST(the_helper_dies_behind_the_answer)
{
	expect_answer(NULL);
}
END_TEST

START_TEST(the_partner_leaves_behind_the_answer)
{
	const struct control_message ended = { .type = CONTROL_ENDED, .u.ended.verdict = VERDICT_LEFT };

	expect_answer(&ended);
}
END_TEST

Suite *
cmd_ask_suite(void)
{
	Suite *s = suite_create("cmd_ask");
	TCase *tc = tcase_create("processes");

	tcase_set_tags(tc, "processes");
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, the_helper_dies_behind_the_answer);
	tcase_add_test(tc, the_partner_leaves_behind_the_answer);
	suite_add_tcase(s, tc);
	return s;
}
