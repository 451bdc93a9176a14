/* What waits for the disk of kept notes, done by real children; and where none can be started. */
#include <check.h>
#include <errno.h>
#include <string.h>

#include "daemon/notes/kept_work.h"
#include "folder.h"

static char dir[FOLDER_PATH];
static struct ev_loop *loop;
static struct kept_work work;
static struct {
	unsigned count;
	struct kept_done d[4];
	uint8_t bytes[64]; /* of the last one */
} done;

static void
on_done(void *context, const struct kept_done *d)
{
	ck_assert_ptr_eq(context, &done);
	ck_assert_uint_lt(done.count, 4);
	done.d[done.count++] = *d;
	if (d->result == RESULT_BYTES)
		memcpy(done.bytes, d->bytes, d->length < sizeof(done.bytes) ? d->length : sizeof(done.bytes));
}

static const struct kept_work_class class = { .done = on_done };

static void
setup(void)
{
	folder_make(dir);
	memset(&done, 0, sizeof(done));
	memset(&work, 0, sizeof(work));
	loop = ev_default_loop(0);
	ck_assert_int_eq(kept_work_init(&work, &class, &done, loop, dir), 0);
}

static void
teardown(void)
{
	kept_work_end(&work);
	folder_remove(dir);
}

static void
run(void)
{
	while (work.count > 0 || worker_runs(&work.worker))
		(void)ev_run(loop, EVRUN_ONCE);
}

static void
queue(enum kept_task task, uint64_t number, uint64_t token)
{
	static const char text[] = "a note";

	ck_assert(
	    kept_work_queue(&work, task, number, token, (const uint8_t *)text, task == TASK_STORE ? sizeof(text) : 0));
}

START_TEST(test_kept_work_in_order)
{
	uint64_t number;

	queue(TASK_STORE, 1, 11);
	queue(TASK_LOAD, 1, 12);
	queue(TASK_LIST, 0, 0);
	queue(TASK_FORGET, 1, 13);
	ck_assert(kept_work_goes_on(&work, 13));
	run();
	ck_assert(!kept_work_goes_on(&work, 13));
	ck_assert_uint_eq(done.count, 4);
	for (unsigned i = 0; i < 4; i++)
		ck_assert_int_eq(done.d[i].result, i == 0 || i == 3 ? RESULT_DONE : RESULT_BYTES);
	ck_assert_uint_eq(done.d[1].token, 12);
	ck_assert_uint_eq(done.d[1].length, sizeof("a note"));
	ck_assert_uint_eq(done.d[2].length, sizeof(uint64_t));
	memcpy(&number, done.bytes, sizeof(number));
	ck_assert_uint_eq(number, 1);
}
END_TEST

START_TEST(test_kept_work_of_nothing)
{
	queue(TASK_LOAD, 1, 0);
	queue(TASK_LIST, 0, 0);
	run();
	ck_assert_int_eq(done.d[0].result, RESULT_GONE);
	ck_assert_int_eq(done.d[1].result, RESULT_DONE);
	ck_assert(!kept_work_may_pass(done.d[0].result));
}
END_TEST

/* A child that dies may have done it. */
START_TEST(test_kept_work_of_the_dead)
{
	queue(TASK_STORE, 1, 1);
	ck_assert(worker_runs(&work.worker));
	work.worker.length = 0;
	work.worker.over = true;
	work.worker.told(&work.worker);
	ck_assert_int_eq(done.d[0].result, RESULT_UNSURE);
	ck_assert(kept_work_may_pass(done.d[0].result));
}
END_TEST

/* What is to be kept waits only so long a queue; what is to be read or forgotten, always. */
START_TEST(test_kept_work_is_bounded)
{
	unsigned n = 0;

	while (kept_work_queue(&work, TASK_STORE, n, 0, (const uint8_t *)"x", 1))
		ck_assert_uint_lt(n++, 10000);
	ck_assert_uint_eq(n, work.count);
	queue(TASK_FORGET, 1, 0);
	kept_work_end(&work); /* nobody is told */
	ck_assert_uint_eq(done.count, 0);
	TAILQ_INIT(&work.jobs);
}
END_TEST

START_TEST(test_kept_work_name)
{
	char name[PATH_MAX];

	memset(name, 'x', sizeof(name));
	name[PATH_MAX - 1] = '\0';
	ck_assert_int_eq(kept_work_init(&work, &class, &done, loop, name), -ENAMETOOLONG);
}
END_TEST

Suite *
kept_work_suite(void)
{
	Suite *s = suite_create("kept_work");
	TCase *tc = tcase_create("kept_work");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_kept_work_in_order);
	tcase_add_test(tc, test_kept_work_of_nothing);
	tcase_add_test(tc, test_kept_work_of_the_dead);
	tcase_add_test(tc, test_kept_work_is_bounded);
	tcase_add_test(tc, test_kept_work_name);
	suite_add_tcase(s, tc);
	return s;
}
