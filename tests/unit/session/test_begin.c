/* A session's lock that another helper holds: whether that one is waited for, and that the processor rests meanwhile. */
#include <check.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "folder.h"
#include "net/socket.h"
#include "session/begin.h"
#include "session/fake_process.h"

#define START 100000U

static char dir[FOLDER_PATH], words[256];
static struct rundir r;
static int lock; /* another helper's */

static void
setup(void)
{
	char path[RUNDIR_PATH_MAX];

	folder_make(dir);
	ck_assert_int_eq(setenv("XDG_RUNTIME_DIR", dir, 1), 0);
	ck_assert_int_eq(rundir_make(&r, NULL), 0);
	rundir_path(&r, "alice", path);
	lock = socket_lock(path, NULL);
	ck_assert_int_ge(lock, 0);
	fake_process_begin(START);
}

static void
teardown(void)
{
	fake_process_end();
	(void)close(lock);
	rundir_close(&r);
	folder_remove(dir);
}

static void
make_session(void)
{
	struct session_file file = { .name = "alice", .base = "alice" };

	ck_assert_int_eq(session_file_write(&r, &file), 0);
}

/* For so long, by pauses alone: the clock stands still for who takes none. */
static uint64_t
waits_for(enum verdict end, bool resume)
{
	const struct session_start start = { .host = "", .name = "alice", .resume = resume };
	static struct session s;

	ck_assert_int_eq(begin_session(&s, &start, words, sizeof(words)), end);
	begin_undo(&s);
	return clock_monotonic_ms() - START;
}

START_TEST(one_on_its_way_out_is_waited_for)
{
	ck_assert_uint_gt(waits_for(VERDICT_TAKEN, false), 1000);
}
END_TEST

START_TEST(one_whose_session_is_there_stays)
{
	make_session();
	ck_assert_uint_eq(waits_for(VERDICT_TAKEN, false), 0);
	ck_assert_str_eq(words, "you are logged in under that name already");
}
END_TEST

START_TEST(one_that_is_to_be_succeeded_is_waited_for)
{
	make_session();
	ck_assert_uint_gt(waits_for(VERDICT_STARTING, true), 1000);
	ck_assert_str_eq(words, "another helper of this session is already running");
}
END_TEST

Suite *
begin_suite(void)
{
	Suite *s = suite_create("begin");
	TCase *tc = tcase_create("begin");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, one_on_its_way_out_is_waited_for);
	tcase_add_test(tc, one_whose_session_is_there_stays);
	tcase_add_test(tc, one_that_is_to_be_succeeded_is_waited_for);
	suite_add_tcase(s, tc);
	return s;
}
