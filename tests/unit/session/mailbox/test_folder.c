/* The folder of a session's inbox: where it is, ours alone, and tidied. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "session/mailbox/folder.h"

static char dir[FOLDER_PATH];

static void
setup(void)
{
	folder_make(dir);
	ck_assert_int_eq(setenv("XDG_STATE_HOME", dir, 1), 0);
}

static void
teardown(void)
{
	folder_remove(dir);
}

START_TEST(is_made_for_us_alone)
{
	char path[PATH_MAX], expected[PATH_MAX];
	struct stat st;

	ck_assert_int_eq(session_folder(NULL, "bob", path, false), -ENOENT);
	ck_assert_int_eq(session_folder(NULL, "bob", path, true), 0);
	(void)snprintf(expected, sizeof(expected), "%s/pchat/bob", dir);
	ck_assert_str_eq(path, expected);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0700);
	ck_assert_int_eq(chmod(path, 0755), 0);
	ck_assert_int_eq(session_folder("", "bob", path, false), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0700);
}
END_TEST

START_TEST(another_host_has_its_own)
{
	char path[PATH_MAX], expected[PATH_MAX];

	ck_assert_int_eq(session_folder("there", "bob", path, true), 0);
	(void)snprintf(expected, sizeof(expected), "%s/pchat/via/there/bob", dir);
	ck_assert_str_eq(path, expected);
}
END_TEST

START_TEST(a_link_is_refused)
{
	char path[PATH_MAX], link[PATH_MAX];

	ck_assert_int_eq(session_folder(NULL, "bob", path, true), 0);
	(void)snprintf(link, sizeof(link), "%s/pchat/eve", dir);
	ck_assert_int_eq(symlink(path, link), 0);
	ck_assert_int_lt(session_folder(NULL, "eve", path, true), 0);
}
END_TEST

START_TEST(the_old_index_goes)
{
	static const struct {
		const char *name;
		bool stays;
	} t[] = { { "search.db", false }, { "search.db-wal", false }, { "search.db.corrupt-1", false },
		{ "inbox.db", true }, { "search.db2", true }, { "research.db", true } };
	char path[PATH_MAX], file[PATH_MAX + 32];

	ck_assert_int_eq(session_folder(NULL, "bob", path, true), 0);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		(void)snprintf(file, sizeof(file), "%s/%s", path, t[i].name);
		ck_assert_int_eq(fclose(fopen(file, "w")), 0);
	}
	session_folder_tidy(path);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		(void)snprintf(file, sizeof(file), "%s/%s", path, t[i].name);
		ck_assert_msg((access(file, F_OK) == 0) == t[i].stays, "%s", t[i].name);
	}
}
END_TEST

Suite *
session_folder_suite(void)
{
	Suite *s = suite_create("session_folder");
	TCase *t = tcase_create("core");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, is_made_for_us_alone);
	tcase_add_test(t, another_host_has_its_own);
	tcase_add_test(t, a_link_is_refused);
	tcase_add_test(t, the_old_index_goes);
	suite_add_tcase(s, t);
	return s;
}
