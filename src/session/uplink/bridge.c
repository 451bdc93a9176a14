#include "session/uplink/bridge.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/translate.h"
#include "net/process.h"
#include "net/socket.h"
#include "proto/safe.h"

#define HEARD_MAX 4096U          /* of what ssh says, the end */
#define HEAR_READS 64U           /* at a time: more than a pipe holds */
#define END_MS 200               /* that ssh has for it before it is killed */
#define SAFE_MAX (8 * VIA_WORDS) /* of words, when each byte is shown as a number */
#define ARGUMENT_MAX (VIA_PATH_MAX + SESSION_BASE_MAX + 16)

struct bridge {
	struct via via;
	struct via_state state;
	const struct session_file *file;
	const struct rundir *dir;
	struct ev_loop *loop;
	char socket[SESSION_BASE_MAX + sizeof("./.via")]; /* relative to dir */
	pid_t pid;                                        /* 0: none runs */
	ev_io err;                                        /* what it says; fd -1: nothing any more */
	size_t heard_len;
	char heard[HEARD_MAX + 1];
	char words[VIA_WORDS]; /* of the latest trouble */
};

/* ------------------------------------------------------------------------- what ssh says */

static void
stop_hearing(struct bridge *b)
{
	if (b->err.fd < 0)
		return;
	ev_io_stop(b->loop, &b->err);
	(void)close(b->err.fd);
	b->err.fd = -1;
}

/* The older half makes room for what comes. As read(2). */
static ssize_t
hear_some(struct bridge *b)
{
	ssize_t n;

	if (b->heard_len == HEARD_MAX) {
		b->heard_len = HEARD_MAX / 2;
		memmove(b->heard, b->heard + HEARD_MAX - b->heard_len, b->heard_len);
	}
	n = read(b->err.fd, b->heard + b->heard_len, HEARD_MAX - b->heard_len);
	for (ssize_t i = 0; i < n; i++)
		if (b->heard[b->heard_len + (size_t)i] == '\0')
			b->heard[b->heard_len + (size_t)i] = '?';
	b->heard_len += n > 0 ? (size_t)n : 0;
	return n;
}

/* What never ends does not keep the loop: what is left has its turn. */
static void
hear(struct bridge *b)
{
	ssize_t n = -1;

	for (unsigned i = 0; i < HEAR_READS && b->err.fd >= 0 && (n = hear_some(b)) > 0; i++)
		continue;
	b->heard[b->heard_len] = '\0';
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		stop_hearing(b);
}

static void
on_heard(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop, (void)revents;
	hear(w->data);
}

/* The server may have written a part of it. */
static void
log_words(const char *words)
{
	char safe[SAFE_MAX];
	const size_t n = safe_line(words, strlen(words), safe, sizeof(safe));

	log_notice("%.*s", (int)n, safe);
}

/* Words about the latest trouble; each is logged once. */
static enum via_trouble
understand(struct bridge *b)
{
	char words[VIA_WORDS];
	enum via_trouble why;

	hear(b);
	why = via_explain(&b->via, b->heard, translate, words);
	if (strcmp(words, b->words) != 0)
		log_words(words);
	memcpy(b->words, words, sizeof(words));
	b->heard_len = 0;
	b->heard[0] = '\0';
	return why;
}

/* ------------------------------------------------------------------------- ssh */

/* It ends with this helper, also when that is killed. */
static _Noreturn void
run(const struct bridge *b, int err, pid_t parent)
{
	char forward[ARGUMENT_MAX], login[VIA_LOGIN_MAX + 1];
	char *const argv[] = { "ssh", "-N", "-T", "-S", "none", "-o", "ControlMaster=no", "-o",
		"ExitOnForwardFailure=yes", "-o", "ForwardAgent=no", "-o", "PermitLocalCommand=no", "-o",
		"RemoteCommand=none", "-o", "StreamLocalBindUnlink=yes", "-o", "ServerAliveInterval=15", "-o",
		"BatchMode=yes", "-L", forward, "--", login, NULL };
	int null;

	(void)snprintf(forward, sizeof(forward), "%s:%s", b->socket, b->via.path);
	(void)snprintf(login, sizeof(login), "%s", b->via.login);
	process_default_signals();
	if (!process_dies_with(parent, SIGTERM) || fchdir(b->dir->fd) < 0 ||
	    (b->file->agent[0] && setenv("SSH_AUTH_SOCK", b->file->agent, 1) < 0) ||
	    (null = open("/dev/null", O_RDWR)) < 0 || dup2(err, STDERR_FILENO) < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(null, STDOUT_FILENO) < 0)
		_exit(127);
	process_close_from(STDERR_FILENO + 1);
	(void)execvp(argv[0], argv);
	(void)dprintf(STDERR_FILENO, "cannot run ssh: %s\n", strerror(errno));
	_exit(127);
}

