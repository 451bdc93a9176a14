/* What is deleted is overwritten: a file, and what deleted rows leave in a database and its log. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/database.h"
#include "db/erase.h"
#include "folder.h"

#define SECRET "nobody may find this"

static char dir[FOLDER_PATH], path[FOLDER_PATH + 32], other[FOLDER_PATH + 32];

static void
setup(void)
{
	folder_make(dir);
	(void)snprintf(path, sizeof(path), "%s/file", dir);
	(void)snprintf(other, sizeof(other), "%s/other", dir);
}

static void
teardown(void)
{
	folder_remove(dir);
}

static bool
holds_secret(const char *file)
{
	static char data[1 << 20];
	FILE *f = fopen(file, "r");
	size_t n;

	if (!f)
		return false;
	n = fread(data, 1, sizeof(data), f);
	(void)fclose(f);
	return memmem(data, n, SECRET, strlen(SECRET));
}

START_TEST(a_file_is_zero_before_it_goes)
{
	FILE *f = fopen(path, "w");
	struct stat st;

	ck_assert_ptr_nonnull(f);
	(void)fputs(SECRET, f);
	(void)fclose(f);
	ck_assert_int_eq(link(path, other), 0);
	ck_assert(holds_secret(other));
	ck_assert_int_eq(erase_file(path), 0);
	ck_assert_int_lt(stat(path, &st), 0);
	ck_assert_int_eq(stat(other, &st), 0);
	ck_assert_int_eq(st.st_size, (off_t)strlen(SECRET));
	ck_assert(!holds_secret(other));
	ck_assert_int_eq(erase_file(path), 0); /* there is none */
}
END_TEST

START_TEST(a_link_is_not_followed)
{
	FILE *f = fopen(other, "w");
	struct stat st;

	ck_assert_ptr_nonnull(f);
	(void)fputs(SECRET, f);
	(void)fclose(f);
	ck_assert_int_eq(symlink(other, path), 0);
	ck_assert_int_eq(erase_file(path), 0);
	ck_assert_int_lt(lstat(path, &st), 0);
	ck_assert(holds_secret(other));
}
END_TEST

START_TEST(rows_leave_nothing)
{
	static const char *const files[] = { "", "-wal" };
	char file[sizeof(path) + 8];
	sqlite3 *db;

	ck_assert_int_eq(database_open(&db, path, DATABASE_DURABLE, "CREATE TABLE IF NOT EXISTS t(text)"), 0);
	ck_assert_int_eq(database_exec(db, "INSERT INTO t VALUES('" SECRET "'), ('kept')"), 0);
	ck_assert_int_eq(database_exec(db, "DELETE FROM t WHERE text LIKE 'nobody%'"), 0);
	(void)snprintf(file, sizeof(file), "%s-wal", path);
	ck_assert(holds_secret(file));
	ck_assert_int_eq(erase_deleted(db), 0);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		(void)snprintf(file, sizeof(file), "%s%s", path, files[i]);
		ck_assert_msg(!holds_secret(file), "%s", files[i]);
	}
	ck_assert_int_eq(database_exec(db, "INSERT INTO t SELECT text FROM t WHERE text = 'kept'"), 0);
	ck_assert_int_eq(sqlite3_changes(db), 1);
	database_close(db);
}
END_TEST

Suite *
erase_suite(void)
{
	Suite *s = suite_create("erase");
	TCase *t = tcase_create("core");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_file_is_zero_before_it_goes);
	tcase_add_test(t, a_link_is_not_followed);
	tcase_add_test(t, rows_leave_nothing);
	suite_add_tcase(s, t);
	return s;
}
