/*
 * Passes descriptors whose last close blocks to a daemon or helper, and says what becomes of it: "refused" (the
 * kernel does not let it), "sent", and "closed" when the other side has closed the connection.
 *
 * usage: passer SOCKET WAY [COUNT]
 *
 *   read     COUNT descriptors with the first byte
 *   oob      one, with a byte out of band
 *   nested   a socket on which one waits unread
 *   crowd    connects COUNT times, and passes one over each at once
 *   locked   one whose lock is held, as the uid COUNT, and says at last whether it still is; started by root. Status 77: that
 *            cannot be had here
 *
 * It waits $PATIENCE seconds for that. What blocks: slow.h.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "pass.h"
#include "slow.h"

static int
reach(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(path) >= sizeof(to.sun_path))
		err(2, "socket");
	strcpy(to.sun_path, path);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		err(2, "cannot connect to '%s'", path);
	return fd;
}

/* Passes `count` times `fd`, with one byte. 0 or an errno. */
static int
pass(int over, int fd, unsigned count, int flags)
{
	return pass_descriptors(over, "x", 1, fd, count, flags) < 0 ? errno : 0;
}

/* Passes it and gives up our own, so that theirs is the last. False: it did not go, and is ours until we end. */
static bool
hand(int over, int fd, unsigned count, int flags)
{
	const int error = pass(over, fd, count, flags);

	if (error == 0)
		slow_close(fd);
	(void)puts(error == 0 ? "sent" : error == EPERM ? "refused" : strerror(error));
	(void)fflush(stdout);
	return error == 0;
}

static int
make_nested(void)
{
	int pair[2];
	const int fd = slow_make();

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0 || pass(pair[0], fd, 1, 0) != 0)
		err(2, "a socket on which one waits");
	(void)close(fd);
	(void)close(pair[0]);
	return pair[1];
}

static void
await_end(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	const char *patience = getenv("PATIENCE");
	const int wait_ms = 1000 * (patience ? atoi(patience) : 30);
	char bytes[4096];

	while (poll(&p, 1, wait_ms) > 0) {
		if (recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) <= 0) {
			(void)puts("closed");
			return;
		}
	}
	(void)puts("open");
}

static void
crowd(const char *path, unsigned count)
{
	int fd[PASS_MOST], slow[PASS_MOST];
	bool sent[PASS_MOST];

	for (unsigned i = 0; i < count; i++)
		slow[i] = slow_make();
	for (unsigned i = 0; i < count; i++) {
		fd[i] = reach(path);
		sent[i] = hand(fd[i], slow[i], 1, 0);
	}
	for (unsigned i = 0; i < count; i++)
		if (sent[i])
			await_end(fd[i]);
}

/* What we hold is not closed before they have closed the connection, or are stuck. */
static void
locked(const char *path, unsigned uid)
{
	const int held = slow_lock(3600);
	int fd;

	if (held < 0)
		exit(77);
	/* This thread alone: setresuid(3) would wait for the one that holds the lock. */
	if (syscall(SYS_setresuid, uid, uid, uid) < 0)
		err(2, "setresuid");
	fd = reach(path);
	if (pass(fd, held, 1, 0) != 0)
		err(2, "it cannot be passed");
	(void)puts("sent");
	(void)fflush(stdout);
	await_end(fd);
	(void)puts(slow_is_locked() ? "locked" : "unlocked");
	(void)fflush(stdout);
	_exit(0); /* nobody can stop the thread that holds the lock, as a search for leaks would */
}

int
main(int argc, char **argv)
{
	const char *path = argc > 2 ? argv[1] : NULL, *way = argc > 2 ? argv[2] : "";
	const unsigned count = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 1;
	struct rlimit files = { .rlim_cur = 1024, .rlim_max = 1024 };
	bool sent;
	int fd;

	if (!path || count < 1 || (count > PASS_MOST && strcmp(way, "locked") != 0))
		errx(2, "usage: passer SOCKET WAY [COUNT]");
	(void)setrlimit(RLIMIT_NOFILE, &files);
	slow_begin();
	if (strcmp(way, "crowd") == 0) {
		crowd(path, count);
		return 0;
	}
	if (strcmp(way, "locked") == 0) {
		locked(path, count);
		return 0;
	}
	fd = reach(path);
	if (strcmp(way, "nested") == 0)
		sent = hand(fd, make_nested(), 1, 0);
	else
		sent = hand(fd, slow_make(), count, strcmp(way, "oob") == 0 ? MSG_OOB : 0);
	if (sent)
		await_end(fd);
	return 0;
}
