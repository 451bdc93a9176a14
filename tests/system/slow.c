#include "slow.h"

#include <err.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
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

/* ------ a socket that is locked ------ */

static struct {
	int fd, faults;
	unsigned most_seconds;
	void *page; /* nobody has it */
	size_t size;
	atomic_bool over;
} locked;

/* The kernel holds the socket's lock while it waits for the page. */
static void *
hold(void *unused)
{
	(void)!send(locked.fd, locked.page, locked.size, MSG_NOSIGNAL);
	atomic_store(&locked.over, true);
	return unused;
}

static void *
watch(void *unused)
{
	(void)sleep(locked.most_seconds);
	slow_unlock();
	return unused;
}

void
slow_unlock(void)
{
	struct uffdio_zeropage zeros = { .range = { .start = (uintptr_t)locked.page, .len = locked.size } };

	(void)ioctl(locked.faults, UFFDIO_ZEROPAGE, &zeros);
}

bool
slow_is_locked(void)
{
	return !atomic_load(&locked.over);
}

static bool
make_page(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	locked.size = (size_t)sysconf(_SC_PAGESIZE);
	locked.page = mmap(NULL, locked.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	locked.faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	range.range.start = (uintptr_t)locked.page;
	range.range.len = locked.size;
	return locked.page != MAP_FAILED && locked.faults >= 0 && ioctl(locked.faults, UFFDIO_API, &api) == 0 &&
	    ioctl(locked.faults, UFFDIO_REGISTER, &range) == 0;
}

int
slow_lock(unsigned most_seconds)
{
	struct uffd_msg fault;
	pthread_t thread;

	locked.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	locked.most_seconds = most_seconds;
	if (locked.fd < 0 || connect(locked.fd, (struct sockaddr *)&peer, sizeof(peer)) < 0)
		err(2, "a socket that is locked");
	if (!make_page())
		return -1;
	if (pthread_create(&thread, NULL, hold, NULL) != 0 || pthread_create(&thread, NULL, watch, NULL) != 0)
		errx(2, "no thread");
	if (read(locked.faults, &fault, sizeof(fault)) != sizeof(fault))
		err(2, "a page that is waited for");
	return locked.fd;
}

/* ------ closing ------ */

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
