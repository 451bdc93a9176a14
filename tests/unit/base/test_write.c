/* All of something is written, to a descriptor that takes it in parts. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/write.h"

#define BYTES (1U << 20) /* more than a pipe holds */

START_TEST(takes_as_many_writes_as_it_needs)
{
	static char data[BYTES], got[BYTES];
	int fds[2], status;
	size_t n = 0;
	pid_t pid;

	for (size_t i = 0; i < BYTES; i++)
		data[i] = (char)(i * 7 + i / 251);
	ck_assert_int_eq(pipe(fds), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		(void)close(fds[0]);
		_exit(write_whole(fds[1], data, BYTES) != 0);
	}
	(void)close(fds[1]);
	for (ssize_t r; n < BYTES && (r = read(fds[0], got + n, BYTES - n < 777 ? BYTES - n : 777)) > 0;)
		n += (size_t)r;
	ck_assert_uint_eq(n, BYTES);
	ck_assert_int_eq(memcmp(data, got, BYTES), 0);
	ck_assert_int_eq(read(fds[0], got, 1), 0); /* and nothing more */
	(void)close(fds[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(says_why_it_cannot)
{
	ck_assert_int_eq(write_whole(-1, "x", 1), -EBADF);
	ck_assert_int_eq(write_whole(-1, "x", 0), 0);
	ck_assert_int_eq(write_names("/"), 0);
	ck_assert_int_eq(write_names("/nowhere"), -ENOENT);
	ck_assert_int_eq(write_names("/dev/null"), -ENOTDIR);
}
END_TEST

Suite *
write_suite(void)
{
	Suite *s = suite_create("write");
	TCase *t = tcase_create("core");

	tcase_add_test(t, takes_as_many_writes_as_it_needs);
	tcase_add_test(t, says_why_it_cannot);
	suite_add_tcase(s, t);
	return s;
}