static int
dial(struct bridge *b)
{
	_cleanup_(closep) int in = -1;
	const pid_t self = getpid();
	int fds[2];

	(void)unlinkat(b->dir->fd, b->socket, 0); /* of an ssh that was killed: nobody listens there */
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	in = fds[1];
	if (fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0 || (b->pid = fork()) < 0) {
		const int r = -errno;

		b->pid = 0;
		(void)close(fds[0]);
		return r;
	}
	if (b->pid == 0)
		run(b, in, self);
	b->heard_len = 0;
	b->heard[0] = '\0';
	ev_io_init(&b->err, on_heard, fds[0], EV_READ);
	b->err.data = b;
	ev_io_start(b->loop, &b->err);
	via_dialed(&b->state, clock_monotonic_ms());
	return 0;
}

/* Whether it has ended; then what it said is understood. */
static void
look(struct bridge *b)
{
	int status;

	if (b->pid == 0 || waitpid(b->pid, &status, WNOHANG) == 0)
		return;
	b->pid = 0;
	via_ended(&b->state, understand(b), clock_monotonic_ms());
	stop_hearing(b);
}

static void
hang_up(struct bridge *b)
{
	int status;

	if (b->pid == 0)
		return;
	(void)kill(b->pid, SIGTERM);
	for (int waited = 0; waitpid(b->pid, &status, WNOHANG) == 0; waited += 5) {
		if (waited >= END_MS)
			(void)kill(b->pid, SIGKILL);
		(void)poll(NULL, 0, 5);
	}
	b->pid = 0;
	stop_hearing(b);
	(void)unlinkat(b->dir->fd, b->socket, 0);
}

/* ------------------------------------------------------------------------- as a whole */

static int
reach(const struct bridge *b)
{
	char path[RUNDIR_PATH_MAX];
	int fd;

	rundir_path(b->dir, b->socket + 2, path);
	fd = socket_connect(path, false);
	return fd < 0 ? -EAGAIN : fd;
}

int
bridge_connect(struct bridge *b)
{
	int r;

	look(b);
	switch (via_next(&b->state, clock_monotonic_ms())) {
	case VIA_HANG_UP:
		hang_up(b);
		via_ended(&b->state, understand(b), clock_monotonic_ms());
		return -EAGAIN;
	case VIA_DIAL:
		return (r = dial(b)) < 0 ? r : -EAGAIN;
	case VIA_CONNECT:
		return reach(b);
	default:
		return -EAGAIN;
	}
}

void
bridge_reached(struct bridge *b)
{
	via_reached(&b->state);
	b->words[0] = '\0';
}

void
bridge_closed(struct bridge *b, bool heard)
{
	look(b);
	if (b->pid == 0 || (heard && b->state.phase != VIA_UP))
		return;
	via_turned_away(&b->state, clock_monotonic_ms());
	hear(b);
	if (b->state.trouble == VIA_CLOSED && b->heard_len > 0)
		(void)understand(b);
	else if (b->state.trouble == VIA_CLOSED)
		(void)snprintf(b->words, sizeof(b->words),
		    "ssh is let in by '%s', and its connection to '%s' is closed there at once", b->via.host,
		    b->via.path);
}

const char *
bridge_trouble(const struct bridge *b)
{
	return b->words[0] ? b->words : NULL;
}

const char *
bridge_hopeless(const struct bridge *b)
{
	return b->state.trouble == VIA_PERSON ? bridge_trouble(b) : NULL;
}

struct bridge *
bridge_new(const struct session_file *file, const struct rundir *dir, const char *base, struct ev_loop *loop)
{
	struct bridge *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->file = file;
	b->dir = dir;
	b->loop = loop;
	b->err.fd = -1;
	if (!via_parse(file->via, &b->via)) /* a damaged file: ssh says so */
		(void)snprintf(b->via.login, sizeof(b->via.login), "%s", ".");
	(void)snprintf(b->socket, sizeof(b->socket), "./%s.via", base);
	via_init(&b->state, clock_monotonic_ms());
	return b;
}

void
bridge_free(struct bridge *b)
{
	if (!b)
		return;
	hang_up(b);
	free(b);
}
