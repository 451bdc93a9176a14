#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/errors.h"
#include "client/link_impl.h"
#include "core/names/name.h"
#include "net/process.h"
#include "net/report.h"
#include "net/socket.h"
#include "proto/status.h"

#define COME_BACK_MIN_MS 10U
#define COME_BACK_MAX_MS 1000U
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
	char base[SESSION_BASE_MAX + 1], file[sizeof(base) + sizeof(".sock")], path[SOCKET_PATH_MAX + 1];
	int fd, rc;

	const char *files = l->name; /* of ASCII: as they are called */

	if (!name_is_ascii(l->name, strlen(l->name))) {
		if ((rc = session_file_base(&l->dir, l->name, base)) < 0)
			return rc;
		files = base;
	}
	(void)snprintf(file, sizeof(file), "%s.sock", files);
	/* By its name, which is found faster than a descriptor's: whoever answers there is checked. */
	_Static_assert(sizeof(path) >= RUNDIR_PATH_MAX, "either is a path of a socket");
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

static enum verdict
start_helper(struct link *l, uint64_t deadline)
{
	char program[PATH_MAX] = "pchat-session", report[REPORT_SIZE] = "", words[512];
	char resume[] = "--resume";
	char *const argv[] = { program, resume, l->shown, NULL };
	enum verdict verdict;
	int rc;

	if ((rc = process_path("pchat-session", program, sizeof(program))) == 0)
		rc = process_start(argv, poll_time(deadline), report, sizeof(report));
	if (rc == -ETIMEDOUT)
		return link_trouble(
		    l, VERDICT_TIMED_OUT, "the helper of session '%s' was started, but is not ready yet", l->shown);
	if (rc < 0)
		return link_trouble(l, VERDICT_FAILED, "cannot start '%s': %s", program, error_words(-rc));
	report_read(report, l->note, &verdict, words, sizeof(words));
	return verdict == VERDICT_OK ? VERDICT_OK : link_trouble(l, verdict, "%s", words);
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
		return link_trouble(l, VERDICT_NO_SESSION, "the helper of session '%s' is not running", l->shown);
	return start_helper(l, deadline);
}

static void
say_hello(struct link *l)
{
	struct control_message hello; /* most of it is for other types, and stays untouched */

	hello.type = CONTROL_HELLO;
	hello.u.hello.magic = PROTOCOL_MAGIC;
	hello.u.hello.version = PROTOCOL_VERSION;
	hello.u.hello.features = l->features;
	link_queue(l, &hello);
}

static bool
helper_gone(int error)
{
	return error == -ECONNREFUSED || error == -ENOENT;
}

/* As long as this, but not beyond the deadline. */
static void
pause_for(unsigned ms, uint64_t deadline)
{
	const uint64_t end = deadline_in(ms);

	if (ms > 0)
		(void)poll(NULL, 0, poll_time(end < deadline ? end : deadline));
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
		    l, VERDICT_FAILED, "cannot reach the helper of session '%s': %s", l->shown, error_words(-*error));
	/* Another command starts it at the same time, or the one that was killed is not quite gone. */
	if (v == VERDICT_STARTING || *error == -EAGAIN) {
		pause_for(RETRY_MS, deadline);
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
			    l, VERDICT_TIMED_OUT, "the helper of session '%s' does not answer", l->shown);
	if (v == VERDICT_OK)
		say_hello(l);
	return v;
}

enum verdict
link_come_back(struct link *l, uint64_t deadline)
{
	pause_for(l->pause_ms, deadline);
	l->pause_ms = l->pause_ms == 0       ? COME_BACK_MIN_MS
	    : l->pause_ms < COME_BACK_MAX_MS ? 2 * l->pause_ms
					     : l->pause_ms;
	return link_connect(l, deadline);
}
