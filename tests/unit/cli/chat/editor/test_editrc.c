/* ~/.editrc: what libedit does not take of it, and that all else counts. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "cli/chat/editor/editrc.h"
#include "folder.h"

static char folder[FOLDER_PATH], path[FOLDER_PATH + 16];
static EditLine *el;
static FILE *sink;
static char *said;
static size_t len;

static void
setup(void)
{
	folder_make(folder);
	(void)snprintf(path, sizeof(path), "%s/.editrc", folder);
	ck_assert_int_eq(setenv("HOME", folder, 1), 0);
	ck_assert_int_eq(setenv("TERM", "dumb", 1), 0);
	ck_assert_int_eq(unsetenv("EDITRC"), 0);
	sink = open_memstream(&said, &len);
	ck_assert_ptr_nonnull(sink);
	el = el_init("pchat", stdin, sink, sink);
	ck_assert_ptr_nonnull(el);
}

static void
teardown(void)
{
	el_end(el);
	(void)fclose(sink);
	free(said);
	folder_remove(folder);
}

static void
write_file(const char *text)
{
	FILE *f = fopen(path, "we");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

/* Whether libedit has that line among its bindings. */
static bool
is_bound(const char *line)
{
	ck_assert_int_eq(el_set(el, EL_BIND, NULL), 0);
	ck_assert_int_eq(fflush(sink), 0);
	return strstr(said, line) != NULL;
}

static const struct {
	const char *text, *numbers;
} files[] = {
	{ "bind ^A ed-move-to-end\n", "" },
	{ "set editing-mode vi\nbind ^A ed-move-to-end\n", "1" },
	{ "\"\\e[5~\": history-search-backward\nbind ^A ed-move-to-end\nbind ^B no-such-thing", "3" },
	{ "bind \"^B ed-move-to-end\nbind ^A ed-move-to-end", "1" },
	{ "bind ^A ed-move-to-end\nnonsense", "2" },
	{ "\n \t\n# a remark\n\t# another\nbind ^A ed-move-to-end\n", "" },
	{ "python:bind ^I rl_complete\nhistory size 100\npchat:history unique 1\nbind ^A ed-move-to-end\n", "" },
	{ "1\n2\n3\n4\n5\n6\n7\n8\nbind ^A ed-move-to-end\n", "1, 2, 3, 4, 5, 6, 7, 8" },
	{ "1\n2\n3\n4\n5\n6\n7\n8\n9\nbind ^A ed-move-to-end\n", "1, 2, 3, 4, 5, 6, 7, 8, ..." },
};

START_TEST(wrong_lines)
{
	char numbers[EDITRC_NUMBERS];
	struct editrc rc;

	ck_assert(!is_bound("\"^A\"           ->  ed-move-to-end"));
	write_file(files[_i].text);
	ck_assert(editrc_take(el, &rc));
	editrc_numbers(&rc, numbers);
	ck_assert_str_eq(numbers, files[_i].numbers);
	ck_assert_str_eq(rc.name, "~/.editrc");
	ck_assert(is_bound("\"^A\"           ->  ed-move-to-end"));
}
END_TEST

START_TEST(another_file)
{
	struct editrc rc;

	ck_assert(!editrc_take(el, &rc));
	ck_assert_uint_eq(rc.count, 0);
	write_file("nonsense\n");
	ck_assert_int_eq(setenv("EDITRC", path, 1), 0);
	ck_assert_int_eq(unsetenv("HOME"), 0);
	ck_assert(editrc_take(el, &rc));
	ck_assert_uint_eq(rc.count, 1);
	ck_assert_str_eq(rc.name, "$EDITRC");
	ck_assert_int_eq(setenv("EDITRC", "", 1), 0);
	ck_assert(!editrc_take(el, &rc));
	ck_assert_int_eq(unsetenv("EDITRC"), 0);
	ck_assert(!editrc_take(el, &rc));
}
END_TEST

Suite *
editrc_suite(void)
{
	Suite *s = suite_create("editrc");
	TCase *t = tcase_create("editrc");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, wrong_lines, 0, (int)ARRAY_SIZE(files));
	tcase_add_test(t, another_file);
	suite_add_tcase(s, t);
	return s;
}
