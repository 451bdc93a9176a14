/* Rows of a damaged table: all but those of the damaged page, in order, each once, up and down. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "db/database.h"
#include "folder.h"
#include "session/mailbox/rows.h"

#define ROWS 1000
#define PAGE 4096

static char dir[FOLDER_PATH], path[128];
static sqlite3 *db;
static struct rows rows;
static unsigned given, damaged;
static int64_t first_missing, last_missing;

static void
setup(void)
{
	folder_make(dir);
	(void)snprintf(path, sizeof(path), "%s/db", dir);
	ck_assert_int_eq(database_open(&db, path, DATABASE_DURABLE,
			     "CREATE TABLE t(id INTEGER PRIMARY KEY, body BLOB);"
			     "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
			     " INSERT INTO t SELECT i, zeroblob(200) FROM n;"
			     "PRAGMA wal_checkpoint(TRUNCATE);"),
	    0);
	database_close(db);
}

static void
teardown(void)
{
	database_finalize(&rows.stmt, 1);
	database_close(db);
	folder_remove(dir);
}

static void
open_table(bool down)
{
	static const char *const sql[] = {
		"SELECT id, body FROM t WHERE " ROWS_UP("t") " ORDER BY id",
		"SELECT id, body FROM t WHERE " ROWS_DOWN " ORDER BY id DESC",
	};

	ck_assert_int_eq(database_open(&db, path, DATABASE_READER, "BEGIN"), 0);
	rows = (struct rows){ .down = down };
	ck_assert_int_eq(database_prepare(db, &sql[down], &rows.stmt, 1), 0);
}

static void
damage_page(unsigned page)
{
	uint8_t garbage[PAGE];
	const int fd = open(path, O_WRONLY | O_CLOEXEC);

	memset(garbage, 0xa5, sizeof(garbage));
	ck_assert_int_eq(pwrite(fd, garbage, PAGE, (off_t)(page - 1) * PAGE), PAGE);
	ck_assert_int_eq(close(fd), 0);
}

static unsigned
pages(void)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	const off_t size = lseek(fd, 0, SEEK_END);

	(void)close(fd);
	return (unsigned)(size / PAGE);
}

/* Walks all, which must be in order. */
static void
walk(int64_t from)
{
	static bool seen[ROWS + 1];
	int64_t before = rows.down ? INT64_MAX : 0;
	int r;

	memset(seen, 0, sizeof(seen));
	given = damaged = 0;
	rows_start(&rows, from);
	while ((r = rows_next(&rows)) != 0) {
		damaged += r == -EUCLEAN;
		ck_assert(r == 1 || (r == -EUCLEAN && damaged <= ROWS));
		if (r < 0)
			continue;
		ck_assert(rows.id >= 1 && rows.id <= ROWS);
		ck_assert(rows.down ? rows.id < before : rows.id > before);
		before = rows.id;
		seen[rows.id] = true;
		given++;
	}
	ck_assert_int_eq(rows_next(&rows), 0);
	first_missing = last_missing = 0;
	for (int64_t id = 1; id <= ROWS; id++)
		if (!seen[id]) {
			first_missing = first_missing ? first_missing : id;
			last_missing = id;
		}
}

START_TEST(of_a_whole_table)
{
	open_table(_i);
	walk(_i ? INT64_MAX : 0);
	ck_assert_uint_eq(given, ROWS);
	ck_assert_uint_eq(damaged, 0);
	walk(500);
	ck_assert_uint_eq(given, _i ? 500 : 501);
	walk(-5);
	ck_assert_uint_eq(given, _i ? 0 : ROWS);
}
END_TEST

/* Page 1 is the schema's, 2 the root; then leaves of some twenty rows each. */
START_TEST(past_a_damaged_page)
{
	const bool down = _i & 1;

	for (unsigned page = 3; page <= pages(); page += 7) {
		teardown();
		setup();
		damage_page(page);
		open_table(down);
		walk(down ? INT64_MAX : 0);
		ck_assert_uint_eq(damaged, 1);
		ck_assert_int_eq(given, ROWS - (last_missing - first_missing + 1)); /* one stretch is missing */
		ck_assert_uint_ge(given, ROWS - 25);
		ck_assert_uint_lt(given, ROWS);
	}
}
END_TEST

START_TEST(past_the_first_and_the_last)
{
	const bool down = _i & 1;

	damage_page(3);
	damage_page(pages());
	damage_page(20);
	damage_page(21);
	open_table(down);
	walk(down ? INT64_MAX : 0);
	ck_assert_uint_ge(damaged, 3);
	ck_assert_uint_ge(given, ROWS - 100);
	ck_assert_int_eq(first_missing, 1);
	ck_assert_int_eq(last_missing, ROWS);
}
END_TEST

START_TEST(without_a_root_there_is_an_end)
{
	open_table(_i);
	rows_stop(&rows);
	database_finalize(&rows.stmt, 1);
	database_close(db);
	damage_page(2);
	open_table(_i);
	walk(_i ? INT64_MAX : 0);
	ck_assert_uint_eq(given, 0);
	ck_assert_uint_eq(damaged, 1);
}
END_TEST

Suite *
rows_suite(void)
{
	Suite *s = suite_create("rows");
	TCase *t = tcase_create("rows");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, of_a_whole_table, 0, 2);
	tcase_add_loop_test(t, past_a_damaged_page, 0, 2);
	tcase_add_loop_test(t, past_the_first_and_the_last, 0, 2);
	tcase_add_loop_test(t, without_a_root_there_is_an_end, 0, 2);
	suite_add_tcase(s, t);
	return s;
}
