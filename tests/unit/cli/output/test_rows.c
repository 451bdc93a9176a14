/* Lines for people, on a terminal and into a pipe. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture.h"
#include "cli/output/output.h"
#include "cli/output/pager.h"
#include "cli/output/report.h"
#include "cli/output/rows.h"
#include "folder.h"
#include "host.h"
#include "proto/safe.h"
#include "proto/status.h"
#include "words.h"

static void
print(void)
{
	rows_begin();
	output_string("[12:00] bob: some words that are too many for it\n");
	rows_end();
	(void)output_flush();
}

static char dir[FOLDER_PATH];

/* A terminal of which this system has a description. */
static void
setup(void)
{
	char path[FOLDER_PATH + 32];

	folder_make(dir);
	(void)snprintf(path, sizeof(path), "%s/t", dir);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/t/test-terminal", dir);
	ck_assert_int_eq(fclose(fopen(path, "w")), 0);
	ck_assert_int_eq(setenv("TERMINFO", dir, 1), 0);
	ck_assert_int_eq(setenv("TERM", "test-terminal", 1), 0);
	output_redirect(STDOUT_FILENO);
}

static void
teardown(void)
{
	folder_remove(dir);
}

START_TEST(into_a_pipe)
{
	bool terminal;

	capture_begin(STDOUT_FILENO);
	terminal = rows_setup();
	print();
	ck_assert_str_eq(capture_end(), "[12:00] bob: some words that are too many for it\n");
	ck_assert(!terminal);
}
END_TEST

START_TEST(on_a_terminal)
{
	const char *said;
	unsigned rows = 0;
	bool terminal;

	capture_terminal(STDOUT_FILENO, 30);
	terminal = rows_setup();
	print();
	said = capture_end();
	ck_assert(terminal);
	ck_assert_int_eq(strncmp(said, "\033[?7l", 5), 0);
	ck_assert_str_eq(said + strlen(said) - 5, "\033[?7h");
	for (said += 5; *said != '\033'; said = strchr(said, '\n') + 1, rows++)
		ck_assert_uint_le(strcspn(said, "\r\n"), 29);
	ck_assert_uint_gt(rows, 1);
}
END_TEST

START_TEST(on_a_dumb_terminal)
{
	const char *said;

	ck_assert_int_eq(setenv("TERM", "dumb", 1), 0);
	capture_terminal(STDOUT_FILENO, 30);
	(void)rows_setup();
	print();
	said = capture_end();
	ck_assert_ptr_null(strchr(said, '\033'));
	ck_assert_uint_le(strcspn(said, "\r\n"), 29);
}
END_TEST

static size_t
most_columns(const char *rows)
{
	size_t most = 0;

	for (; *rows; rows += strcspn(rows, "\n"), rows += *rows == '\n')
		most = strcspn(rows, "\n") > most ? strcspn(rows, "\n") : most;
	return most;
}

/* Safe, in rows where it takes more than one, and never more than there is room for. */
START_TEST(into_a_buffer)
{
	static char out[REPORT_SAFE_MAX(1000)], text[1001];
	size_t n;

	ck_assert_int_eq(setenv("TERM", "dumb", 1), 0);
	n = rows_safe("bob: a\033b", 0, out, sizeof(out));
	ck_assert_uint_eq(n, strlen("bob: a\\u{001B}b"));
	ck_assert_int_eq(memcmp(out, "bob: a\\u{001B}b", n), 0);
	ck_assert_uint_eq(rows_safe("123456789", 10, out, sizeof(out)), 9);
	n = rows_safe("bob is away:        pchat: no", 20, out, sizeof(out));
	out[n] = '\0';
	ck_assert_str_eq(out, "bob is away:\n    pchat: no");
	ck_assert_int_eq(setenv("TERM", "xterm", 1), 0);
	n = rows_safe("bob is away:        pchat: no", 20, out, sizeof(out));
	out[n] = '\0';
	ck_assert_str_eq(out, "\033[?7lbob is away:\n    pchat: no\033[?7h");
	ck_assert_int_eq(setenv("TERM", "dumb", 1), 0);
	for (size_t columns = 1; columns < 40; columns++)
		for (int kind = 0; kind < 3; kind++) {
			for (size_t i = 0; i < sizeof(text) - 1; i++)
				text[i] = kind == 0 ? 'x' : kind == 1 ? '\033' : i % 2 ? ' ' : 'y';
			n = rows_safe(text, columns, out, sizeof(out) - 1);
			ck_assert_uint_lt(n, sizeof(out) - 1);
			out[n] = '\0';
			ck_assert_uint_le(most_columns(out), columns > 2 ? columns - 1 : 1 + columns / 2);
		}
	memset(text, '\033', sizeof(text) - 1);
	ck_assert_uint_eq(rows_safe(text, 3, out, 10000), 10000); /* cut */
}
END_TEST

