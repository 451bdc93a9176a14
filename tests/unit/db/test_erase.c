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

/* What is done to a log: W and S, for a write at its beginning B, and T. */
static char done[256];
static sqlite3_io_methods recorder;
static const sqlite3_io_methods *original;

static void
note(char c)
{
	const size_t n = strlen(done);

	if (n > 0 && done[n - 1] == c && c == 'W')
		return;
	ck_assert_uint_lt(n + 1, sizeof(done));
	done[n] = c;
}

static int
write_noted(sqlite3_file *file, const void *data, int n, sqlite3_int64 at)
{
	note(at == 0 ? 'B' : 'W');
	return original->xWrite(file, data, n, at);
}

static int
sync_noted(sqlite3_file *file, int flags)
{
	note('S');
	return original->xSync(file, flags);
}

static int
truncate_noted(sqlite3_file *file, sqlite3_int64 size)
{
	note('T');
	return original->xTruncate(file, size);
}

/* What the power leaves of a log is all of it or none: not its beginning, which is an older state. */
START_TEST(a_log_loses_its_head_first)
{
	sqlite3_file *log = NULL;
	const char *end;
	sqlite3 *db;

	ck_assert_int_eq(database_open(&db, path, DATABASE_DURABLE, "CREATE TABLE IF NOT EXISTS t(text)"), 0);
	ck_assert_int_eq(database_exec(db, "INSERT INTO t VALUES(zeroblob(200000))"), 0);
	ck_assert_int_eq(sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log), SQLITE_OK);
	original = log->pMethods;
	recorder = *original;
	recorder.xWrite = write_noted;
	recorder.xSync = sync_noted;
	recorder.xTruncate = truncate_noted;
	log->pMethods = &recorder;
	memset(done, 0, sizeof(done));
	ck_assert_int_eq(erase_deleted(db), 0);
	log->pMethods = original;
	end = strrchr(done, 'B'); /* from there on the zeros of erase_cut() */
	ck_assert_msg(end && end - done >= 2, "%s", done);
	ck_assert_msg(strncmp(end - 2, "BSBWST", 6) == 0, "%s", done);
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
	tcase_add_test(t, a_log_loses_its_head_first);
	suite_add_tcase(s, t);
	return s;
}
