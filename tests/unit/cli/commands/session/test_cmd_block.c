/* The list of rules, as people and scripts see it; what was cut within a character does not end it. */
#include <check.h>
#include <unistd.h>

#include "capture.h"
#include "cli/line/command.h"
#include "cli/output/output.h"
#include "client/peer.h"

static const struct control_message rules = { .type = CONTROL_RULES,
	.u.policy = { .count = 3,
	    .rule = { { .type = POLICY_BLOCK_NAME, .name = "mallory" },
		{ .type = POLICY_ALLOW_GROUP, .id = 7, .name = "ggg\303" },
		{ .type = POLICY_BLOCK_UID, .id = 8, .name = "mallory" } } } };

static const char *
listed(bool json)
{
	struct invocation inv = { .opt.given[OPT_JSON] = json };
	const char *got;
	int status, flushed;

	peer_open(&inv.link);
	peer_says(&rules);
	capture_begin(STDOUT_FILENO);
	output_redirect(STDOUT_FILENO);
	status = command_block.run(&inv);
	flushed = output_flush();
	got = capture_end();
	link_close(&inv.link);
	peer_close();
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(flushed, 0);
	return got;
}

START_TEST(for_people)
{
	ck_assert_str_eq(listed(false), "block mallory\nallow @ggg\\xC3, gid 7\nblock mallory's account, uid 8\n");
}
END_TEST

START_TEST(for_scripts)
{
	ck_assert_str_eq(listed(true),
	    "{\"rule\":\"block\",\"name\":\"mallory\"}\n"
	    "{\"rule\":\"allow\",\"group\":\"ggg\\\\xC3\",\"gid\":7}\n"
	    "{\"rule\":\"block\",\"name\":\"mallory\",\"uid\":8}\n");
}
END_TEST

Suite *
cmd_block_suite(void)
{
	Suite *s = suite_create("cmd_block");
	TCase *tc = tcase_create("cmd_block");

	tcase_add_test(tc, for_people);
	tcase_add_test(tc, for_scripts);
	suite_add_tcase(s, tc);
	return s;
}
