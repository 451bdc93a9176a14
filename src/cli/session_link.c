#include "cli/session_link.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "cli/options.h"
#include "cli/report.h"
#include "core/name.h"
#include "net/process.h"
#include "net/socket.h"
#include "proto/status.h"

#define NOTICE 0x80         /* bit of the type */
#define CONNECT_RETRY_MS 20 /* a helper that others are starting, or that has no room in its queue */

uint64_t
deadline_in(uint64_t ms)
{
	const uint64_t now = clock_monotonic_ms();

	return ms > UINT64_MAX - now ? UINT64_MAX : now + ms;
}

int
poll_time(uint64_t deadline)
{
	uint64_t now;

	if (deadline == UINT64_MAX)
		return -1;
	now = clock_monotonic_ms();
	if (now >= deadline)
		return 0;
	return deadline - now > INT_MAX ? INT_MAX : (int)(deadline - now);
}

static enum verdict trouble(struct link *l, enum verdict v, const char *fmt, ...) PRINTF_LIKE(3, 4);

static enum verdict
trouble(struct link *l, enum verdict v, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(l->words, sizeof(l->words), fmt, ap);
	va_end(ap);
	return v;
}

static enum verdict
open_folder(struct link *l)
{
	const int rc = rundir_open(&l->dir, false);

	if (rc == 0)
		return VERDICT_OK;
	if (rc == -ENOENT)
		return trouble(l, VERDICT_NO_SESSION, "you are not logged in; log in with: pchat login");
	if (rc == -EPERM)
		return trouble(l, VERDICT_NO_SESSION,
		    "'%s' belongs to somebody else, or others may write to it; remove it, or set XDG_RUNTIME_DIR",
		    l->dir.path);
	return trouble(l, VERDICT_NO_SESSION, "cannot open '%s': %s", l->dir.path, strerror(-rc));
}

struct candidates {
	unsigned count;
	char name[NAME_MAX_LEN + 1];
	char list[128];
};

static bool
candidate(const char *name, void *context)
{
	struct candidates *c = context;
	const size_t len = strlen(c->list);

	if (c->count++ == 0)
		memcpy(c->name, name, strlen(name) + 1);
	(void)snprintf(c->list + len, sizeof(c->list) - len, "%s%s", len ? ", " : "", name);
	return true;
}

static enum verdict
find_only(struct link *l)
{
	struct candidates c = { .count = 0 };
	const int rc = session_file_each(&l->dir, candidate, &c);

	if (rc < 0)
		return trouble(l, VERDICT_NO_SESSION, "cannot list '%s': %s", l->dir.path, strerror(-rc));
	if (c.count == 0)
		return trouble(l, VERDICT_NO_SESSION, "you are not logged in; log in with: pchat login");
	if (c.count > 1)
		return trouble(l, VERDICT_NO_SESSION,
		    "you have %u sessions (%s); say which: -s NAME, or export PCHAT_SESSION", c.count, c.list);
	memcpy(l->name, c.name, sizeof(l->name));
	return VERDICT_OK;
}

static enum verdict
not_logged_in(struct link *l)
{
	return trouble(
	    l, VERDICT_NO_SESSION, "you are not logged in as '%s'; log in with: pchat login %s", l->name, l->name);
}

/* A daemon that was named has to be the one that the session is logged in to. */
static enum verdict
check_daemon(struct link *l, const char *socket)
{
	struct session_file file;

	if (session_file_read(&l->dir, l->name, &file) < 0)
		return not_logged_in(l);
	if (strcmp(file.socket, socket) == 0)
		return VERDICT_OK;
	return trouble(l, VERDICT_NO_SESSION,
	    "session '%s' is not logged in at '%s'; log in there with: pchat --socket %s login", l->name, socket,
	    socket);
}

static enum verdict
too_long(struct link *l, size_t length)
{
	return trouble(
	    l, VERDICT_USAGE, "the socket's path has %zu bytes; at most %zu are possible", length, SOCKET_PATH_MAX);
}

