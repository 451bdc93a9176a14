/* What an earlier daemon has left: real files, read at the start, and by real children where that failed. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/notes/earlier.h"
#include "folder.h"

static char dir[FOLDER_PATH];
static struct ev_loop *loop;
static struct kept_work work;
static struct earlier earlier;
static struct {
	unsigned count;
	uint64_t number[8];
	bool no_memory;
} found;
static enum earlier_outcome outcome;
static unsigned outcomes;

static bool
on_found(void *context, uint64_t number, const struct kept_record *r)
{
	ck_assert_ptr_eq(context, &found);
	ck_assert_uint_eq(r->note.length, 5);
	if (found.no_memory)
		return false;
	ck_assert_uint_lt(found.count, 8);
	found.number[found.count++] = number;
	return true;
}

static void
on_done(void *context, const struct kept_done *d)
{
	ck_assert_ptr_eq(context, &work);
	outcome = earlier_tried(&earlier, d);
	outcomes += outcome != EARLIER_GOES_ON;
}

static const struct earlier_class class = { .found = on_found };
static const struct kept_work_class work_class = { .done = on_done };

static void
setup(void)
{
	folder_make(dir);
	memset(&found, 0, sizeof(found));
	memset(&work, 0, sizeof(work));
	outcomes = 0;
	loop = ev_default_loop(0);
	ck_assert_int_eq(kept_work_init(&work, &work_class, &work, loop, dir), 0);
	earlier_init(&earlier, &class, &found, &work);
}

static void
teardown(void)
{
	kept_work_end(&work);
	earlier_end(&earlier);
	folder_remove(dir);
}

static void
leave(uint64_t number)
{
	const struct kept_record r = {
		.to_name = "bob", .to_uid = 2000, .note = { .body = (const uint8_t *)"hello", .length = 5 }
	};
	uint8_t bytes[KEPT_FILE_MAX];
	const size_t n = kept_file_encode(&r, bytes, sizeof(bytes));

	ck_assert_int_eq(kept_file_store(dir, number, bytes, n), 0);
}

static enum earlier_outcome
try(void)
{
	const unsigned before = outcomes;

	earlier_try(&earlier);
	ck_assert(earlier.trying);
	earlier_try(&earlier); /* one at a time */
	ck_assert_uint_eq(work.count, 1);
	while (outcomes == before)
		(void)ev_run(loop, EVRUN_ONCE);
	while (worker_runs(&work.worker))
		(void)ev_run(loop, EVRUN_ONCE);
	return outcome;
}

START_TEST(test_earlier_reads_at_the_start)
{
	leave(7);
	leave(3);
	ck_assert(!earlier_is_over(&earlier));
	ck_assert_int_eq(earlier_read(&earlier), 0);
	ck_assert(earlier_is_over(&earlier));
	ck_assert_uint_eq(earlier.newest, 7);
	ck_assert_uint_eq(found.count, 2);
	ck_assert_uint_eq(found.number[0], 3);
	ck_assert_uint_eq(found.number[1], 7);
	earlier_try(&earlier); /* nothing is left */
	ck_assert_uint_eq(work.count, 0);
}
END_TEST

/* What could not be taken over is tried again, in its order, and what was kept after it waits so long. */
START_TEST(test_earlier_tries_again)
{
	leave(3);
	leave(7);
	found.no_memory = true;
	ck_assert_int_eq(earlier_read(&earlier), 0);
	ck_assert(!earlier_is_over(&earlier));
	ck_assert_int_eq(try(), EARLIER_FAILED);
	ck_assert(!earlier_comes_first(&earlier, 3));
	ck_assert(earlier_comes_first(&earlier, 4));
	found.no_memory = false;
	ck_assert_int_eq(try(), EARLIER_READ);
	ck_assert(!earlier_comes_first(&earlier, 7));
	ck_assert(earlier_comes_first(&earlier, 8));
	ck_assert_int_eq(try(), EARLIER_READ);
	ck_assert(!earlier_comes_first(&earlier, UINT64_MAX));
	ck_assert(earlier_is_over(&earlier));
	ck_assert_uint_eq(found.count, 2);
	ck_assert_uint_eq(found.number[0], 3);
	ck_assert_uint_eq(found.number[1], 7);
}
END_TEST

/* Nothing waits for a file that fails again and again, nor long for many of them; but all are tried on and on. */
START_TEST(test_earlier_gives_up)
{
	enum { FILES = 100, EACH = 4, ALL = 64 };
	unsigned tries = 0;

	for (uint64_t n = 1; n <= FILES; n++)
		leave(n);
	found.no_memory = true;
	ck_assert_int_eq(earlier_read(&earlier), 0);
	work.count = 1; /* no child is started: */
	work.worker.pid = 1;
	for (; earlier_comes_first(&earlier, UINT64_MAX); tries++) {
		const struct kept_done d = {
			.task = TASK_FIND, .result = RESULT_FAILED, .number = earlier.missed[earlier.first]
		};

		ck_assert_uint_eq(earlier.lost, tries < ALL ? tries / EACH : tries - ALL + ALL / EACH);
		ck_assert_int_eq(earlier_tried(&earlier, &d), EARLIER_FAILED);
	}
	ck_assert_uint_eq(tries, ALL + FILES - ALL / EACH);
	ck_assert_uint_eq(earlier.lost, FILES);
	work.count = 0;
	work.worker.pid = 0;
	found.no_memory = false;
	while (!earlier_is_over(&earlier)) {
		found.count = 0;
		ck_assert_int_eq(try(), EARLIER_READ);
		ck_assert_uint_eq(found.count, 1);
	}
	ck_assert_uint_eq(earlier.lost, 0);
}
END_TEST

