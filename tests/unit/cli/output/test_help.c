/* Help, what is said of a mistake, and what `pchat` alone shows. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "cli/output/help.h"
#include "cli/output/output.h"
#include "cli/output/overview.h"
#include "cli/output/report.h"
#include "folder.h"
#include "proto/status.h"
#include "words.h"

static struct invocation inv;

static int
parse(const char *const words[])
{
	memset(&inv, 0, sizeof(inv));
	link_init(&inv.link);
	inv.edition = &edition;
	return words_parse(&inv.opt, words);
}

#define PARSE(...) parse((const char *const[WORDS]){ __VA_ARGS__ })

static const char *
help(int *status)
{
	capture_begin(STDOUT_FILENO);
	output_redirect(STDOUT_FILENO);
	*status = help_run(&inv);
	(void)output_flush();
	return capture_end();
}

static void
setup(void)
{
	report_setup(words_as_they_are, false);
}

/* What follows "pchat: ". */
static void
mistaken(const char *words)
{
	const char *said;
	int status;

	capture_begin(STDERR_FILENO);
	status = help_mistake(&inv.opt);
	said = capture_end();
	ck_assert_int_eq(status, status_exit(VERDICT_USAGE));
	ck_assert_msg(strstr(said, words), "'%s' does not say '%s'", said, words);
}

START_TEST(of_everything)
{
	const char *said;
	int status;

	ck_assert_int_eq(PARSE("--help"), 0);
	said = help(&status);
	ck_assert_int_eq(status, 0);
	for (const struct command *const *c = edition.commands; *c; c++)
		if (!(*c)->hidden)
			ck_assert_msg(strstr(said, (*c)->name), "%s is missing", (*c)->name);
	ck_assert_ptr_null(strstr(said, command_complete.name));
	for (const struct option_row *row = options_global; row->name; row++)
		ck_assert_msg(strstr(said, row->name), "--%s is missing", row->name);
}
END_TEST

START_TEST(of_a_command)
{
	int status;

	for (const struct command *const *c = edition.commands; *c; c++) {
		const char *said;

		ck_assert_int_eq(PARSE((*c)->name, "--help"), 0);
		said = help(&status);
		ck_assert_int_eq(status, 0);
		for (const struct option_row *row = (*c)->options; row && row->name; row++)
			ck_assert_msg(!*row->help || strstr(said, row->name), "%s: --%s", (*c)->name, row->name);
		ck_assert_msg(!(*c)->examples || strstr(said, "pchat"), "%s has no example", (*c)->name);
	}
	ck_assert_int_eq(PARSE("--version"), 0);
	ck_assert_str_eq(help(&status), PACKAGE_STRING "\n");
}
END_TEST

START_TEST(of_a_mistake)
{
	ck_assert_int_lt(PARSE("sned"), 0);
	mistaken("did you mean 'send'?");
	ck_assert_int_lt(PARSE("ignore"), 0); /* as others say */
	mistaken("did you mean 'block'?");
	ck_assert_int_lt(PARSE("zzzzzzzzz"), 0);
	mistaken("'pchat --help' lists");
	ck_assert_int_lt(PARSE("send", "--lins"), 0);
	mistaken("did you mean '--lines'?");
	ck_assert_int_lt(PARSE("--lines", "send"), 0);
	mistaken("pchat send --lines");
	ck_assert_int_lt(PARSE("-l", "send"), 0);
	mistaken("pchat send -l");
	ck_assert_int_lt(PARSE("to"), 0);
	mistaken("pchat help to");
}
END_TEST

/* Nobody is logged in under that name, and no daemon is there. */
START_TEST(of_nothing)
{
	const char *said;
	char dir[FOLDER_PATH];
	int status;

	folder_make(dir);
	ck_assert_int_eq(setenv("XDG_RUNTIME_DIR", dir, 1), 0);
	ck_assert_int_eq(setenv("XDG_STATE_HOME", dir, 1), 0);
	ck_assert_int_eq(PARSE("-s", "peer-of-a-test", "--socket", "/nowhere/at-all.sock"), 0);
	said = help(&status);
	ck_assert_int_eq(status, 0);
	ck_assert_ptr_nonnull(strstr(said, "peer-of-a-test"));
	ck_assert_ptr_nonnull(strstr(said, "/nowhere/at-all.sock"));
	ck_assert_ptr_nonnull(strstr(said, "pchat doctor"));
	ck_assert_ptr_nonnull(strstr(said, "'pchat --help' lists all commands."));

	capture_begin(STDOUT_FILENO);
	ck_assert_int_eq(overview_run(&inv), 0);
	(void)output_flush();
	ck_assert_ptr_nonnull(strstr(capture_end(), "/nowhere/at-all.sock"));
	folder_remove(dir);
}
END_TEST

Suite *
help_suite(void)
{
	Suite *s = suite_create("help");
	TCase *tc = tcase_create("help");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, of_everything);
	tcase_add_test(tc, of_a_command);
	tcase_add_test(tc, of_a_mistake);
	tcase_add_test(tc, of_nothing);
	suite_add_tcase(s, tc);
	return s;
}
