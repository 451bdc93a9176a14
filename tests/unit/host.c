#include "host.h"

#include <check.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* At once and in one piece, as the report is written by another process. */
static bool
answer(bool there, const char *test, const char *what)
{
	if (!there)
		(void)dprintf(STDOUT_FILENO, "# not run here: %s: there is no %s\n", test, what);
	return there;
}

bool
host_tells_groups(const char *test)
{
	socklen_t len = 0;
	int fds[2];
	bool there;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	there = getsockopt(fds[0], SOL_SOCKET, SO_PEERGROUPS, NULL, &len) == 0 || errno == ERANGE;
	(void)close(fds[0]);
	(void)close(fds[1]);
	return answer(there, test, "SO_PEERGROUPS");
}

static int
close_it(void *fd)
{
	return close(*(int *)fd);
}

bool
host_shares_descriptors(const char *test)
{
	static _Alignas(16) char stack[65536];
	int fd = dup(STDOUT_FILENO);
	pid_t pid;
	bool there;

	ck_assert_int_ge(fd, 0);
	pid = clone(close_it, stack + sizeof(stack), CLONE_FILES | SIGCHLD, &fd);
	if (pid > 0)
		ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	there = close(fd) < 0 && pid > 0;
	return answer(there, test, "child that shares our descriptors");
}

bool
host_locks_sockets(const char *test, int fd)
{
	return answer(fd >= 0, test, "userfaultfd(2) for us");
}

bool
host_tells_of_no_program(const char *test)
{
	char none[] = "/no/such/program";
	char *const argv[] = { none, NULL };
	pid_t pid;
	const bool there = posix_spawn(&pid, none, NULL, NULL, argv, environ) != 0;

	if (!there)
		ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	return answer(there, test, "word of a program that cannot be run");
}
