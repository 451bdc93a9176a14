#include "session/history/history_spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/write.h"
#include "core/via.h"
#include "net/process.h"
#include "proto/control.h"

/* The new program's descriptors: the connection as 0 and 1, the request as 3; every other one closes by itself. */
static _Noreturn void
run(char *const argv[], int connection, int request)
{
	sigset_t none;
	int high = fcntl(request, F_DUPFD, 4);

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	if (high >= 0 && dup2(connection, STDIN_FILENO) >= 0 && dup2(connection, STDOUT_FILENO) >= 0 &&
	    dup2(high, HISTORY_SPAWN_FD) >= 0 && close(high) == 0)
		(void)execv(argv[0], argv);
	_exit(127);
}

/* The child of a child that ends at once: it is init's to reap. */
static int
spawn(char *const argv[], int connection, int request)
{
	const pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		const pid_t child = fork();

		if (child == 0)
			run(argv, connection, request);
		_exit(child < 0);
	}
	int status = 1;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return status == 0 ? 0 : -EAGAIN;
}

/* The program that is started, and a pair of sockets for it. 0 or -errno. */
static int
prepare(char program[PATH_MAX], int fds[2])
{
	const int r = process_path("pchat-session", program, PATH_MAX);

	if (r < 0)
		return r;
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0 ? -errno : 0;
}

int
history_spawn(const char *name, int connection, const struct control_message *request, int *ended)
{
	char program[PATH_MAX], option[] = "--history", descriptor[] = "--request-fd", number[] = "3";
	char session[VIA_SESSION_MAX + 1];
	char *const argv[] = { program, option, session, descriptor, number, NULL };
	uint8_t frame[1024];
	_cleanup_(closep) int out = -1;
	_cleanup_(closep) int in = -1;
	size_t n;
	int fds[2], r;

	(void)snprintf(session, sizeof(session), "%s", name);
	(void)snprintf(number, sizeof(number), "%d", HISTORY_SPAWN_FD);
	if ((r = prepare(program, fds)) < 0)
		return r;
	out = fds[0];
	in = fds[1];
	n = control_encode(request, frame, sizeof(frame));
	if (n == 0 || write_whole(in, frame, n) < 0 || shutdown(in, SHUT_WR) < 0)
		return -EIO;
	if ((r = spawn(argv, connection, out)) < 0)
		return r;
	*ended = in;
	in = -1;
	return 0;
}

int
history_spawn_forget(const char *name, int *ended)
{
	char program[PATH_MAX], option[] = "--forget", session[VIA_SESSION_MAX + 1];
	char *const argv[] = { program, option, session, NULL };
	_cleanup_(closep) int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	_cleanup_(closep) int out = -1;
	_cleanup_(closep) int in = -1;
	int fds[2], r;

	(void)snprintf(session, sizeof(session), "%s", name);
	if (nothing < 0)
		return -errno;
	if ((r = prepare(program, fds)) < 0)
		return r;
	out = fds[0];
	in = fds[1];
	if ((r = spawn(argv, nothing, in)) < 0)
		return r;
	*ended = out;
	out = -1;
	return 0;
}
