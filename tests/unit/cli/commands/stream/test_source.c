/* Files read by a process of their own: what it says of each, and that its bytes are those of the file. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands/stream/source.h"
#include "folder.h"
#include "quick.h"
#include "trace.h"

static char dir[FOLDER_PATH], path[3][FOLDER_PATH + 16];
static char *const paths[] = { path[0], path[1], path[2] };
static struct source s;

static void
setup(void)
{
	trace_clear();
	folder_make(dir);
	for (int i = 0; i < 3; i++)
		(void)snprintf(path[i], sizeof(path[i]), "%s/%d", dir, i);
}

static void
teardown(void)
{
	source_close(&s);
	source_close(&s);
	folder_remove(dir);
}

static void
make(const char *name, size_t bytes)
{
	FILE *f = fopen(name, "w");

	ck_assert_ptr_nonnull(f);
	for (size_t i = 0; i < bytes; i++)
		quick_assert(fputc((int)(i * 31 % 251), f) != EOF);
	ck_assert_int_eq(fclose(f), 0);
}

/* The next word, which comes. */
static struct source_word
next(void)
{
	struct pollfd p = { .fd = s.fd, .events = POLLIN };
	struct source_word w;
	int rc;

	while ((rc = source_next(&s, &w)) == 0)
		ck_assert_int_eq(poll(&p, 1, -1), 1);
	ck_assert_int_eq(rc, 1);
	return w;
}

/* All of one file, to its END: its bytes are those that make() wrote, holes aside. */
static size_t
read_file(void)
{
	struct source_word w;
	size_t at = 0;

	while ((w = next()).said == SOURCE_DATA || w.said == SOURCE_HOLE) {
		const uint8_t *data = w.said == SOURCE_DATA ? source_data(&s) : NULL;

		for (size_t i = 0; data && i < w.bytes; i++)
			if (data[i] != (at + i) * 31 % 251)
				ck_abort_msg("byte %zu is %u", at + i, data[i]);
		at += w.bytes;
	}
	ck_assert_int_eq(w.said, SOURCE_END);
	return at;
}

START_TEST(files)
{
	static const size_t sizes[] = { 3, 0, 3000000 }; /* more than all slots hold */

	for (int i = 0; i < 3; i++)
		make(path[i], sizes[i]);
	ck_assert_int_eq(source_open(&s, paths, 3), 0);
	for (int i = 0; i < 3; i++) {
		const struct source_word w = next();

		ck_assert_int_eq(w.said, SOURCE_OPENED);
		ck_assert_uint_eq(w.bytes, sizes[i]);
	}
	source_begin(&s);
	for (int i = 0; i < 3; i++)
		ck_assert_uint_eq(read_file(), sizes[i]);
}
END_TEST

/* It is read up to the length that it had when it was opened. */
START_TEST(one_that_grows)
{
	make(path[0], 10);
	ck_assert_int_eq(source_open(&s, paths, 1), 0);
	ck_assert_uint_eq(next().bytes, 10);
	make(path[0], 20);
	source_begin(&s);
	ck_assert_uint_eq(read_file(), 10);
}
END_TEST

START_TEST(one_that_shrinks)
{
	struct source_word w;

	make(path[0], 10);
	ck_assert_int_eq(source_open(&s, paths, 1), 0);
	ck_assert_uint_eq(next().bytes, 10);
	ck_assert_int_eq(truncate(path[0], 0), 0);
	source_begin(&s);
	do
		w = next();
	while (w.said == SOURCE_DATA || w.said == SOURCE_HOLE);
	ck_assert_int_eq(w.said, SOURCE_FAILED);
	ck_assert_int_eq(w.error, 0);
}
END_TEST

START_TEST(what_is_no_file)
{
	struct source_word w;

	make(path[0], 1);
	ck_assert_int_eq(mkfifo(path[1], 0600), 0); /* which it does not wait for */
	ck_assert_int_eq(source_open(&s, paths, 3), 0);
	ck_assert_int_eq(next().said, SOURCE_OPENED);
	w = next();
	ck_assert_int_eq(w.said, SOURCE_REFUSED);
	ck_assert_int_eq(w.error, 0);
	source_close(&s);

	ck_assert_int_eq(unlink(path[1]), 0);
	ck_assert_int_eq(symlink(path[0], path[1]), 0); /* and which it does not follow */
	ck_assert_int_eq(source_open(&s, paths + 1, 1), 0);
	w = next();
	ck_assert_int_eq(w.said, SOURCE_REFUSED);
	ck_assert_int_eq(w.error, ELOOP);
	source_close(&s);
	ck_assert_int_eq(source_open(&s, paths + 2, 1), 0);
	ck_assert_int_eq(next().error, ENOENT);
}
END_TEST

START_TEST(a_hole)
{
	const off_t size = 1 << 20;

	ck_assert_int_eq(close(open(path[0], O_WRONLY | O_CREAT | O_CLOEXEC, 0600)), 0);
	ck_assert_int_eq(truncate(path[0], size), 0);
	ck_assert_int_eq(source_open(&s, paths, 1), 0);
	ck_assert_uint_eq(next().bytes, (uint64_t)size);
	source_begin(&s);
	for (uint64_t at = 0; at < (uint64_t)size;) {
		const struct source_word w = next();

		/* A file system that knows no holes has zeros. */
		ck_assert(w.said == SOURCE_HOLE || w.said == SOURCE_DATA);
		if (w.said == SOURCE_DATA)
			ck_assert_uint_eq(source_data(&s)[w.bytes - 1], 0);
		at += w.bytes;
	}
	ck_assert_int_eq(next().said, SOURCE_END);
}
END_TEST

Suite *
source_suite(void)
{
	Suite *suite = suite_create("source");
	TCase *tc = tcase_create("source");

	tcase_set_timeout(tc, 120);
	tcase_set_tags(tc, "processes");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, files);
	tcase_add_test(tc, one_that_grows);
	tcase_add_test(tc, one_that_shrinks);
	tcase_add_test(tc, what_is_no_file);
	tcase_add_test(tc, a_hole);
	suite_add_tcase(suite, tc);
	return suite;
}
