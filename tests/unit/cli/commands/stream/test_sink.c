/* Where bytes go that a partner hands over: nothing counts before its end. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture.h"
#include "cli/commands/stream/sink.h"
#include "folder.h"
#include "host.h"

static char dir[FOLDER_PATH], path[FOLDER_PATH + 16];
static struct sink s;

static void
setup(void)
{
	folder_make(dir);
	(void)snprintf(path, sizeof(path), "%s/file", dir);
}

static void
teardown(void)
{
	folder_remove(dir);
}

static void
write_all(const char *text)
{
	while (*text) {
		const ssize_t n = sink_write(&s, text, strlen(text));

		ck_assert(n > 0 || n == -EAGAIN);
		text += n > 0 ? n : 0;
	}
}

static void
expect_file(const char *text, size_t len)
{
	char got[128];
	FILE *f = fopen(path, "r");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fread(got, 1, sizeof(got), f), len);
	ck_assert_mem_eq(got, text, len);
	ck_assert_int_eq(fclose(f), 0);
}

static unsigned
files(void)
{
	char command[FOLDER_PATH + 32];
	unsigned n = 0;
	FILE *f;

	(void)snprintf(command, sizeof(command), "ls -A %s | wc -l", dir);
	f = popen(command, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%u", &n), 1);
	ck_assert_int_eq(pclose(f), 0);
	return n;
}

START_TEST(a_file)
{
	struct stat st;

	ck_assert_int_eq(sink_open_file(&s, path), 0);
	ck_assert_int_eq(sink_begin(&s), 0);
	write_all("whole");
	ck_assert_int_eq(sink_hole(&s, 3), 3);
	write_all("!");
	ck_assert_int_eq(sink_hole(&s, 2), 2);
	ck_assert_int_lt(access(path, F_OK), 0); /* it has no name yet */
	ck_assert_uint_eq(s.at, 11);
	ck_assert_int_eq(sink_finish(&s), 0);
	expect_file("whole\0\0\0!\0\0", 11);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_uint_eq(files(), 1);
	ck_assert_int_eq(sink_open_file(&s, path), -EEXIST);
}
END_TEST

START_TEST(a_file_that_is_not_whole)
{
	ck_assert_int_eq(sink_open_file(&s, path), 0);
	write_all("half of it");
	sink_abort(&s);
	sink_abort(&s);
	ck_assert_uint_eq(files(), 0);
}
END_TEST

/* Somebody took the name meanwhile. */
START_TEST(a_name_that_is_taken)
{
	FILE *f;

	ck_assert_int_eq(sink_open_file(&s, path), 0);
	write_all("ours");
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs("theirs", f), 0);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(sink_finish(&s), -EEXIST);
	expect_file("theirs", 6);
	ck_assert_uint_eq(files(), 1);
}
END_TEST

START_TEST(no_file)
{
	char other[FOLDER_PATH + 512];

	(void)snprintf(other, sizeof(other), "%s/no-folder/file", dir);
	ck_assert_int_eq(sink_open_file(&s, other), -ENOENT);
	(void)snprintf(other, sizeof(other), "%s/", dir);
	ck_assert_int_eq(sink_open_file(&s, other), -EISDIR);
	(void)snprintf(other, sizeof(other), "%s/%0300u", dir, 1U);
	ck_assert_int_eq(sink_open_file(&s, other), -ENAMETOOLONG);
	ck_assert_int_eq(symlink("nowhere", path), 0);
	ck_assert_int_eq(sink_open_file(&s, path), -EEXIST); /* what it points to is not written */
	ck_assert_uint_eq(files(), 1);
}
END_TEST

