/* What systemd passes, and what it is told; played by the test. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/notify.h"
#include "folder.h"

#define PASSED 3 /* the first descriptor that is passed */

static char dir[FOLDER_PATH];
static struct sockaddr_un sa = { .sun_family = AF_UNIX };

static void
setup(void)
{
	folder_make(dir);
	(void)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/sock", dir);
}

static void
teardown(void)
{
	folder_remove(dir);
}

/* A socket of that type, bound, in the place of the passed one. */
static int
pass(int type, bool listens)
{
	const int fd = socket(AF_UNIX, type, 0);

	(void)unlink(sa.sun_path);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&sa, sizeof(sa)), 0);
	ck_assert(!listens || listen(fd, 1) == 0);
	if (fd != PASSED) {
		ck_assert_int_eq(dup2(fd, PASSED), PASSED);
		ck_assert_int_eq(close(fd), 0);
	}
	return PASSED;
}

static int
ask(const char *pid, const char *fds, char path[PATH_MAX])
{
	char ours[24];

	(void)snprintf(ours, sizeof(ours), "%d", getpid());
	ck_assert_int_eq(pid ? setenv("LISTEN_PID", *pid ? pid : ours, 1) : unsetenv("LISTEN_PID"), 0);
	ck_assert_int_eq(fds ? setenv("LISTEN_FDS", fds, 1) : unsetenv("LISTEN_FDS"), 0);
	return notify_listener(path);
}

START_TEST(nothing_is_passed)
{
	char path[PATH_MAX];

	ck_assert_int_eq(ask(NULL, NULL, path), -ENOENT);
	ck_assert_int_eq(ask("", NULL, path), -ENOENT);
	ck_assert_int_eq(ask("1", "1", path), -ENOENT); /* to another process */
	ck_assert_int_eq(ask("", "0", path), -ENOENT);
	ck_assert_int_eq(ask("", "1x", path), -ENOENT);
	ck_assert_ptr_null(getenv("LISTEN_FDS"));
	ck_assert_ptr_null(getenv("LISTEN_PID"));
}
END_TEST

/* In a child: its descriptor 3 is not ours to take. */
START_TEST(a_socket_is_passed)
{
	char path[PATH_MAX];
	const int kept = fcntl(PASSED, F_DUPFD_CLOEXEC, 10);

	ck_assert_int_eq(pass(SOCK_STREAM, true), PASSED);
	ck_assert_int_eq(ask("", "1", path), PASSED);
	ck_assert_str_eq(path, sa.sun_path);
	ck_assert_int_ne(fcntl(PASSED, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_ne(fcntl(PASSED, F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_int_eq(ask("", "2", path), -EINVAL);
	(void)pass(SOCK_STREAM, false);
	ck_assert_int_eq(ask("", "1", path), -EINVAL);
	(void)pass(SOCK_DGRAM, false);
	ck_assert_int_eq(ask("", "1", path), -EINVAL);
	ck_assert_int_eq(dup2(open("/dev/null", O_RDONLY), PASSED), PASSED);
	ck_assert_int_eq(ask("", "1", path), -EINVAL);
	if (kept >= 0)
		ck_assert_int_eq(dup2(kept, PASSED), PASSED); /* check's own file, perhaps */
}
END_TEST

static void
expect(int fd, const char *state)
{
	char got[64];
	const ssize_t n = recv(fd, got, sizeof(got), MSG_DONTWAIT);

	ck_assert_int_eq(n, (ssize_t)strlen(state));
	ck_assert_mem_eq(got, state, strlen(state));
}

START_TEST(it_is_told)
{
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const char *const name = sa.sun_path;

	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&sa, sizeof(sa)), 0);
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", name, 1), 0);
	notify_state("READY=1");
	expect(fd, "READY=1");
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", name + 1, 1), 0); /* no path */
	notify_state("READY=1");
	ck_assert_int_eq(unsetenv("NOTIFY_SOCKET"), 0);
	notify_state("READY=1");
	ck_assert_int_lt(recv(fd, sa.sun_path, 0, MSG_DONTWAIT), 0);
	ck_assert_int_eq(close(fd), 0);
}
END_TEST

START_TEST(in_the_abstract_namespace)
{
	struct sockaddr_un abstract = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const int n = snprintf(abstract.sun_path, sizeof(abstract.sun_path), "@pchat-unit-%d", getpid());
	char name[sizeof(abstract.sun_path)];

	(void)snprintf(name, sizeof(name), "%s", abstract.sun_path);
	abstract.sun_path[0] = '\0';
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&abstract,
			     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)n)),
	    0);
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", name, 1), 0);
	notify_state("STOPPING=1");
	expect(fd, "STOPPING=1");
	ck_assert_int_eq(close(fd), 0);
	notify_state("STOPPING=1"); /* nobody listens any more */
}
END_TEST

Suite *
notify_suite(void)
{
	Suite *s = suite_create("notify");
	TCase *tc = tcase_create("notify");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, nothing_is_passed);
	tcase_add_test(tc, a_socket_is_passed);
	tcase_add_test(tc, it_is_told);
	tcase_add_test(tc, in_the_abstract_namespace);
	suite_add_tcase(s, tc);
	return s;
}
