/*
 * What a session at another host has of ssh(1), without a host, a key or a cipher: listens at LOCAL and passes bytes on to and from
 * REMOTE, both sockets of this host. It takes the arguments that the helper gives ssh, and looks at `-L LOCAL:REMOTE` alone. Bytes
 * go as they come, and a slow side is not read from meanwhile; a connection ends when either side of it has ended. For tests, and
 * as the bare relay of `make bench`.
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PAIRS 32U
#define ENDS (2 * PAIRS)

/* ends[i] and ends[i ^ 1] are one connection; -1: none. Each has bytes that are still to be written to it. */
static struct end {
	int fd;
	size_t at, n;
	char todo[65536];
} ends[ENDS];

static struct sockaddr_un
address(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(sun.sun_path))
		errx(255, "%s: too long", path);
	memcpy(sun.sun_path, path, strlen(path) + 1);
	return sun;
}

static int
listen_at(const char *path)
{
	const struct sockaddr_un sun = address(path);
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)unlink(path); /* StreamLocalBindUnlink */
	if (fd < 0 || bind(fd, (const struct sockaddr *)&sun, sizeof(sun)) < 0 || listen(fd, 16) < 0)
		err(255, "Could not request local forwarding: %s", path);
	return fd;
}

static void
hang_up(unsigned i)
{
	for (unsigned k = 0; k < 2; k++, i ^= 1) {
		(void)close(ends[i].fd);
		ends[i].fd = -1;
		ends[i].n = 0;
	}
}

static void
take(int listener, const char *remote)
{
	const struct sockaddr_un sun = address(remote);
	unsigned i = 0;
	int there;

	while (i < ENDS && ends[i].fd >= 0)
		i += 2;
	const int here = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (here < 0)
		return; /* it is asked for again */
	if (i == ENDS || (there = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0) {
		(void)close(here);
		return;
	}
	ends[i].fd = here;
	ends[i + 1].fd = there;
	if (connect(there, (const struct sockaddr *)&sun, sizeof(sun)) < 0) {
		(void)fprintf(stderr, "channel %u: open failed: connect failed: %s\n", i / 2, strerror(errno));
		hang_up(i);
	}
}

static bool
passes(ssize_t n)
{
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/* Writes what waits for this end, and reads for the other one when nothing waits there. */
static void
pass(unsigned i)
{
	struct end *to = &ends[i], *other = &ends[i ^ 1];
	ssize_t n;

	if (to->n > 0) {
		if (!passes(n = write(to->fd, to->todo + to->at, to->n))) {
			hang_up(i);
			return;
		}
		to->at += n > 0 ? (size_t)n : 0;
		to->n -= n > 0 ? (size_t)n : 0;
	}
	if (other->n == 0) {
		if (!passes(n = read(to->fd, other->todo, sizeof(other->todo)))) {
			hang_up(i);
			return;
		}
		other->at = 0;
		other->n = n > 0 ? (size_t)n : 0;
		if (n > 0 && passes(n = write(other->fd, other->todo, other->n)) && n > 0) {
			other->at = (size_t)n;
			other->n -= (size_t)n;
		}
	}
}

static _Noreturn void
serve(int listener, const char *remote)
{
	for (struct pollfd p[ENDS + 1];;) {
		for (unsigned i = 0; i < ENDS; i++)
			p[i] = (struct pollfd){ .fd = ends[i].fd,
				.events = (short)((ends[i].n > 0 ? POLLOUT : 0) | (ends[i ^ 1].n == 0 ? POLLIN : 0)) };
		p[ENDS] = (struct pollfd){ .fd = listener, .events = POLLIN };
		if (poll(p, ENDS + 1, -1) < 0)
			continue;
		for (unsigned i = 0; i < ENDS; i++)
			if (p[i].revents && ends[i].fd == p[i].fd)
				pass(i);
		if (p[ENDS].revents)
			take(listener, remote);
	}
}

int
main(int argc, char **argv)
{
	char *colon;

	(void)signal(SIGPIPE, SIG_IGN);
	for (unsigned i = 0; i < ENDS; i++)
		ends[i].fd = -1;
	for (int i = 1; i + 1 < argc; i++)
		if (strcmp(argv[i], "-L") == 0 && (colon = strchr(argv[i + 1], ':'))) {
			*colon = '\0';
			serve(listen_at(argv[i + 1]), colon + 1);
		}
	errx(255, "usage: ssh -L LOCAL:REMOTE");
}