START_TEST(standard_output)
{
	int fds[2], before, rc;
	char got[8];

	capture_begin(STDOUT_FILENO); /* a file */
	rc = sink_open_output(&s);
	if (rc == 0) {
		write_all("plain");
		rc = sink_finish(&s);
	}
	ck_assert_str_eq(capture_end(), "plain");
	ck_assert_int_eq(rc, 0);
	ck_assert_int_eq(s.fd, -1); /* a disk need not be polled */

	ck_assert_int_eq(pipe(fds), 0);
	before = dup(STDOUT_FILENO);
	ck_assert_int_eq(dup2(fds[1], STDOUT_FILENO), STDOUT_FILENO);
	rc = sink_open_output(&s);
	(void)dup2(before, STDOUT_FILENO);
	(void)close(before);
	ck_assert_int_eq(rc, 0);
	write_all("piped");
	ck_assert_int_eq(read(fds[0], got, sizeof(got)), 5);
	ck_assert_mem_eq(got, "piped", 5);
	while (sink_hole(&s, 4096) > 0)
		continue;                                         /* until the pipe is full: it does not wait */
	ck_assert_int_eq(fcntl(fds[1], F_GETFL) & O_NONBLOCK, 0); /* and others' writing does */
	ck_assert_int_eq(sink_finish(&s), 0);
}
END_TEST

/* What is there already is somebody's: zeros go behind it, and nothing is written over or cut. */
START_TEST(standard_output_that_holds_something)
{
	static const int how[] = { O_WRONLY | O_APPEND, O_RDWR }; /* as >> and 1<> have it */
	static const char *const after[] = { "more than that\0\0\0", "\0\0\0e than that" };
	static const size_t length[] = { 17, 14 };

	for (size_t i = 0; i < ARRAY_SIZE(how); i++) {
		FILE *f = fopen(path, "w");
		int fd, before, rc;

		ck_assert_ptr_nonnull(f);
		ck_assert_int_ge(fputs("more than that", f), 0);
		ck_assert_int_eq(fclose(f), 0);
		fd = open(path, how[i]);
		ck_assert_int_ge(fd, 0);
		before = dup(STDOUT_FILENO);
		ck_assert_int_eq(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
		(void)close(fd);
		rc = sink_open_output(&s);
		if (rc == 0 && sink_hole(&s, 3) == 3)
			rc = sink_finish(&s);
		(void)dup2(before, STDOUT_FILENO);
		(void)close(before);
		ck_assert_int_eq(rc, 0);
		expect_file(after[i], length[i]);
	}
}
END_TEST

static void
await_end(void)
{
	struct pollfd p = { .fd = s.fed.keeper, .events = POLLIN };

	while (!fed_ended(&s.fed))
		(void)poll(&p, 1, -1);
}

START_TEST(a_command)
{
	char sh[] = "sh", c[] = "-c", script[FOLDER_PATH + 64];
	char *const argv[] = { sh, c, script, NULL };

	(void)snprintf(script, sizeof(script), "cat >%s && exit 3", path);
	ck_assert_int_eq(sink_open_command(&s, argv), 0);
	ck_assert_int_eq(sink_begin(&s), 0);
	write_all("all of it");
	ck_assert_int_eq(sink_finish(&s), 0);
	await_end();
	ck_assert_int_eq(fed_exit_status(&s.fed), 3);
	expect_file("all of it", 9);
	(void)snprintf(script, sizeof(script), "cat && touch %s", path);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(sink_open_command(&s, argv), 0);
	ck_assert_int_eq(sink_begin(&s), 0);
	sink_abort(&s); /* it is ended before it could take that for the end */
	await_end();
	ck_assert_int_gt(fed_exit_status(&s.fed), 128);
	ck_assert_uint_eq(files(), 0);
}
END_TEST

START_TEST(no_command)
{
	char none[] = "/no/such/command";
	char *const argv[] = { none, NULL };

	if (!host_tells_of_no_program(__func__))
		return;
	ck_assert_int_eq(sink_open_command(&s, argv), 0);
	ck_assert_int_eq(sink_begin(&s), -ENOENT);
	sink_abort(&s);
}
END_TEST

Suite *
sink_suite(void)
{
	Suite *suite = suite_create("sink");
	TCase *tc = tcase_create("sink"), *command = tcase_create("command");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_file);
	tcase_add_test(tc, a_file_that_is_not_whole);
	tcase_add_test(tc, a_name_that_is_taken);
	tcase_add_test(tc, no_file);
	tcase_add_test(tc, standard_output);
	tcase_add_test(tc, standard_output_that_holds_something);
	suite_add_tcase(suite, tc);
	tcase_set_timeout(command, 120);
	tcase_set_tags(command, "processes");
	tcase_add_checked_fixture(command, setup, teardown);
	tcase_add_test(command, a_command);
	tcase_add_test(command, no_command);
	suite_add_tcase(suite, command);
	return suite;
}
