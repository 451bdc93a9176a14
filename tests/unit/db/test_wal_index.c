/* The index of a write-ahead log where no descriptor is free for it: an error for as long as that is so, and no longer. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "db/database.h"
#include "db/wal_index.h"
#include "folder.h"

#define TABLE "CREATE TABLE IF NOT EXISTS t(text)"

typedef int (*open_call)(const char *path, int flags, ...);

static char dir[FOLDER_PATH], path[FOLDER_PATH + 32];
static sqlite3_vfs *vfs;
static open_call original;
static unsigned failing; /* so many attempts to open the index for writing fail */

/* As open(2) of SQLite's table. One that is to be for reading finds a descriptor again. */
static int
fail_open(const char *file, int flags, ...)
{
	const size_t n = strlen(file);
	va_list ap;
	int mode;

	va_start(ap, flags);
	mode = va_arg(ap, int);
	va_end(ap);
	if (failing > 0 && (flags & O_ACCMODE) == O_RDWR && n > 4 && strcmp(file + n - 4, "-shm") == 0) {
		failing--;
		errno = EMFILE;
		return -1;
	}
	return original(file, flags, mode);
}

static void
setup(void)
{
	folder_make(dir);
	(void)snprintf(path, sizeof(path), "%s/file", dir);
	vfs = sqlite3_vfs_find(NULL);
	ck_assert_ptr_nonnull(vfs);
	original = (open_call)vfs->xGetSystemCall(vfs, "open");
	ck_assert_int_eq(vfs->xSetSystemCall(vfs, "open", (sqlite3_syscall_ptr)fail_open), SQLITE_OK);
	failing = 0;
}

static void
teardown(void)
{
	(void)vfs->xSetSystemCall(vfs, "open", NULL);
	folder_remove(dir);
}

/* A database whose log and index stay, as a helper leaves them. */
static void
leave_one(void)
{
	sqlite3 *db;

	ck_assert_int_eq(database_open(&db, path, DATABASE_LAZY, TABLE), 0);
	ck_assert_int_eq(database_exec(db, "INSERT INTO t VALUES('before')"), 0);
	database_close(db);
}

START_TEST(a_moment_without_descriptors_costs_nothing)
{
	sqlite3 *db;

	leave_one();
	failing = 1;
	ck_assert_int_eq(database_open(&db, path, DATABASE_LAZY, TABLE), 0);
	ck_assert_uint_eq(failing, 0);
	ck_assert_int_eq(database_exec(db, "INSERT INTO t VALUES('after')"), 0);
	database_close(db);
}
END_TEST

START_TEST(it_is_an_error_for_as_long_as_there_are_none)
{
	sqlite3 *db;

	leave_one();
	failing = 100;
	ck_assert_int_eq(database_open(&db, path, DATABASE_LAZY, TABLE), -EMFILE);
	ck_assert_uint_ge(failing, 90); /* it was not tried for 10 s */
	failing = 0;
	ck_assert_int_eq(database_open(&db, path, DATABASE_LAZY, TABLE), 0);
	ck_assert_int_eq(database_exec(db, "INSERT INTO t VALUES('after')"), 0);
	database_close(db);
}
END_TEST

START_TEST(a_connection_outlives_it)
{
	sqlite3 *db;
	int64_t n;

	leave_one();
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(wal_index_guard(db), 0);
	failing = 100;
	ck_assert_int_eq(database_exec(db, "INSERT INTO t VALUES('refused')"), -EMFILE);
	ck_assert_int_eq(database_number(db, "SELECT count(*) FROM t", &n), -EMFILE);
	failing = 0;
	ck_assert_int_eq(database_exec(db, "INSERT INTO t VALUES('after')"), 0);
	ck_assert_int_eq(database_number(db, "SELECT count(*) FROM t", &n), 0);
	ck_assert_int_eq(n, 2);
	database_close(db);
}
END_TEST

static void
copy_head(const char *from, const char *to)
{
	char head[32];
	FILE *f = fopen(from, "r");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fread(head, 1, sizeof(head), f), sizeof(head));
	(void)fclose(f);
	f = fopen(to, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(head, 1, sizeof(head), f), sizeof(head));
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(truncate(to, 8192), 0); /* no frame behind it */
}

/* What stood in memory before may have been said by somebody. */
START_TEST(the_index_of_an_empty_log_is_made_of_nothing_else)
{
	char log[sizeof(path) + 4], index[sizeof(path) + 4], head[sizeof(path) + 5];
	sqlite3 *db;
	FILE *f;
	unsigned i;
	int c;

	(void)snprintf(log, sizeof(log), "%s-wal", path);
	(void)snprintf(index, sizeof(index), "%s-shm", path);
	(void)snprintf(head, sizeof(head), "%s-head", path);
	ck_assert_int_eq(database_open(&db, path, DATABASE_LAZY, TABLE), 0);
	copy_head(log, head);
	database_close(db);
	copy_head(head, log);
	ck_assert_int_eq(unlink(index), 0);
	(void)mallopt(M_PERTURB, 'x');
	ck_assert_int_eq(database_open(&db, path, DATABASE_LAZY, TABLE), 0);
	(void)mallopt(M_PERTURB, 0);
	f = fopen(index, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fseek(f, 136, SEEK_SET), 0);
	for (i = 136; (c = getc(f)) != EOF; i++)
		ck_assert_msg(c == 0, "byte %u is %d", i, c);
	ck_assert_uint_eq(i, 32768);
	(void)fclose(f);
	database_close(db);
}
END_TEST

Suite *
wal_index_suite(void)
{
	Suite *s = suite_create("wal_index");
	TCase *t = tcase_create("core");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_moment_without_descriptors_costs_nothing);
	tcase_add_test(t, it_is_an_error_for_as_long_as_there_are_none);
	tcase_add_test(t, a_connection_outlives_it);
	tcase_add_test(t, the_index_of_an_empty_log_is_made_of_nothing_else);
	suite_add_tcase(s, t);
	return s;
}
