#include "slow.h"

#include <err.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define LINGER_SECONDS 3600

static struct sockaddr_in peer;

void
slow_begin(void)
{
	socklen_t n = sizeof(peer);
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int small = 4096;

	peer = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)) < 0 ||
	    bind(fd, (struct sockaddr *)&peer, n) < 0 || listen(fd, 4096) < 0 ||
	    getsockname(fd, (struct sockaddr *)&peer, &n) < 0)
		err(2, "a peer that reads nothing");
}

int
slow_make(void)
{
	const struct linger hour = { .l_onoff = 1, .l_linger = LINGER_SECONDS };
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), small = 4096;
	char bytes[4096] = "";

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)) < 0 ||
	    connect(fd, (struct sockaddr *)&peer, sizeof(peer)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hour, sizeof(hour)) < 0)
		err(2, "a socket that lingers");
	while (send(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		continue;
	return fd;
}

static void
wake(int signal)
{
	(void)signal;
}

/* A signal ends the wait, and one that comes too early is followed by the next. */
void
slow_close(int fd)
{
	const struct sigaction act = { .sa_handler = wake };
	const struct itimerval often = { .it_interval.tv_usec = 10000, .it_value.tv_usec = 10000 }, never = { 0 };

	(void)sigaction(SIGALRM, &act, NULL);
	(void)setitimer(ITIMER_REAL, &often, NULL);
	(void)close(fd);
	(void)setitimer(ITIMER_REAL, &never, NULL);
}
