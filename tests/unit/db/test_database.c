/* How a database is opened on a full disk: by one at a time, and whoever comes then waits for the other. */
#include <check.h>
#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "db/database.h"
#include "folder.h"

#define WAIT_MS 2000

static char dir[FOLDER_PATH], path[FOLDER_PATH + 32];

static void
setup(void)
{
	folder_make(dir);
	(void)snprintf(path, sizeof(path), "%s/file.db", dir);
}

static void
teardown(void)
{
	folder_remove(dir);
}

START_TEST(who_wants_it_alone_waits_for_who_has_it)
{
	sqlite3 *db, *first, *second;
	uint64_t began;

	ck_assert_int_eq(database_open(&db, path, DATABASE_LAZY, "CREATE TABLE t(x); INSERT INTO t VALUES(1)"), 0);
	database_close(db);
	ck_assert_int_eq(database_open(&first, path, DATABASE_ALONE, "SELECT * FROM t"), 0);
	began = clock_monotonic_ms();
	ck_assert_int_eq(database_open(&second, path, DATABASE_ALONE, "SELECT * FROM t"), -EBUSY);
	ck_assert_uint_ge(clock_monotonic_ms() - began, WAIT_MS);
	database_close(first);
	ck_assert_int_eq(database_open(&second, path, DATABASE_ALONE, "SELECT * FROM t"), 0);
	database_close(second);
}
END_TEST

Suite *
database_suite(void)
{
	Suite *s = suite_create("database");
	TCase *tc = tcase_create("database");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, who_wants_it_alone_waits_for_who_has_it);
	suite_add_tcase(s, tc);
	return s;
}