enum verdict
link_named_socket(struct link *l, const struct options *o, const char **socket)
{
	static char absolute[SOCKET_PATH_MAX + 1];
	const char *named = o->given[OPT_SOCKET] ? o->text[OPT_SOCKET] : getenv("PCHAT_SOCKET");
	char here[PATH_MAX];
	size_t length;

	*socket = named && *named ? named : NULL;
	if (!*socket)
		return VERDICT_OK;
	if ((length = strlen(named)) > SOCKET_PATH_MAX)
		return too_long(l, length);
	if (*named == '/')
		return VERDICT_OK;
	if (!getcwd(here, sizeof(here)))
		return trouble(l, VERDICT_USAGE, "'%s' as an absolute path: %s", named, strerror(errno));
	length = (size_t)snprintf(absolute, sizeof(absolute), "%s/%s", here, named);
	if (length > SOCKET_PATH_MAX)
		return too_long(l, length);
	*socket = absolute;
	return VERDICT_OK;
}

enum verdict
link_find(struct link *l, const struct options *o)
{
	const char *name = o->given[OPT_SESSION] ? o->text[OPT_SESSION] : getenv("PCHAT_SESSION");
	const char *socket;
	enum verdict v;

	if ((v = link_named_socket(l, o, &socket)) != VERDICT_OK || (v = open_folder(l)) != VERDICT_OK)
		return v;
	if (name && *name) {
		if (!name_valid(name, strlen(name)))
			return trouble(l, VERDICT_NO_SESSION, "'%.64s' is not a name; see PCHAT_SESSION", name);
		name_fold(name, l->name);
	} else if ((v = find_only(l)) != VERDICT_OK) {
		return v;
	}
	return socket ? check_daemon(l, socket) : VERDICT_OK;
}

/* Only our own helper may listen there, whatever the folder looks like. */
static int
check_peer(int fd)
{
	struct credentials peer;
	const int rc = socket_peer(fd, &peer);

	if (rc < 0)
		return rc;
	return peer.uid == geteuid() ? 0 : -EPERM;
}

void
link_adopt(struct link *l, int fd)
{
	link_close(l);
	l->fd = fd;
	l->out_len = l->in_start = l->in_end = 0;
}

static int
try_connect(struct link *l)
{
	char file[NAME_MAX_LEN + sizeof(".sock")], path[RUNDIR_PATH_MAX];
	int fd, rc;

	(void)snprintf(file, sizeof(file), "%s.sock", l->name);
	rundir_path(&l->dir, file, path);
	fd = socket_connect(path, false);
	if (fd < 0)
		return fd;
	if ((rc = check_peer(fd)) < 0) {
		(void)close(fd);
		return rc;
	}
	link_adopt(l, fd);
	return 0;
}

/* What a helper reported that did not start: "error CODE words", behind its notes. */
static enum verdict
read_report(struct link *l, const char *report)
{
	const char *p = report;
	unsigned code = 0;

	while (p && strncmp(p, "error ", 6) != 0)
		p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL;
	if (!p)
		return trouble(
		    l, VERDICT_STARTING, "the session's helper ended before it was ready"); /* killed: again */
	for (p += 6; *p >= '0' && *p <= '9' && code < 1000; p++)
		code = code * 10 + (unsigned)(*p - '0');
	if (code == VERDICT_OK || code >= VERDICT_COUNT)
		code = VERDICT_FAILED;
	p += *p == ' ';
	if (strcspn(p, "\n") == 0)
		p = status_words((enum verdict)code);
	return trouble(l, (enum verdict)code, "%.*s", (int)strcspn(p, "\n"), p);
}

