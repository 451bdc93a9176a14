/*
 * Lines that were typed in a chat leave its file, which lies beside the inbox. A chat may be open: it adds to the file that
 * has the name, under a lock (flock), and keeps nothing of it to be written back.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/write.h"
#include "db/erase.h"
#include "proto/typed_line.h"
#include "session/mailbox/forget_impl.h"

#define BUSY_MS 2000 /* as for the databases */
#define RETRY_MS 20

#define FRESH TYPED_FILE ".new"     /* what stays, until it has the name; that of the chat for the same */
#define OLD TYPED_FILE ".forgotten" /* all, until it is overwritten */

struct typed {
	const char *dir;
	const struct choice *choice;
	bool gone; /* something is */
};

static bool
path_of(const struct typed *t, const char *name, char path[PATH_MAX])
{
	return snprintf(path, PATH_MAX, "%s/%s", t->dir, name) < PATH_MAX;
}

static int
erase(const struct typed *t, const char *name)
{
	char path[PATH_MAX];

	return path_of(t, name, path) ? erase_file(path) : -ENAMETOOLONG;
}

/* ------------------------------------------------------------------------- which lines */

static bool
is_name(const char *word, size_t len, const char *name)
{
	char copy[NAME_MAX_LEN + 1];

	if (len == 0 || len > NAME_MAX_LEN)
		return false;
	memcpy(copy, word, len);
	copy[len] = '\0';
	return name_equal(copy, name);
}

/* A command of the chat's, like "/tell carol lunch?". */
static bool
names(const struct typed_line *l, const char *name)
{
	static const char between[] = " \t\\\"'";
	const char *const end = l->text + l->text_len;

	for (const char *word = l->text, *p = word; p <= end; p++)
		if (p == end || strchr(between, *p)) {
			if (is_name(word, (size_t)(p - word), name))
				return true;
			word = p + 1;
		}
	return false;
}

/* What was typed before there was a partner, and is no command, may have been for anybody. */
static bool
is_about(const struct typed_line *l, const char *name)
{
	const bool command = l->text_len > 0 && *l->text == '/';

	if (is_name(l->label, l->label_len, name))
		return true;
	return command ? names(l, name) : l->label_len == 0;
}

static bool
is_old(const struct choice *c, int64_t time_ms)
{
	return c->typed_before == INT64_MAX || time_ms < c->typed_before;
}

/* *time_ms: that of the line below, than which this one is no younger; it becomes that of this one. */
static bool
is_meant(const struct choice *c, const char *line, size_t len, int64_t *time_ms)
{
	struct typed_line l;
	const bool whole = typed_line_parse(line, len, &l);

	if (whole && l.time_ms > 0)
		*time_ms = l.time_ms;
	return is_old(c, *time_ms) && (!whole || !c->what->partner[0] || is_about(&l, c->what->partner));
}

/* Moves the lines that stay to the end of data[len], and returns where they begin. */
static size_t
choose(const struct typed *t, char *data, size_t len, int64_t time_ms)
{
	size_t kept = len;

	for (size_t end = len, begin; end > 0; end = begin) {
		const bool fed = data[end - 1] == '\n';
		const char *before = memrchr(data, '\n', end - fed);

		begin = before ? (size_t)(before - data) + 1 : 0;
		if (is_meant(t->choice, data + begin, end - begin - fed, &time_ms))
			continue;
		kept -= end - begin;
		memmove(data + kept, data + begin, end - begin);
	}
	return kept;
}

/* ------------------------------------------------------------------------- the file */

/* A chat has the lock for the time of a line. 0; -EBUSY: somebody has it and does not let go; another -errno. */
static int
lock(int fd)
{
	for (unsigned ms = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; ms += RETRY_MS) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		if (ms >= BUSY_MS)
			return -EBUSY;
		(void)poll(NULL, 0, RETRY_MS);
	}
	return 0;
}

/* What has the name, locked; -ENOENT: there is none that is ours; -EBUSY as lock(). */
static int
open_locked(const char *path, struct stat *st)
{
	for (;;) {
		const int fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		int r;

		if (fd < 0)
			return -ENOENT;
		if ((r = lock(fd)) < 0 || fstat(fd, st) < 0 || !S_ISREG(st->st_mode) || st->st_uid != geteuid()) {
			(void)close(fd);
			return r == -EBUSY ? r : -ENOENT;
		}
		if (st->st_nlink > 0)
			return fd;
		(void)close(fd); /* meanwhile another one has the name */
	}
}

