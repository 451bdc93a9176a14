/* A new database: there whole or not at all, as one file, with two syncs. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "db/database.h"
#include "db/image.h"
#include "folder.h"

#define TABLE "CREATE TABLE t(x); INSERT INTO t VALUES(7);"

static char dir[FOLDER_PATH], path[FOLDER_PATH + 32];

/* What becomes of each sync, of files and of folders, and how many there were. */
static int failure;
static unsigned syncs;

int
fsync(int fd)
{
	syncs++;
	if (failure == 0)
		return (int)syscall(SYS_fsync, fd);
	errno = failure;
	return -1;
}

static void
setup(void)
{
	folder_make(dir);
	(void)snprintf(path, sizeof(path), "%s/file.db", dir);
	failure = 0;
	syncs = 0;
}

static void
teardown(void)
{
	folder_remove(dir);
}

static bool
is_there(const char *suffix)
{
	char file[sizeof(path) + 8];

	(void)snprintf(file, sizeof(file), "%s%s", path, suffix);
	return access(file, F_OK) == 0;
}

#ifdef HAVE_SQLITE3_SERIALIZE
static int64_t
number(sqlite3 *db, const char *query)
{
	int64_t n = -1;

	ck_assert_int_eq(database_number(db, query, &n), 0);
	return n;
}

START_TEST(is_a_database_with_a_log)
{
	sqlite3 *db, *reader;
	int frames = -1, moved = -1;

	ck_assert_int_eq(image_make(path, TABLE), 0);
	ck_assert_uint_eq(syncs, 2);
	ck_assert(is_there(""));
	ck_assert(!is_there(".made") && !is_there("-wal") && !is_there("-shm") && !is_there("-journal"));
	ck_assert_int_eq(database_open(&db, path, DATABASE_DURABLE, ""), 0);
	ck_assert_int_eq(number(db, "SELECT x FROM t"), 7);
	ck_assert_int_eq(database_check(db), 0);
	ck_assert_int_eq(database_exec(db, "INSERT INTO t VALUES(8)"), 0);
	/* A reader beside it finds what is in the log alone. */
	ck_assert_int_eq(database_open(&reader, path, DATABASE_READER, "BEGIN"), 0);
	ck_assert_int_eq(number(reader, "SELECT sum(x) FROM t"), 15);
	database_close(reader);
	ck_assert_int_eq(database_checkpoint(db, SQLITE_CHECKPOINT_PASSIVE, &frames, &moved), 0);
	ck_assert_int_eq(frames, 1); /* to open it has written nothing */
	database_close(db);
}
END_TEST

START_TEST(what_an_attempt_left_is_written_over)
{
	char made[sizeof(path) + 8];
	sqlite3 *db;
	FILE *f;

	(void)snprintf(made, sizeof(made), "%s.made", path);
	ck_assert_ptr_nonnull(f = fopen(made, "w"));
	for (unsigned i = 0; i < 100000; i++)
		(void)fputc('x', f);
	(void)fclose(f);
	ck_assert_int_eq(image_make(path, TABLE), 0);
	ck_assert(!is_there(".made"));
	ck_assert_int_eq(database_open(&db, path, DATABASE_DURABLE, ""), 0);
	ck_assert_int_eq(database_check(db), 0);
	ck_assert_int_eq(number(db, "SELECT x FROM t"), 7);
	database_close(db);
}
END_TEST

START_TEST(without_room_there_is_nothing)
{
	struct rlimit limit, small;

	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	small = (struct rlimit){ .rlim_cur = 5000, .rlim_max = limit.rlim_max };
	(void)signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	ck_assert_int_eq(image_make(path, TABLE), -EFBIG);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert(!is_there("") && !is_there(".made"));
	ck_assert_int_eq(image_make(path, TABLE), 0);
}
END_TEST

START_TEST(what_is_not_on_the_disk_has_no_name)
{
	failure = EIO;
	ck_assert_int_eq(image_make(path, TABLE), -EIO);
	ck_assert_uint_eq(syncs, 1);
	ck_assert(!is_there("") && !is_there(".made"));
}
END_TEST

START_TEST(what_goes_wrong_is_told)
{
	char nowhere[sizeof(path) + 8];

	ck_assert_int_lt(image_make(path, "CREATE TABLE t(x); CREATE TABLE t(x);"), 0);
	ck_assert(!is_there("") && !is_there(".made"));
	/* Of an empty one SQLite of some versions has no image: then it fails, and nothing is there. */
	ck_assert_int_eq(image_make(path, "") == 0, is_there(""));
	ck_assert(!is_there(".made"));
	(void)snprintf(nowhere, sizeof(nowhere), "%s/a/b.db", dir);
	ck_assert_int_eq(image_make(nowhere, TABLE), -ENOENT);
}
END_TEST

/* Killed at any moment, it leaves a whole one or none. */
START_TEST(killed_it_leaves_a_whole_one_or_none)
{
	sqlite3 *db;

	for (unsigned round = 0; round < 60; round++) {
		const struct timespec pause = { .tv_nsec = 20000L * round };
		const pid_t child = fork();

		ck_assert_int_ge(child, 0);
		if (child == 0)
			_exit(image_make(path, TABLE) != 0);
		(void)nanosleep(&pause, NULL);
		(void)kill(child, SIGKILL);
		ck_assert_int_eq(waitpid(child, NULL, 0), child);
		if (!is_there(""))
			continue;
		ck_assert_int_eq(database_open(&db, path, DATABASE_DURABLE, ""), 0);
		ck_assert_int_eq(database_check(db), 0);
		ck_assert_int_eq(number(db, "SELECT x FROM t"), 7);
		database_close(db);
		database_remove(path);
	}
	ck_assert_int_eq(image_make(path, TABLE), 0);
}
END_TEST

#else
START_TEST(an_old_sqlite_cannot)
{
	ck_assert_int_eq(image_make(path, TABLE), -ENOSYS);
	ck_assert(!is_there("") && !is_there(".made"));
}
END_TEST
#endif

Suite *
image_suite(void)
{
	Suite *s = suite_create("image");
	TCase *tc = tcase_create("image");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
#ifdef HAVE_SQLITE3_SERIALIZE
	tcase_add_test(tc, is_a_database_with_a_log);
	tcase_add_test(tc, what_an_attempt_left_is_written_over);
	tcase_add_test(tc, without_room_there_is_nothing);
	tcase_add_test(tc, what_is_not_on_the_disk_has_no_name);
	tcase_add_test(tc, what_goes_wrong_is_told);
	tcase_add_test(tc, killed_it_leaves_a_whole_one_or_none);
#else
	tcase_add_test(tc, an_old_sqlite_cannot);
#endif
	return s;
}
