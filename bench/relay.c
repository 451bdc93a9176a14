/*
 * The limit: a bare relay. It pairs connections in the order of their arrival
 * and passes bytes on as they come: no names, no rules, no frames, no checks.
 * usage: relay SOCKET
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FDS 65536

static int partner[FDS];
static char buffer[65536];

static void
watch(int ep, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) < 0)
		err(1, "epoll_ctl");
}

static void
pass(int fd)
{
	const ssize_t n = read(fd, buffer, sizeof(buffer));

	if (n <= 0)
		close(fd);
	else
		for (ssize_t done = 0, w; done < n; done += w)
			if ((w = write(partner[fd], buffer + done, (size_t)(n - done))) < 0)
				break;
}

int
main(int argc, char **argv)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	const struct rlimit nofile = { FDS, FDS };
	const int ep = epoll_create1(0), listener = socket(AF_UNIX, SOCK_STREAM, 0);
	int waiting = -1;

	if (argc != 2 || strlen(argv[1]) >= sizeof(sun.sun_path))
		errx(2, "usage: relay SOCKET");
	strcpy(sun.sun_path, argv[1]);
	(void)setrlimit(RLIMIT_NOFILE, &nofile);
	if (bind(listener, (struct sockaddr *)&sun, sizeof(sun)) < 0 || listen(listener, 4096) < 0)
		err(1, "%s", argv[1]);
	watch(ep, listener);
	for (struct epoll_event ev[256];;) {
		const int n = epoll_wait(ep, ev, 256, -1);

		for (int i = 0; i < n; i++) {
			if (ev[i].data.fd != listener) {
				pass(ev[i].data.fd);
				continue;
			}
			const int fd = accept(listener, NULL, NULL);
			if (fd < 0 || fd >= FDS)
				err(1, "accept");
			if (waiting >= 0) {
				partner[fd] = waiting;
				partner[waiting] = fd;
			}
			waiting = waiting >= 0 ? -1 : fd;
			watch(ep, fd);
		}
	}
}
