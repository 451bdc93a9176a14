#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "cli/commands/stream/file_names.h"
#include "cli/commands/stream/progress.h"
#include "cli/commands/stream/taking.h"
#include "cli/output/report.h"
#include "cli/output/rows.h"
#include "words.h"

static const char *
safe(const char *name, bool same)
{
	static char out[NAME_MAX + 1];

	ck_assert_int_eq(file_names_safe(name, out), same);
	return out;
}

START_TEST(test_file_names_that_stay)
{
	static const char *const names[] = { "report.pdf", "a b", "Gr\303\274\303\237e", "\346\226\207\344\273\266",
		"x-y.z~", "" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ck_assert_str_eq(safe(names[i], true), names[i]);
}
END_TEST

/* What would choose a folder, hide the file, look like an option, or hurt a terminal. */
START_TEST(test_file_names_that_change)
{
	ck_assert_str_eq(safe(".bashrc", false), "_bashrc");
	ck_assert_str_eq(safe("..", false), "_.");
	ck_assert_str_eq(safe("-rf", false), "_rf");
	ck_assert_str_eq(safe("../../etc/passwd", false), "_._.._etc_passwd");
	ck_assert_str_eq(safe("/", false), "_");
	ck_assert_str_eq(safe("a\033[2Jb", false), "a_[2Jb");
	ck_assert_str_eq(safe("a\nb", false), "a_b");
	ck_assert_str_eq(safe("a\\b", false), "a_b");
	ck_assert_str_eq(safe("a\377b", false), "a_b");
	ck_assert_str_eq(safe("a\342\200\256b", false), "a___b"); /* U+202E turns the line round */
}
END_TEST

/* One that is too long ends before a character, not within it. */
START_TEST(test_file_names_too_long)
{
	char name[2 * NAME_MAX], expected[NAME_MAX + 1];

	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	memset(expected, 'a', NAME_MAX);
	expected[NAME_MAX] = '\0';
	ck_assert_str_eq(safe(name, false), expected);
	memcpy(name + NAME_MAX - 1, "\303\274", 3);
	expected[NAME_MAX - 1] = '\0';
	ck_assert_str_eq(safe(name, false), expected);
}
END_TEST

/* A quotation mark in a name cannot be taken for the end of it. */
START_TEST(test_file_names_told)
{
	static const struct offer_file offered[] = { { .name = "a\"b" }, { .name = "a\"b" }, { .name = ".a\"b" } };
	static const char *const told[] = {
		"pchat: two of the files would have the name \"a\\\"b\"; decline the offer\n",
		"pchat: the name \".a\\\"b\" would have to be changed; take it with -o FILE\n"
	};
	static struct taking t;
	const int before = dup(STDIN_FILENO), nothing = open("/dev/null", O_RDONLY);

	ck_assert_int_eq(dup2(nothing, STDIN_FILENO), STDIN_FILENO);
	report_setup(words_as_they_are, false);
	for (size_t i = 0; i < ARRAY_SIZE(told); i++) {
		t.length = (uint32_t)offer_put_file(t.body, 0, &offered[i]);
		t.length = (uint32_t)offer_put_file(t.body, t.length, &offered[i + 1]);
		capture_begin(STDERR_FILENO);
		ck_assert_int_ne(file_names_choose(&t), 0);
		ck_assert_str_eq(capture_end(), told[i]);
		free(t.names);
	}
	(void)dup2(before, STDIN_FILENO);
	(void)close(before);
	(void)close(nothing);
}
END_TEST

/* Neither name begins a row of the question as a word of ours, and it is asked to its end, however long the names are. */
START_TEST(test_file_names_asked)
{
	static const char forged[] = "-pdf             pchat: it was scanned";
	static struct taking t;
	struct offer_file f = { .name = "-x" };
	const char *said, *asked;

	ck_assert_int_eq(setenv("TERM", "dumb", 1), 0);
	report_setup(rows_safe, false);
	if (_i == 0) {
		(void)strcpy(f.name, forged);
	} else {
		memset(f.name, '"', NAME_MAX);
		f.name[0] = '-';
	}
	t.length = (uint32_t)offer_put_file(t.body, 0, &f);
	capture_terminal(STDERR_FILENO, 20);
	capture_type("n\n");
	ck_assert_int_ne(file_names_choose(&t), 0);
	said = capture_end();
	free(t.names);
	ck_assert_ptr_nonnull(asked = strstr(said, "[y/N] "));
	for (const char *row = strchr(said, '"'); row < asked; row += strcspn(row, "\n") + 1) {
		ck_assert_uint_lt(strcspn(row, "\r\n["), 20);
		ck_assert_msg(*row == '"' || strncmp(row, "    ", 4) == 0, "'%s'", row);
	}
}
END_TEST

START_TEST(test_file_names_sizes)
{
	char out[PROGRESS_SIZE_MAX];

	ck_assert_str_eq(progress_size(0, out), "0 bytes");
	ck_assert_str_eq(progress_size(1, out), "1 byte");
	ck_assert_str_eq(progress_size(999, out), "999 bytes");
	ck_assert_str_eq(progress_size(1000, out), "1.0 kB");
	ck_assert_str_eq(progress_size(1500000000, out), "1.5 GB");
	ck_assert_str_eq(progress_size(UINT64_MAX, out), "18 EB");
}
END_TEST

/* It stays in one row, whose last column is free: what matters least goes first. */
START_TEST(test_file_names_progress)
{
	const struct progress known = { .of = 30000000 }, open = { .of = 0 };
	static const char *const lines[] = { "1.5 MB of 30 MB, 500 kB/s, 0:57 left", "1.5 MB of 30 MB, 500 kB/s",
		"1.5 MB of 30 MB", "1.5 MB", "" };
	char out[PROGRESS_LINE_MAX];

	for (size_t columns = 0; columns <= 80; columns++) {
		size_t i = 0;

		while (strlen(lines[i]) >= columns && lines[i][0])
			i++;
		progress_line(&known, 1500000, 500000, columns, out);
		ck_assert_str_eq(out, lines[i]);
	}
	progress_line(&open, 1500000, 500000, 80, out);
	ck_assert_str_eq(out, "1.5 MB, 500 kB/s");
	progress_line(&open, 1500000, 500000, 16, out);
	ck_assert_str_eq(out, "1.5 MB");
	progress_line(&known, 1500000, 0, 80, out);
	ck_assert_str_eq(out, "1.5 MB of 30 MB, 0 bytes/s");
}
END_TEST

Suite *
file_names_suite(void)
{
	Suite *s = suite_create("file_names");
	TCase *t = tcase_create("file_names");

	tcase_add_test(t, test_file_names_that_stay);
	tcase_add_test(t, test_file_names_that_change);
	tcase_add_test(t, test_file_names_too_long);
	tcase_add_test(t, test_file_names_told);
	tcase_add_loop_test(t, test_file_names_asked, 0, 2);
	tcase_add_test(t, test_file_names_sizes);
	tcase_add_test(t, test_file_names_progress);
	suite_add_tcase(s, t);
	return s;
}
