#include "daemon/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define LISTEN_FD 3 /* where passed descriptors begin */

/* The number in an environment variable, or -1. Taken out, so that nobody we start believes it. */
static long
take_number(const char *variable)
{
	const char *text = getenv(variable);
	char *end;
	long n;

	if (!text || !*text)
		return -1;
	n = strtol(text, &end, 10);
	if (*end != '\0')
		n = -1;
	(void)unsetenv(variable);
	return n;
}

static bool
has_option(int fd, int option, int value)
{
	int got;
	socklen_t len = sizeof(got);

	return getsockopt(fd, SOL_SOCKET, option, &got, &len) == 0 && got == value;
}

int
notify_listener(char path[PATH_MAX])
{
	const long pid = take_number("LISTEN_PID"), fds = take_number("LISTEN_FDS");
	struct sockaddr_un sa = { .sun_family = AF_UNSPEC };
	socklen_t len = sizeof(sa);

	if (pid != getpid() || fds < 1)
		return -ENOENT;
	if (fds != 1 || !has_option(LISTEN_FD, SO_DOMAIN, AF_UNIX) || !has_option(LISTEN_FD, SO_TYPE, SOCK_STREAM) ||
	    !has_option(LISTEN_FD, SO_ACCEPTCONN, 1))
		return -EINVAL;
	if (fcntl(LISTEN_FD, F_SETFD, FD_CLOEXEC) < 0 || fcntl(LISTEN_FD, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	if (getsockname(LISTEN_FD, (struct sockaddr *)&sa, &len) < 0)
		return -errno;
	(void)snprintf(path, PATH_MAX, "%.*s", (int)sizeof(sa.sun_path), sa.sun_path);
	return LISTEN_FD;
}

void
notify_state(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	_cleanup_(closep) int fd = -1;
	size_t len;

	if (!path || (path[0] != '/' && path[0] != '@') || (len = strlen(path)) >= sizeof(sa.sun_path))
		return;
	memcpy(sa.sun_path, path, len);
	if (path[0] == '@')
		sa.sun_path[0] = '\0'; /* the abstract namespace */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0)
		(void)sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&sa,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
}