/* Rows as before, but it is the pager that reads them; and what is printed behind it goes to the terminal again. */
START_TEST(through_a_pager)
{
	const char *said;

	ck_assert_int_eq(setenv("TERM", "dumb", 1), 0); /* no pager */
	ck_assert_int_eq(setenv("PAGER", "sed 's/^/paged: /'", 1), 0);
	capture_terminal(STDOUT_FILENO, 30);
	(void)rows_setup();
	pager_begin();
	output_string("not paged\n");
	ck_assert_int_eq(pager_end(), 0);
	(void)output_flush();
	ck_assert_str_eq(capture_end(), "not paged\r\n");

	ck_assert_int_eq(setenv("TERM", "test-terminal", 1), 0);
	capture_terminal(STDOUT_FILENO, 30);
	(void)rows_setup();
	pager_begin();
	print();
	ck_assert_int_eq(pager_end(), 0);
	output_string("behind it\n");
	(void)output_flush();
	said = capture_end();
	ck_assert_int_eq(strncmp(said, "paged: [12:00] bob: ", 20), 0);
	ck_assert_ptr_null(strchr(said, '\033'));
	ck_assert_ptr_nonnull(strstr(said, "\r\npaged: "));
	ck_assert_ptr_nonnull(strstr(said, "\r\nbehind it\r\n"));
}
END_TEST

START_TEST(a_pager_that_cannot_be_run_takes_nothing_away)
{
	if (!host_tells_of_no_program(__func__))
		return;
	report_setup(words_as_they_are, false);
	ck_assert_int_eq(setenv("PAGER", "no-such-pager -x", 1), 0);
	capture_terminal(STDOUT_FILENO, 80);
	pager_begin();
	output_string("shown\n");
	ck_assert_int_eq(pager_end(), 0);
	(void)output_flush();
	ck_assert_str_eq(capture_end(), "shown\r\n");
}
END_TEST

/* It is told; one that was ended has shown enough. */
START_TEST(a_pager_that_fails)
{
	report_setup(words_as_they_are, false);
	capture_terminal(STDOUT_FILENO, 80);
	ck_assert_int_eq(setenv("PAGER", "exit 127;", 1), 0);
	pager_begin();
	ck_assert_int_eq(pager_end(), status_exit(VERDICT_OUTPUT));
	ck_assert_int_eq(setenv("PAGER", "kill -PIPE $$", 1), 0);
	pager_begin();
	ck_assert_int_eq(pager_end(), 0);
	(void)capture_end();
}
END_TEST

#if !defined(__SANITIZE_ADDRESS__) && !defined(TESTS_EMULATED) /* which cannot do without memory themselves */
/* What there is no memory for is not shown, and must not count as shown. */
START_TEST(no_memory_for_a_row)
{
	static char row[4096];
	struct rlimit memory;

	memset(row, 'x', sizeof(row));
	capture_terminal(STDOUT_FILENO, 80);
	(void)rows_setup();
	rows_begin();
	ck_assert_int_eq(getrlimit(RLIMIT_AS, &memory), 0);
	memory.rlim_cur = 1;
	ck_assert_int_eq(setrlimit(RLIMIT_AS, &memory), 0);
	for (unsigned i = 0; i < 4096; i++)
		output_write(row, sizeof(row));
	memory.rlim_cur = memory.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_AS, &memory), 0);
	ck_assert_int_eq(output_flush(), -ENOMEM);
	(void)capture_end();
}
END_TEST
#endif

START_TEST(no_pager)
{
	static const char *const none[] = { "", "cat" };

	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
		ck_assert_int_eq(setenv("PAGER", none[i], 1), 0);
		capture_terminal(STDOUT_FILENO, 80);
		pager_begin();
		output_string("plain\n");
		ck_assert_int_eq(pager_end(), 0);
		(void)output_flush();
		ck_assert_str_eq(capture_end(), "plain\r\n");
	}
	capture_begin(STDOUT_FILENO);
	ck_assert_int_eq(setenv("PAGER", "sed 's/^/paged: /'", 1), 0);
	pager_begin();
	output_string("into a file\n");
	ck_assert_int_eq(pager_end(), 0);
	(void)output_flush();
	ck_assert_str_eq(capture_end(), "into a file\n");
}
END_TEST

Suite *
cli_rows_suite(void)
{
	Suite *s = suite_create("cli_rows");
	TCase *tc = tcase_create("cli_rows"), *pager = tcase_create("pager");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, into_a_pipe);
	tcase_add_test(tc, on_a_terminal);
	tcase_add_test(tc, on_a_dumb_terminal);
	tcase_add_test(tc, into_a_buffer);
	suite_add_tcase(s, tc);
	tcase_set_timeout(pager, 60);
	tcase_set_tags(pager, "processes");
	tcase_add_checked_fixture(pager, setup, teardown);
	tcase_add_test(pager, through_a_pager);
	tcase_add_test(pager, a_pager_that_cannot_be_run_takes_nothing_away);
	tcase_add_test(pager, a_pager_that_fails);
#if !defined(__SANITIZE_ADDRESS__) && !defined(TESTS_EMULATED)
	tcase_add_test(pager, no_memory_for_a_row);
#endif
	tcase_add_test(pager, no_pager);
	suite_add_tcase(s, pager);
	return s;
}
