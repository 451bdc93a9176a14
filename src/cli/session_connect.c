#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cli/output/report.h"
#include "cli/session_link_impl.h"
#include "net/process.h"
#include "net/socket.h"
#include "proto/status.h"

#define RETRY_MS 20 /* a helper that others are starting, or that has no room in its queue */

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

static int
try_connect(struct link *l)
{
	char file[NAME_MAX_LEN + sizeof(".sock")], path[PATH_MAX + sizeof(file)];
	int fd, rc;

	(void)snprintf(file, sizeof(file), "%s.sock", l->name);
	/* By its name, which is found faster than a descriptor's: whoever answers there is checked. */
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", l->dir.path, file) > SOCKET_PATH_MAX)
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
		return link_trouble(
		    l, VERDICT_STARTING, "the session's helper ended before it was ready"); /* killed: again */
	for (p += 6; *p >= '0' && *p <= '9' && code < 1000; p++)
		code = code * 10 + (unsigned)(*p - '0');
	if (code == VERDICT_OK || code >= VERDICT_COUNT)
		code = VERDICT_FAILED;
	p += *p == ' ';
	if (strcspn(p, "\n") == 0)
		p = status_words((enum verdict)code);
	return link_trouble(l, (enum verdict)code, "%.*s", (int)strcspn(p, "\n"), p);
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
		return link_trouble(
		    l, VERDICT_TIMED_OUT, "the helper of session '%s' was started, but is not ready yet", l->name);
	if (rc < 0)
		return link_trouble(l, VERDICT_FAILED, "cannot start '%s': %s", program, strerror(-rc));
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
	int rc;

	if (link_look_further(l))
		return VERDICT_OK; /* there: the next attempt */
	rc = session_file_read(&l->dir, l->name, &file);
	if (rc < 0)
		return link_no_file(l, rc);
	if (!l->revive)
		return link_trouble(l, VERDICT_NO_SESSION, "the helper of session '%s' does not run", l->name);
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
		return link_trouble(
		    l, VERDICT_FAILED, "cannot reach the helper of session '%s': %s", l->name, strerror(-*error));
	/* Another command starts it at the same time, or the one that was killed is not quite gone. */
	if (v == VERDICT_STARTING || *error == -EAGAIN) {
		(void)poll(NULL, 0, RETRY_MS);
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
			return link_trouble(
			    l, VERDICT_TIMED_OUT, "the helper of session '%s' does not answer", l->name);
	if (v == VERDICT_OK)
		say_hello(l);
	return v;
}