static int
read_whole(int fd, char *data, size_t len)
{
	for (size_t have = 0; have < len;) {
		const ssize_t n = pread(fd, data + have, len - have, (off_t)have);

		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		have += (size_t)n;
	}
	return 0;
}

/* What one who was killed has left; `now`: the file that has the name, which may have that one as well. */
static int
erase_old(const struct typed *t, const struct stat *now)
{
	char path[PATH_MAX];
	struct stat st;

	if (!path_of(t, OLD, path))
		return -ENAMETOOLONG;
	if (now && lstat(path, &st) == 0 && st.st_dev == now->st_dev && st.st_ino == now->st_ino)
		return unlink(path) < 0 ? -errno : 0;
	return erase_file(path);
}

/* A file system may have no second names (vfat, some network ones). */
static bool
has_no_links(int error)
{
	return error == EPERM || error == EOPNOTSUPP || error == ENOSYS;
}

/*
 * The file that is overwritten, `was`, has a name of its own until that is done: who is killed meanwhile leaves it to the next.
 * Where it cannot have one, it is overwritten when the new one has taken its place.
 */
static int
replace(const struct typed *t, int was, const char *path, const struct stat *now, const char *kept, size_t len)
{
	char fresh[PATH_MAX], old[PATH_MAX];
	_cleanup_(closep) int fd = -1;
	bool named;
	int r;

	if (!path_of(t, FRESH, fresh) || !path_of(t, OLD, old))
		return -ENAMETOOLONG;
	if ((r = erase_file(fresh)) < 0 || (r = erase_old(t, now)) < 0)
		return r;
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if ((r = write_whole(fd, kept, len)) < 0 || (r = fsync(fd) < 0 ? -errno : 0) < 0) {
		(void)unlink(fresh);
		return r;
	}
	named = link(path, old) == 0;
	if ((!named && !has_no_links(errno)) || rename(fresh, path) < 0) {
		r = -errno;
		(void)unlink(fresh);
		return r;
	}
	if ((r = write_names(t->dir)) < 0)
		return r;
	return named ? erase_file(old) : erase_descriptor(was);
}

static int
forget_lines(struct typed *t, int fd, const char *path, const struct stat *st)
{
	const size_t len = (size_t)st->st_size;
	_cleanup_(freep) char *data = malloc(len + 1);
	size_t kept;
	int r;

	if (!data)
		return -ENOMEM;
	if ((r = read_whole(fd, data, len)) < 0)
		return r;
	kept = choose(t, data, len, (int64_t)st->st_mtim.tv_sec * 1000);
	if (kept == 0)
		return 0;
	t->gone = true;
	return replace(t, fd, path, st, data + kept, len - kept);
}

/* ------------------------------------------------------------------------- copies */

/* Nobody can tell what is in a damaged one: it goes when anything does, and when all of it is old. */
static int
forget_copy(struct typed *t, const char *name, bool any)
{
	char path[PATH_MAX];
	struct stat st;

	if (!path_of(t, name, path) || lstat(path, &st) < 0 || S_ISDIR(st.st_mode))
		return 0;
	if (!any && !is_old(t->choice, (int64_t)st.st_mtim.tv_sec * 1000))
		return 0;
	t->gone = true;
	return erase_file(path);
}

static int
forget_copies(struct typed *t, const struct stat *now, bool any)
{
	static const char damaged[] = TYPED_FILE ".damaged-";
	const struct dirent *e;
	DIR *d = opendir(t->dir);
	int r = 0;

	if (!d)
		return -errno;
	while (r == 0 && (e = readdir(d)))
		if (strncmp(e->d_name, damaged, sizeof(damaged) - 1) == 0)
			r = forget_copy(t, e->d_name, any);
	(void)closedir(d);
	if (r == 0)
		r = erase_old(t, now);
	return r < 0 ? r : erase(t, FRESH); /* of one who was killed */
}

int
forget_typed(const char *dir, const struct choice *c, bool any)
{
	struct typed t = { .dir = dir, .choice = c };
	_cleanup_(closep) int fd = -1;
	char path[PATH_MAX];
	struct stat st;
	int r = 0;

	if (c->typed_before == 0)
		return 0;
	if (!path_of(&t, TYPED_FILE, path))
		return -ENAMETOOLONG;
	if ((fd = open_locked(path, &st)) == -EBUSY)
		return -EBUSY;
	if (fd >= 0)
		r = forget_lines(&t, fd, path, &st);
	if (r == 0)
		r = forget_copies(&t, fd >= 0 ? &st : NULL, any || t.gone);
	return r < 0 ? r : t.gone;
}