/* The folder was not there to be read: what is in it is found, one after the other, in its order. */
START_TEST(test_earlier_lists_the_folder)
{
	enum { MANY = 3 };
	char aside[FOLDER_PATH + 8];

	for (uint64_t n = 1; n <= MANY; n++)
		leave(n);
	(void)snprintf(aside, sizeof(aside), "%s.aside", dir);
	ck_assert_int_eq(rename(dir, aside), 0);
	ck_assert_int_eq(symlink("/dev/null/nowhere", dir), 0);
	ck_assert_int_lt(earlier_read(&earlier), 0);
	ck_assert_int_eq(try(), EARLIER_FAILED);
	ck_assert(!earlier.listed);
	ck_assert_int_eq(unlink(dir), 0);
	ck_assert_int_eq(rename(aside, dir), 0);
	ck_assert_int_eq(try(), EARLIER_LISTED);
	ck_assert_uint_eq(earlier.newest, MANY);
	ck_assert(!earlier_is_over(&earlier));
	for (unsigned n = 0; n < MANY; n++)
		ck_assert_int_eq(try(), EARLIER_READ);
	ck_assert(earlier_is_over(&earlier));
	for (unsigned n = 0; n < MANY; n++)
		ck_assert_uint_eq(found.number[n], n + 1);
}
END_TEST

/* More than one answer holds: a child's next answer goes on behind it. */
START_TEST(test_earlier_lists_by_parts)
{
	static uint64_t numbers[KEPT_LIST_MOST];
	struct kept_done d = {
		.task = TASK_LIST, .result = RESULT_BYTES, .bytes = (const uint8_t *)numbers, .length = sizeof(numbers)
	};

	for (size_t i = 0; i < KEPT_LIST_MOST; i++)
		numbers[i] = i + 1;
	work.count = 1; /* no child is started: */
	work.worker.pid = 1;
	ck_assert_int_eq(earlier_tried(&earlier, &d), EARLIER_GOES_ON);
	d.length = sizeof(numbers[0]);
	numbers[0] = KEPT_LIST_MOST + 1;
	ck_assert_int_eq(earlier_tried(&earlier, &d), EARLIER_LISTED);
	ck_assert_uint_eq(earlier.newest, KEPT_LIST_MOST + 1);
	ck_assert_uint_eq(earlier.end, KEPT_LIST_MOST + 1);
	d.length = 3; /* nonsense */
	earlier.listed = false;
	ck_assert_int_eq(earlier_tried(&earlier, &d), EARLIER_FAILED);
	ck_assert_uint_eq(earlier.end, 0);
	work.worker.pid = 0;
}
END_TEST

/* What cannot be read now, and what is no note at all. */
START_TEST(test_earlier_outcomes)
{
	uint64_t missed[] = { 1, 2 };
	struct kept_done d = { .task = TASK_FIND, .result = RESULT_FAILED, .number = 1, .bytes = (const uint8_t *)"x" };

	earlier.listed = true;
	earlier.missed = missed;
	earlier.end = 2;
	ck_assert_int_eq(earlier_tried(&earlier, &d), EARLIER_FAILED);
	d.number = 2;
	d.result = RESULT_UNSURE;
	ck_assert_int_eq(earlier_tried(&earlier, &d), EARLIER_FAILED);
	d.number = 1;
	d.result = RESULT_GONE;
	ck_assert_int_eq(earlier_tried(&earlier, &d), EARLIER_READ);
	d.number = 2;
	d.result = RESULT_BYTES;
	d.length = 1;
	ck_assert_int_eq(earlier_tried(&earlier, &d), EARLIER_READ);
	ck_assert(earlier_is_over(&earlier));
	ck_assert_uint_eq(found.count, 0);
	earlier.missed = NULL;
}
END_TEST

Suite *
earlier_suite(void)
{
	Suite *s = suite_create("earlier");
	TCase *tc = tcase_create("earlier");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_earlier_reads_at_the_start);
	tcase_add_test(tc, test_earlier_tries_again);
	tcase_add_test(tc, test_earlier_gives_up);
	tcase_add_test(tc, test_earlier_lists_the_folder);
	tcase_add_test(tc, test_earlier_lists_by_parts);
	tcase_add_test(tc, test_earlier_outcomes);
	suite_add_tcase(s, tc);
	return s;
}
