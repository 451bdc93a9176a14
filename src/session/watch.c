#include "session/watch.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "core/names/name.h"
#include "session/mailbox/store.h"

#define GONE (IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF) /* ATTRIB: also when a link to it is removed */

#define FOLDER_MS 300U
#define FOLDER_RETRY_MS 5

enum { FOLDER, SOCKET, INBOX, SESSION, WATCHED };

struct watched {
	char path[PATH_MAX + NAME_FILE_MAX + 16];
	dev_t dev; /* what was there; ino 0: nothing */
	ino_t ino;
};

struct watch {
	const struct watch_class *class;
	void *context;
	struct ev_loop *loop;
	ev_io io;
	struct watched watched[WATCHED];
};

/* Whether what was there is still there. */
static bool
is_there(const struct watched *f)
{
	struct stat st;

	if (f->ino == 0)
		return true;
	if (lstat(f->path, &st) < 0)
		return errno != ENOENT && errno != ENOTDIR; /* one that we may not look at is not removed */
	return st.st_ino == f->ino && st.st_dev == f->dev;
}

static void
begin(const struct watch *w, struct watched *f)
{
	struct stat st;

	f->ino = 0;
	if (lstat(f->path, &st) < 0 || inotify_add_watch(w->io.fd, f->path, GONE | IN_DONT_FOLLOW) < 0)
		return;
	f->dev = st.st_dev;
	f->ino = st.st_ino;
}

/* Whoever removes the folder removes the files in it first: for a moment it is waited for. */
static bool
folder_is_gone(const struct watch *w)
{
	const uint64_t end = clock_monotonic_ms() + FOLDER_MS;
	bool there;

	while ((there = is_there(&w->watched[FOLDER])) && clock_monotonic_ms() < end)
		(void)poll(NULL, 0, FOLDER_RETRY_MS);
	return !there;
}

static void
on_event(struct ev_loop *loop, ev_io *io, int revents)
{
	char events[4096];
	struct watch *w = io->data;

	(void)loop, (void)revents;
	while (read(io->fd, events, sizeof(events)) > 0)
		continue;
	for (const struct watched *f = w->watched; f < w->watched + SESSION; f++) {
		if (is_there(f))
			continue;
		w->class->gone(w->context, folder_is_gone(w) && is_there(&w->watched[INBOX]));
		return;
	}
	if (is_there(&w->watched[SESSION]))
		return;
	w->class->restore(w->context);
	begin(w, &w->watched[SESSION]);
}

void
watch_renew(struct watch *w)
{
	if (!w)
		return;
	for (struct watched *f = w->watched; f < w->watched + WATCHED; f++)
		begin(w, f);
}

/* By their names: when the folder is removed, or another takes its place, that is what commands look at. */
static void
name_files(struct watched *f, const struct watch_paths *paths)
{
	(void)snprintf(f[FOLDER].path, sizeof(f->path), "%s", paths->folder);
	(void)snprintf(f[SOCKET].path, sizeof(f->path), "%s/%s.sock", paths->folder, paths->name);
	(void)snprintf(f[SESSION].path, sizeof(f->path), "%s/%s.session", paths->folder, paths->name);
	(void)snprintf(f[INBOX].path, sizeof(f->path), "%s/" STORE_FILE, paths->inbox);
}

/*
 * A file system that is unmounted while we have files open there goes on for us, and nothing in it is removed: so systemd
 * does with the runtime folder of who has logged out. What is removed then is the place where it was mounted.
 */
static void
watch_mount(const struct watch *w)
{
	char path[sizeof(w->watched->path)], *slash;
	struct stat st;
	dev_t dev;

	(void)snprintf(path, sizeof(path), "%s", w->watched[FOLDER].path);
	if (lstat(path, &st) < 0)
		return;
	dev = st.st_dev;
	while (st.st_dev == dev && (slash = strrchr(path, '/')) && slash != path) {
		*slash = '\0';
		if (lstat(path, &st) < 0)
			return;
	}
	if (st.st_dev != dev)
		(void)inotify_add_watch(w->io.fd, path, IN_DELETE | IN_MOVED_FROM | IN_ONLYDIR);
}

struct watch *
watch_new(const struct watch_class *class, void *context, struct ev_loop *loop, const struct watch_paths *paths)
{
	const int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	struct watch *w = fd < 0 ? NULL : calloc(1, sizeof(*w));

	if (!w) {
		if (fd >= 0)
			(void)close(fd);
		return NULL;
	}
	w->class = class;
	w->context = context;
	w->loop = loop;
	name_files(w->watched, paths);
	ev_io_init(&w->io, on_event, fd, EV_READ);
	watch_mount(w);
	w->io.data = w;
	ev_io_start(loop, &w->io);
	return w;
}

void
watch_free(struct watch *w)
{
	if (!w)
		return;
	ev_io_stop(w->loop, &w->io);
	(void)close(w->io.fd);
	free(w);
}