/* What a helper that started has to say to people: that the inbox was damaged, say. */
static void
pass_notes_on(const char *report)
{
	static const char prefix[] = "note: ";
	const size_t skip = sizeof(prefix) - 1;

	for (const char *line = report; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (strncmp(line, prefix, skip) == 0)
			remark("%.*s", (int)(strcspn(line, "\n") - skip), line + skip);
}

static enum verdict
start_helper(struct link *l, uint64_t deadline)
{
	char program[PATH_MAX], report[4096] = "";
	char resume[] = "--resume";
	char *const argv[] = { program, resume, l->name, NULL };
	int rc;

	if ((rc = process_path("pchat-session", program, sizeof(program))) == 0)
		rc = process_start(argv, poll_time(deadline), report, sizeof(report));
	if (rc == -ETIMEDOUT)
		return trouble(
		    l, VERDICT_TIMED_OUT, "the helper of session '%s' was started, but is not ready yet", l->name);
	if (rc < 0)
		return trouble(l, VERDICT_FAILED, "cannot start '%s': %s", program, strerror(-rc));
	if (strncmp(report, "ok", 2) != 0 && !strstr(report, "\nok"))
		return read_report(l, report);
	pass_notes_on(report);
	return VERDICT_OK;
}

/* The session's helper is not there: is there a session? */
static enum verdict
revive(struct link *l, uint64_t deadline)
{
	struct session_file file;
	const int rc = session_file_read(&l->dir, l->name, &file);

	if (rc == -ENOENT)
		return not_logged_in(l);
	if (rc < 0)
		return trouble(
		    l, VERDICT_NO_SESSION, "cannot read '%s/%s.session': %s", l->dir.path, l->name, strerror(-rc));
	if (!l->revive)
		return trouble(l, VERDICT_NO_SESSION, "the helper of session '%s' does not run", l->name);
	return start_helper(l, deadline);
}

static void
say_hello(struct link *l)
{
	const struct control_message hello = { .type = CONTROL_HELLO,
		.u.hello = { .magic = PROTOCOL_MAGIC, .version = PROTOCOL_VERSION } };

	link_queue(l, &hello);
}

static bool
helper_gone(int error)
{
	return error == -ECONNREFUSED || error == -ENOENT;
}

/* One attempt. OK: not yet, and it is worth another one. */
static enum verdict
attempt(struct link *l, uint64_t deadline, int *error)
{
	enum verdict v = VERDICT_OK;

	*error = try_connect(l);
	if (*error == 0)
		return VERDICT_OK;
	if (helper_gone(*error))
		v = revive(l, deadline);
	else if (*error != -EAGAIN)
		return trouble(
		    l, VERDICT_NO_SESSION, "cannot reach the helper of session '%s': %s", l->name, strerror(-*error));
	/* Another command starts it at the same time, or the one that was killed is not quite gone. */
	if (v == VERDICT_STARTING || *error == -EAGAIN) {
		(void)poll(NULL, 0, CONNECT_RETRY_MS);
		v = VERDICT_OK;
	}
	return v;
}

enum verdict
link_connect(struct link *l, uint64_t deadline)
{
	enum verdict v;
	int error;

	link_close(l);
	while ((v = attempt(l, deadline, &error)) == VERDICT_OK && error != 0)
		if (poll_time(deadline) == 0)
			return trouble(l, VERDICT_TIMED_OUT, "the helper of session '%s' does not answer", l->name);
	if (v == VERDICT_OK)
		say_hello(l);
	return v;
}

void
link_close(struct link *l)
{
	if (l->fd >= 0)
		(void)close(l->fd);
	l->fd = -1;
}

void
link_queue(struct link *l, const struct control_message *m)
{
	l->out_len += (uint32_t)control_encode(m, l->out + l->out_len, sizeof(l->out) - l->out_len);
}

/* Waits for `events` on the connection. 0, -ETIMEDOUT, -EPIPE. */
static int
wait_for(struct link *l, short events, uint64_t deadline)
{
	struct pollfd p[2] = { { .fd = l->fd, .events = events }, { .fd = l->watch, .events = 0 } };
	int n;

	do
		n = poll(p, 2, poll_time(deadline));
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n == 0 ? -ETIMEDOUT : -errno;
	return p[0].revents == 0 ? -EPIPE : 0;
}

int
link_flush(struct link *l, uint64_t deadline)
{
	uint32_t done = 0;

	while (done < l->out_len) {
		const ssize_t n = send(l->fd, l->out + done, l->out_len - done, MSG_NOSIGNAL | MSG_DONTWAIT);
		int rc = 0;

		if (n >= 0)
			done += (uint32_t)n;
		else if (errno == EAGAIN)
			rc = wait_for(l, POLLOUT, deadline);
		else if (errno != EINTR)
			rc = -ECONNRESET;
		if (rc < 0)
			return rc;
	}
	l->out_len = 0;
	return 0;
}

static int
take_bye(struct link *l, const struct frame *f)
{
	struct control_message m;

	if (control_decode(f, &m) < 0)
		return -EPROTO;
	switch (m.u.bye.reason) {
	case BYE_VERSION:
		(void)trouble(l, VERDICT_FAILED,
		    "the helper of session '%s' is of another version; 'pchat quit' and log in again", l->name);
		return -ESHUTDOWN;
	case BYE_CROWDED:
		(void)trouble(l, VERDICT_FAILED, "too many commands at once for session '%s'", l->name);
		return -ESHUTDOWN;
	case BYE_MALFORMED:
	case BYE_WINDOW:
	case BYE_STALLED:
		(void)trouble(l, VERDICT_FAILED, "the helper of session '%s' closed the connection", l->name);
		return -ESHUTDOWN;
	default:
		return -ECONNRESET;
	}
}

int
link_next(struct link *l, struct frame *f)
{
	const ssize_t n = frame_parse(l->in + l->in_start, l->in_end - l->in_start, f);

	if (n < 0)
		return -EPROTO;
	l->in_start += (uint32_t)n;
	return n > 0 && f->type == CONTROL_BYE ? take_bye(l, f) : n > 0;
}

int
link_fill(struct link *l)
{
	ssize_t n;

	/* What is left is part of one frame: half of the buffer holds that. */
	if (l->in_start > 0) {
		memmove(l->in, l->in + l->in_start, l->in_end - l->in_start);
		l->in_end -= l->in_start;
		l->in_start = 0;
	}
	do
		n = recv(l->fd, l->in + l->in_end, sizeof(l->in) - l->in_end, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		l->in_end += (uint32_t)n;
	return n > 0 || (n < 0 && errno == EAGAIN) ? 0 : -ECONNRESET;
}

int
link_receive(struct link *l, uint64_t deadline, struct frame *f)
{
	int rc;

	while ((rc = link_next(l, f)) == 0) {
		if ((rc = wait_for(l, POLLIN, deadline)) < 0)
			return rc;
		if ((rc = link_fill(l)) < 0)
			return rc;
	}
	return rc < 0 ? rc : 0;
}

int
link_reply(struct link *l, uint64_t deadline, struct control_message *reply)
{
	struct frame f;
	int rc;

	do {
		if ((rc = link_receive(l, deadline, &f)) < 0)
			return rc;
		if (control_decode(&f, reply) < 0)
			return -EPROTO;
	} while (reply->type & NOTICE);
	return 0;
}

int
link_request(struct link *l, const struct control_message *request, uint64_t deadline, struct control_message *reply)
{
	int rc;

	link_queue(l, request);
	if ((rc = link_flush(l, deadline)) < 0)
		return rc;
	return link_reply(l, deadline, reply);
}

enum verdict
link_verdict(struct link *l, int error)
{
	switch (error) {
	case -ETIMEDOUT:
		return trouble(l, VERDICT_TIMED_OUT,
		    "no answer in time from the helper of session '%s', or from the daemon; 'pchat status' tells more",
		    l->name);
	case -ECONNRESET:
		return trouble(l, VERDICT_NO_SESSION, "the helper of session '%s' has ended", l->name);
	case -ESHUTDOWN: /* the words are there */
		return VERDICT_FAILED;
	case -EPIPE:
		return trouble(l, VERDICT_OUTPUT, "%s", strerror(EPIPE));
	default:
		return trouble(l, VERDICT_FAILED,
		    "the helper of session '%s' answered nonsense; is it of another version?", l->name);
	}
}

enum verdict
link_outcome(struct link *l, const struct control_message *reply)
{
	const enum verdict v = reply->u.outcome.verdict;

	if (reply->type != CONTROL_OUTCOME)
		return link_verdict(l, -EPROTO);
	return trouble(l, v, "%s", reply->u.outcome.words[0] ? reply->u.outcome.words : status_words(v));
}

enum verdict
link_call(struct link *l, const struct control_message *request, uint64_t deadline, enum control_type expected,
    struct control_message *reply)
{
	enum verdict v;
	int rc;

	while ((rc = link_request(l, request, deadline, reply)) == -ECONNRESET) {
		/* One that dies again and again is not to be started without a pause. */
		(void)poll(NULL, 0, CONNECT_RETRY_MS);
		if ((v = link_connect(l, deadline)) != VERDICT_OK)
			return v;
	}
	if (rc < 0)
		return link_verdict(l, rc);
	if (reply->type == expected)
		return VERDICT_OK;
	v = link_outcome(l, reply);
	return v == VERDICT_OK ? link_verdict(l, -EPROTO) : v;
}

enum verdict
link_command(struct link *l, const struct control_message *request, uint64_t deadline)
{
	struct control_message reply;
	const enum verdict v = link_call(l, request, deadline, CONTROL_OUTCOME, &reply);

	return v == VERDICT_OK ? link_outcome(l, &reply) : v;
}
