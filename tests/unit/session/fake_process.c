#include "session/fake_process.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/socket.h"
#include "trace.h"

#define CHILD 4194305 /* no process has a number so high */
#define LOOKS 10000U  /* at a clock that stands still: who looks so often waits without a pause */

static struct {
	bool on, runs;
	uint64_t now;
	unsigned looks; /* since it was set, or went on */
	int fork_error;
	unsigned forks;
	int pipe; /* a copy of the child's end */
	int ends_by;
	int connects;
} fake;

void
fake_process_begin(uint64_t now_ms)
{
	memset(&fake, 0, sizeof(fake));
	fake.on = true;
	fake.now = now_ms;
	fake.pipe = -1;
	fake.ends_by = SIGTERM;
	fake.connects = -ENOENT;
}

void
fake_process_end(void)
{
	fake.on = false;
}

void
fake_clock(uint64_t now_ms)
{
	fake.now = now_ms;
	fake.looks = 0;
}

void
fake_fork_fails(int error)
{
	fake.fork_error = error;
}

unsigned
fake_forks(void)
{
	return fake.forks;
}

void
fake_child_says(const char *text)
{
	ck_assert_int_eq(write(fake.pipe, text, strlen(text)), (ssize_t)strlen(text));
}

int
fake_child_pipe(void)
{
	return fake.pipe;
}

void
fake_child_ends(void)
{
	ck_assert(fake.runs);
	fake.runs = false;
	(void)close(fake.pipe);
	fake.pipe = -1;
}

void
fake_child_ends_by(int signal)
{
	fake.ends_by = signal;
}

void
fake_connects(int result)
{
	fake.connects = result;
}

/* ------------------------------------------------------------------------- in the place of the system's */

uint64_t __real_clock_monotonic_ms(void);
uint64_t
__wrap_clock_monotonic_ms(void)
{
	if (!fake.on)
		return __real_clock_monotonic_ms();
	ck_assert_msg(fake.looks++ < LOOKS, "the clock is looked at all the time");
	return fake.now;
}

int __real_poll(struct pollfd *fds, nfds_t n, int timeout);
int
__wrap_poll(struct pollfd *fds, nfds_t n, int timeout)
{
	if (!fake.on || n > 0)
		return __real_poll(fds, n, timeout);
	fake_clock(fake.now + (uint64_t)timeout);
	return 0;
}

int __real_pipe2(int fds[2], int flags);
int
__wrap_pipe2(int fds[2], int flags)
{
	const int r = __real_pipe2(fds, flags);

	if (fake.on && r == 0) {
		if (fake.pipe >= 0)
			(void)close(fake.pipe);
		fake.pipe = dup(fds[1]);
	}
	return r;
}

pid_t __real_fork(void);
pid_t
__wrap_fork(void)
{
	if (!fake.on)
		return __real_fork();
	if (fake.fork_error != 0) {
		errno = fake.fork_error;
		return -1;
	}
	ck_assert(!fake.runs); /* one at a time */
	fake.runs = true;
	fake.forks++;
	return CHILD;
}

pid_t __real_waitpid(pid_t pid, int *status, int options);
pid_t
__wrap_waitpid(pid_t pid, int *status, int options)
{
	if (!fake.on)
		return __real_waitpid(pid, status, options);
	ck_assert_int_eq(pid, CHILD);
	*status = 0;
	return fake.runs ? 0 : CHILD;
}

int __real_kill(pid_t pid, int signal);
int
__wrap_kill(pid_t pid, int signal)
{
	if (!fake.on)
		return __real_kill(pid, signal);
	ck_assert_int_eq(pid, CHILD);
	trace("signal %d", signal);
	if (fake.runs && (signal == fake.ends_by || signal == SIGKILL))
		fake_child_ends();
	return 0;
}

int __real_socket_connect(const char *path, bool blocking);
int
__wrap_socket_connect(const char *path, bool blocking)
{
	if (!fake.on)
		return __real_socket_connect(path, blocking);
	ck_assert(!blocking);
	trace("connect %s", strrchr(path, '/') + 1);
	return fake.connects;
}
