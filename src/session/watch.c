#include "session/watch.h"

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/whereabouts.h"
#include "session/mailbox/store.h"
#include "session/session.h"
#include "session/uplink/uplink.h"

#define GONE (IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF) /* ATTRIB: also when a link to it is removed */

#define FOLDER_MS 300U
#define FOLDER_RETRY_MS 5

enum { FOLDER, SOCKET, INBOX, SESSION, WATCHED };

struct watched {
	char path[PATH_MAX + NAME_MAX_LEN + 16];
	dev_t dev; /* what was there; ino 0: nothing */
	ino_t ino;
};

struct watch {
	struct session *session;
	ev_io io;
	struct watched watched[WATCHED];
};

/* Whether what was there is still there. */
static bool
is_there(const struct watched *w)
{
	struct stat st;

	if (w->ino == 0)
		return true;
	if (lstat(w->path, &st) < 0)
		return errno != ENOENT && errno != ENOTDIR; /* one that we may not look at is not removed */
	return st.st_ino == w->ino && st.st_dev == w->dev;
}

static void
watch(const struct watch *v, struct watched *w)
{
	struct stat st;

	w->ino = 0;
	if (lstat(w->path, &st) < 0 || inotify_add_watch(v->io.fd, w->path, GONE | IN_DONT_FOLLOW) < 0)
		return;
	w->dev = st.st_dev;
	w->ino = st.st_ino;
}

/* Without its file nobody could reach the session, or end it; all that is in it we know. */
static void
restore_session_file(struct watch *v)
{
	struct session *s = v->session;
	const int r = session_file_write(&s->rundir, &s->file);

	if (r < 0)
		log_error("cannot write the session's file again: %s", strerror(-r));
	else
		log_notice("the session's file was removed, and is written again");
	watch(v, &v->watched[SESSION]);
}

/* What removes the folder removes the files in it first: for a moment it is waited for. */
static bool
folder_is_gone(const struct watch *v)
{
	const uint64_t end = clock_monotonic_ms() + FOLDER_MS;
	bool there;

	while ((there = is_there(&v->watched[FOLDER])) && clock_monotonic_ms() < end)
		(void)poll(NULL, 0, FOLDER_RETRY_MS);
	return !there;
}

/* No command can find the session again: it is over. Its owner learns why, by the inbox, the next command and the log. */
static void
end_uprooted(struct session *s)
{
	const struct peer self = s->self;
	struct whereabouts w = { .ended_ms = clock_wall_ms() };

	log_error(
	    "the session ends: its folder '%s' was removed, as at a last logout without lingering", s->rundir.path);
	if (store_event(s->store, RECORD_ENDED, &self, w.ended_ms) == 0)
		(void)store_commit(s->store);
	uplink_farewell(s->uplink);
	session_finish(s, SESSION_OVER);
	(void)snprintf(w.runtime, sizeof(w.runtime), "%s", s->rundir.path);
	(void)snprintf(
	    w.why, sizeof(w.why), "its folder was removed, as at a last logout (see LOGGING OUT in pchat(1))");
	whereabouts_boot(w.boot);
	(void)!whereabouts_write(s->file.inbox, &w);
}

static void
on_event(struct ev_loop *loop, ev_io *io, int revents)
{
	char events[4096];
	struct watch *v = io->data;

	(void)loop, (void)revents;
	while (read(io->fd, events, sizeof(events)) > 0)
		continue;
	for (struct watched *w = v->watched; w < v->watched + SESSION; w++) {
		if (is_there(w))
			continue;
		log_notice("the session's files were removed");
		if (folder_is_gone(v) && is_there(&v->watched[INBOX]))
			end_uprooted(v->session);
		session_finish(v->session, SESSION_STOPPED);
		return;
	}
	if (v->session->end == SESSION_GOES_ON && !is_there(&v->watched[SESSION]))
		restore_session_file(v);
}

void
watch_renew(struct watch *v)
{
	if (!v)
		return;
	for (struct watched *w = v->watched; w < v->watched + WATCHED; w++)
		watch(v, w);
}

struct watch *
watch_new(struct session *s)
{
	const int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	struct watch *v = fd < 0 ? NULL : calloc(1, sizeof(*v));

	if (!v) {
		if (fd >= 0)
			(void)close(fd);
		return NULL;
	}
	v->session = s;
	/* By their names: when the folder is removed, or another takes its place, that is what commands look at. */
	(void)snprintf(v->watched[FOLDER].path, sizeof(v->watched[FOLDER].path), "%s", s->rundir.path);
	(void)snprintf(
	    v->watched[SOCKET].path, sizeof(v->watched[SOCKET].path), "%s/%s.sock", s->rundir.path, s->folded);
	(void)snprintf(
	    v->watched[SESSION].path, sizeof(v->watched[SESSION].path), "%s/%s.session", s->rundir.path, s->folded);
	(void)snprintf(v->watched[INBOX].path, sizeof(v->watched[INBOX].path), "%s/" STORE_FILE, s->file.inbox);
	ev_io_init(&v->io, on_event, fd, EV_READ);
	v->io.data = v;
	ev_io_start(s->loop, &v->io);
	return v;
}

void
watch_free(struct watch *v)
{
	if (!v)
		return;
	ev_io_stop(v->session->loop, &v->io);
	(void)close(v->io.fd);
	free(v);
}
