#include "cli/process/fed.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "cli/process/child.h"
#include "cli/process/hangup.h"

#define PIPE_BYTES (1 << 20)

enum word { GO = 'g', WHOLE = 'w', STOP = 's' };

static void
close_end(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

/* ------------------------------------------------------------------------- the keeper */

/* What it has, and nothing else: standard output and error are for the command. */
struct care {
	int control; /* to us */
	int output;  /* what the command reads */
	int input;   /* its other end */
	char *const *argv;
	struct child child;
	bool whole;
};

/*
 * Keeps the three descriptors, as 3 to 5, and what is below. 0 or -errno: then no command may begin, which could see a
 * false end.
 */
static int
keep_only(struct care *c)
{
	int *const mine[] = { &c->control, &c->output, &c->input };

	for (size_t i = 0; i < ARRAY_SIZE(mine); i++) {
		const int fd = fcntl(*mine[i], F_DUPFD_CLOEXEC, 10); /* above those that are overwritten */

		if (fd < 0)
			return -errno;
		*mine[i] = fd;
	}
	for (size_t i = 0; i < ARRAY_SIZE(mine); i++) {
		const int fd = dup3(*mine[i], (int)(STDERR_FILENO + 1 + i), O_CLOEXEC);

		if (fd < 0)
			return -errno;
		*mine[i] = fd;
	}
	(void)syscall(SYS_close_range, (unsigned)(STDERR_FILENO + 1 + ARRAY_SIZE(mine)), ~0U, 0U);
	return 0;
}

/* The next word of the command that we serve; 0: it is gone. */
static char
listen_to(const struct care *c)
{
	char word;
	ssize_t n;

	while ((n = read(c->control, &word, 1)) < 0 && errno == EINTR)
		continue;
	return n == 1 ? word : 0;
}

static void
say(const struct care *c, int value)
{
	(void)send(c->control, &value, sizeof(value), MSG_NOSIGNAL);
}

static void
end_all(struct child *c)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	struct hangup e = { 0 };

	hangup_begin(&e, c);
	while (!child_ended(c)) {
		(void)poll(&p, 1, hangup_poll_time(&e));
		hangup_go_on(&e, c);
	}
	hangup_finish(&e);
}

static void
on_word(struct care *c)
{
	const char word = listen_to(c);

	if (word == WHOLE) {
		c->whole = true;
		close_end(&c->input);
	} else if (word == STOP || !c->whole) {
		end_all(&c->child);
	} else {
		_exit(0); /* all is there, and nobody wants to know what becomes of it */
	}
}

static _Noreturn void
take_care(struct care *c)
{
	sigset_t all;
	int rc;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, NULL); /* what a terminal sends is for the command, and for us */
	rc = keep_only(c);
	if (listen_to(c) != GO)
		_exit(0);
	if (rc == 0)
		rc = child_start(&c->child, c->argv, c->output, -1, false);
	say(c, rc);
	if (rc < 0)
		_exit(0);
	(void)close(c->output);
	(void)close(STDIN_FILENO);
	(void)close(STDOUT_FILENO); /* whoever reads what the command writes sees its end, not ours */
	(void)close(STDERR_FILENO);
	while (!child_ended(&c->child)) {
		struct pollfd p[2] = { { .fd = c->child.fd, .events = POLLIN },
			{ .fd = c->control, .events = POLLIN } };

		if (poll(p, 2, -1) > 0 && p[1].revents && !p[0].revents)
			on_word(c);
	}
	say(c, c->child.status);
	_exit(0);
}

/* ------------------------------------------------------------------------- the command that we serve */

static void
let_go(struct fed *f)
{
	close_end(&f->input);
	close_end(&f->keeper);
}

/* Both ends of the pipe and of the connection to the keeper. 0 or -errno, and then some may be there. */
static int
open_ends(struct fed *f, struct care *c)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	c->output = ends[0];
	f->input = ends[1];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	f->keeper = ends[0];
	c->control = ends[1];
	return 0;
}

int
fed_prepare(struct fed *f, char *const argv[])
{
	struct care care = { .argv = argv, .control = -1, .output = -1 };
	pid_t pid = -1;
	int rc;

	*f = (struct fed){ .input = -1, .keeper = -1, .unread = -1 };
	rc = open_ends(f, &care);
	if (rc == 0 && (pid = fork()) < 0)
		rc = -errno;
	if (rc == 0 && pid == 0) {
		care.input = f->input;
		take_care(&care);
	}
	close_end(&care.control);
	close_end(&care.output);
	if (rc < 0) {
		let_go(f);
		return rc;
	}
	(void)fcntl(f->input, F_SETPIPE_SZ, PIPE_BYTES);
	(void)fcntl(f->input, F_SETFL, O_NONBLOCK); /* of this end: the command's is another */
	return 0;
}

static bool
tell_keeper(const struct fed *f, enum word word)
{
	const char byte = (char)word;

	return send(f->keeper, &byte, 1, MSG_NOSIGNAL) == 1;
}

int
fed_begin(struct fed *f)
{
	int error = -ESRCH;

	if (tell_keeper(f, GO) && recv(f->keeper, &error, sizeof(error), MSG_WAITALL) != (ssize_t)sizeof(error))
		error = -ESRCH;
	if (error < 0)
		let_go(f);
	return error;
}

void
fed_whole(struct fed *f)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", f->input);
	f->unread = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	(void)close(f->input);
	f->input = -1;
	(void)tell_keeper(f, WHOLE);
}

void
fed_stop(struct fed *f)
{
	if (f->keeper >= 0 && !f->ended)
		(void)tell_keeper(f, STOP);
}

bool
fed_ended(struct fed *f)
{
	ssize_t n;

	if (f->ended || f->keeper < 0)
		return true;
	n = recv(f->keeper, &f->status, sizeof(f->status), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n != (ssize_t)sizeof(f->status))
		f->status = SIGKILL; /* the keeper was killed: nobody knows */
	f->ended = true;
	return true;
}

size_t
fed_left(const struct fed *f)
{
	const int pipe = f->unread >= 0 ? f->unread : f->input;
	int n = 0;

	return pipe >= 0 && ioctl(pipe, FIONREAD, &n) == 0 && n > 0 ? (size_t)n : 0;
}

int
fed_signal(const struct fed *f)
{
	return WIFSIGNALED(f->status) ? WTERMSIG(f->status) : 0;
}

int
fed_exit_status(const struct fed *f)
{
	return WIFEXITED(f->status) ? WEXITSTATUS(f->status) : 128 + WTERMSIG(f->status);
}
