/* What a command says on standard error. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "cli/output/report.h"
#include "proto/status.h"

/* Each control character becomes '?'. */
static size_t
safe(const char *text, size_t columns, char *out, size_t size)
{
	const size_t len = strlen(text);

	ck_assert_uint_eq(columns, 0); /* it is no terminal */
	ck_assert_uint_ge(size, REPORT_SAFE_MAX(len) < size ? REPORT_SAFE_MAX(len) : size);
	for (size_t i = 0; i < len; i++)
		out[i] = text[i] < ' ' ? '?' : text[i];
	return len;
}

static char *
as_json(enum verdict v, const char *message, const struct report_details *d)
{
	char *line;

	ck_assert_int_gt(asprintf(&line, "%u|%s|%s|%d", v, message, d->msgid ? d->msgid : "", d->command_status), 0);
	return line;
}

static void
setup(void)
{
	report_setup(safe, false);
	report_as_json(NULL);
	capture_begin(STDERR_FILENO);
}

START_TEST(in_words)
{
	ck_assert_int_eq(report(VERDICT_USAGE, "'%s' is wrong", "a\033[2Jb"), status_exit(VERDICT_USAGE));
	ck_assert_int_eq(
	    report_message(VERDICT_UNCONFIRMED, "00ff", "again: %s", "00ff"), status_exit(VERDICT_UNCONFIRMED));
	ck_assert_int_eq(report_command(VERDICT_NOT_TAKEN, 3, "it failed"), status_exit(VERDICT_NOT_TAKEN));
	remark("note: %u", 5U);
	ck_assert_str_eq(capture_end(), "pchat: 'a?[2Jb' is wrong\npchat: again: 00ff\npchat: it failed\nnote: 5\n");
}
END_TEST

/* What is reported did not succeed, whatever its verdict says. */
START_TEST(never_a_success)
{
	ck_assert_int_eq(report(VERDICT_QUEUED, "waits"), status_exit(VERDICT_FAILED));
	report_as_json(as_json);
	ck_assert_int_eq(report(VERDICT_OK, "done"), status_exit(VERDICT_FAILED));
	ck_assert_str_eq(capture_end(), "pchat: waits\n31|done||-1\n");
}
END_TEST

START_TEST(in_the_words_of_a_verdict)
{
	const char *said, *nobody = status_words(VERDICT_NO_SUCH_USER);

	ck_assert_int_eq(report_verdict(VERDICT_NO_SUCH_USER, "bob"), status_exit(VERDICT_NO_SUCH_USER));
	ck_assert_int_eq(report_verdict(VERDICT_NO_SUCH_USER, ""), status_exit(VERDICT_NO_SUCH_USER));
	said = capture_end();
	ck_assert_ptr_eq(strstr(said, "pchat: bob: "), said);
	ck_assert_ptr_nonnull(strstr(said, nobody));
	ck_assert_ptr_eq(
	    strstr(strchr(said, '\n') + 1, "pchat: ") + strlen("pchat: "), strstr(strchr(said, '\n'), nobody));
}
END_TEST

/* As env(1). */
START_TEST(a_command_that_did_not_start)
{
	const char *said;

	ck_assert_int_eq(report_not_started("nothing", -ENOENT), 127);
	ck_assert_int_eq(report_not_started("/etc", -EACCES), 126);
	said = capture_end();
	ck_assert_ptr_nonnull(strstr(said, "'nothing'"));
	ck_assert_ptr_nonnull(strstr(said, "'/etc'"));
}
END_TEST

START_TEST(quiet)
{
	report_setup(safe, true);
	remark("dropped");
	(void)report(VERDICT_FAILED, "an error is none");
	ck_assert_str_eq(capture_end(), "pchat: an error is none\n");
}
END_TEST

START_TEST(in_json)
{
	report_as_json(as_json);
	(void)report(VERDICT_USAGE, "words");
	(void)report_message(VERDICT_UNCONFIRMED, "00ff", "again");
	(void)report_command(VERDICT_NOT_TAKEN, 3, "failed");
	report_as_json(NULL);
	ck_assert_str_eq(capture_end(), "29|words||-1\n17|again|00ff|-1\n46|failed||3\n");
}
END_TEST

/* It is cut, and stays one line. */
START_TEST(very_long)
{
	static char words[8192];
	const char *said;

	memset(words, 'x', sizeof(words) - 1);
	(void)report(VERDICT_FAILED, "%s", words);
	said = capture_end();
	ck_assert_uint_gt(strlen(said), 500);
	ck_assert_uint_lt(strlen(said), 2000);
	ck_assert_ptr_eq(strchr(said, '\n'), said + strlen(said) - 1);
}
END_TEST

Suite *
cli_report_suite(void)
{
	Suite *s = suite_create("cli_report");
	TCase *tc = tcase_create("cli_report");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, in_words);
	tcase_add_test(tc, never_a_success);
	tcase_add_test(tc, in_the_words_of_a_verdict);
	tcase_add_test(tc, a_command_that_did_not_start);
	tcase_add_test(tc, quiet);
	tcase_add_test(tc, in_json);
	tcase_add_test(tc, very_long);
	suite_add_tcase(s, tc);
	return s;
}
