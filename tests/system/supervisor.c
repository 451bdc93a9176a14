/*
 * What systemd does for a daemon, for tests on hosts that have none: passes a listening socket (LISTEN_FDS), and
 * prints what the daemon tells (NOTIFY_SOCKET), each notice a line, up to the last one, "STOPPING=1".
 *
 * usage: supervisor SOCKET NOTIFY COMMAND [ARGUMENT]...
 *
 * NOTIFY is a path, or @NAME in the abstract namespace. The process becomes COMMAND.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/macros.h"

#define LISTEN_FD 3

static int
bound(const char *path, int type)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	const size_t len = strlen(path);
	const int fd = socket(AF_UNIX, type, 0);

	if (len >= sizeof(sa.sun_path))
		errx(1, "'%s' is too long", path);
	memcpy(sa.sun_path, path, len);
	if (path[0] == '@')
		sa.sun_path[0] = '\0';
	if (fd < 0 ||
	    bind(fd, (const struct sockaddr *)&sa, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0)
		err(1, "cannot bind '%s'", path);
	return fd;
}

static void
print_notices(int fd)
{
	char notice[256];
	ssize_t n;

	while ((n = recv(fd, notice, sizeof(notice), 0)) >= 0 || errno == EINTR) {
		if (n < 0)
			continue;
		(void)printf("%.*s\n", (int)n, notice);
		(void)fflush(stdout);
		if (n == 10 && memcmp(notice, "STOPPING=1", 10) == 0)
			return;
	}
}

int
main(int argc, char **argv)
{
	char pid[24];
	int notices, listener;

	if (argc < 4)
		errx(2, "usage: supervisor SOCKET NOTIFY COMMAND [ARGUMENT]...");
	listener = bound(argv[1], SOCK_STREAM);
	notices = bound(argv[2], SOCK_DGRAM);
	if (listen(listener, SOMAXCONN) < 0 || chmod(argv[1], 0666) < 0)
		err(1, "cannot listen at '%s'", argv[1]);
	switch (fork()) {
	case -1:
		err(1, "fork");
	case 0:
		(void)close(listener);
		print_notices(notices);
		return 0;
	default:
		break;
	}
	if (notices == LISTEN_FD || (listener != LISTEN_FD && dup2(listener, LISTEN_FD) < 0))
		errx(1, "no descriptor %d", LISTEN_FD);
	(void)close(notices);
	(void)snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	if (setenv("LISTEN_PID", pid, 1) < 0 || setenv("LISTEN_FDS", "1", 1) < 0 ||
	    setenv("NOTIFY_SOCKET", argv[2], 1) < 0)
		err(1, "setenv");
	(void)execvp(argv[3], argv + 3);
	err(1, "cannot run '%s'", argv[3]);
}
