/* What is known of a terminal without asking it. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cli/output/terminal.h"
#include "folder.h"

START_TEST(dumb_ones)
{
	static const char *const dumb[] = { NULL, "", "dumb" };

	for (size_t i = 0; i < sizeof(dumb) / sizeof(dumb[0]); i++) {
		ck_assert_int_eq(dumb[i] ? setenv("TERM", dumb[i], 1) : unsetenv("TERM"), 0);
		ck_assert(terminal_is_dumb());
		ck_assert(!terminal_is_known());
	}
	ck_assert_int_eq(setenv("TERM", "vt100", 1), 0);
	ck_assert(!terminal_is_dumb());
}
END_TEST

START_TEST(known_by_its_description)
{
	char dir[FOLDER_PATH], path[FOLDER_PATH + 32];

	folder_make(dir);
	ck_assert_int_eq(setenv("TERMINFO", dir, 1), 0);
	ck_assert_int_eq(setenv("TERM", "quite-unheard-of", 1), 0);
	ck_assert(!terminal_is_known());
	(void)snprintf(path, sizeof(path), "%s/q", dir);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/q/quite-unheard-of", dir);
	ck_assert_int_eq(fclose(fopen(path, "w")), 0);
	ck_assert(terminal_is_known());
	ck_assert_int_eq(setenv("TERM", "../q/quite-unheard-of", 1), 0);
	ck_assert(!terminal_is_known()); /* a path is no name */
	folder_remove(dir);
}
END_TEST

START_TEST(what_is_none_has_the_usual_size)
{
	size_t columns = 0, lines = 0;

	terminal_size(-1, &columns, &lines);
	ck_assert_uint_eq(columns, 80);
	ck_assert_uint_eq(lines, 24);
}
END_TEST

Suite *
terminal_suite(void)
{
	Suite *s = suite_create("terminal");
	TCase *t = tcase_create("core");

	tcase_add_test(t, dumb_ones);
	tcase_add_test(t, known_by_its_description);
	tcase_add_test(t, what_is_none_has_the_usual_size);
	suite_add_tcase(s, t);
	return s;
}
