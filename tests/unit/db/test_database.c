/* Who waits for whom: whoever opens a database on a full disk, and whoever writes a log back, does so one at a time. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "db/database.h"
#include "folder.h"

#define WAIT_MS 2000
#define CHECKPOINT_LOCK 121 /* byte of the log's index, https://sqlite.org/walformat.html */

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

/* Another process has the lock of whoever writes the log back: for `ms`, or until it is killed. */
static pid_t
another_writes_back(int ms)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = CHECKPOINT_LOCK, .l_len = 1 };
	char index[FOLDER_PATH + 64];
	int ready[2];
	pid_t child;
	char c;

	(void)snprintf(index, sizeof(index), "%s-shm", path);
	ck_assert_int_eq(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		const int fd = open(index, O_RDWR | O_CLOEXEC);

		(void)!(fd >= 0 && fcntl(fd, F_SETLK, &lock) == 0 && write(ready[1], "", 1) == 1);
		(void)close(ready[1]);
		(void)poll(NULL, 0, ms);
		_exit(0);
	}
	ck_assert_int_gt(child, 0);
	(void)close(ready[1]);
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	(void)close(ready[0]);
	return child;
}

START_TEST(who_writes_a_log_back_is_waited_for)
{
	int frames, moved;
	sqlite3 *db;
	pid_t child;

	ck_assert_int_eq(database_open(&db, path, DATABASE_DURABLE, "CREATE TABLE t(x); INSERT INTO t VALUES(1)"), 0);
	child = another_writes_back(WAIT_MS / 4);
	ck_assert_int_eq(database_checkpoint(db, SQLITE_CHECKPOINT_PASSIVE, &frames, &moved), 0);
	ck_assert_int_gt(frames, 0);
	ck_assert_int_eq(frames, moved);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	child = another_writes_back(-1);
	ck_assert_int_eq(database_checkpoint(db, SQLITE_CHECKPOINT_TRUNCATE, &frames, &moved), -EBUSY);
	ck_assert_int_eq(kill(child, SIGKILL), 0);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	database_close(db);
}
END_TEST

Suite *
database_suite(void)
{
	Suite *s = suite_create("database");
	TCase *tc = tcase_create("database");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, who_wants_it_alone_waits_for_who_has_it);
	tcase_add_test(tc, who_writes_a_log_back_is_waited_for);
	suite_add_tcase(s, tc);
	return s;
}
