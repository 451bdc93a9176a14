#include "cli/commands/stream/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "core/ident.h"
#include "net/random.h"

#define SYNC_BYTES (8U << 20) /* that are given to the disk at once */

static const uint8_t zeros[65536];

/* ------------------------------------------------------------------------- standard output */

/*
 * A pipe of its own description can be made not to wait; the one that we were given is others' as well, and stays as it
 * is: where it cannot be opened anew, it takes a page at a time when poll(2) says that it takes any.
 */
static void
set_up_pipe(struct sink *s)
{
	const int own = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_CLOEXEC);

	if (own >= 0)
		s->to = own;
	else
		s->by_page = true;
	s->fd = s->to;
}

int
sink_open_output(struct sink *s)
{
	struct stat st;

	*s = (struct sink){ .kind = SINK_OUTPUT, .fd = -1, .to = STDOUT_FILENO, .folder = -1 };
	if (fstat(STDOUT_FILENO, &st) < 0)
		return -errno;
	s->regular = S_ISREG(st.st_mode);
	s->socket = S_ISSOCK(st.st_mode);
	if (S_ISFIFO(st.st_mode))
		set_up_pipe(s);
	else if (!s->regular)
		s->fd = STDOUT_FILENO;
	s->by_page |= !s->regular && !s->socket && !S_ISFIFO(st.st_mode);
	return 0;
}

/* ------------------------------------------------------------------------- a file */

static int
open_folder(struct sink *s, const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX] = ".";

	if (strlen(path) >= sizeof(folder) || strlen(slash ? slash + 1 : path) > NAME_MAX)
		return -ENAMETOOLONG;
	if (slash)
		(void)snprintf(folder, sizeof(folder), "%.*s", slash == path ? 1 : (int)(slash - path), path);
	(void)snprintf(s->name, sizeof(s->name), "%s", slash ? slash + 1 : path);
	if (s->name[0] == '\0')
		return -EISDIR;
	s->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return s->folder < 0 ? -errno : 0;
}

/* A file system without O_TMPFILE: under a name that nobody else has. */
static int
open_temporary(struct sink *s)
{
	char hex[IDENT_HEX_LEN + 1];
	struct ident id;

	if (random_ident(&id) < 0)
		return -EIO;
	ident_format(&id, hex);
	(void)snprintf(s->temporary, sizeof(s->temporary), ".pchat-%s", hex);
	s->to = openat(s->folder, s->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->to >= 0)
		return 0;
	s->temporary[0] = '\0';
	return -errno;
}

static int
open_nameless(struct sink *s)
{
	s->to = openat(s->folder, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
	if (s->to >= 0)
		return 0;
	return errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL || errno == ENOENT ? open_temporary(s)
											    : -errno;
}

int
sink_open_file(struct sink *s, const char *path)
{
	struct stat st;
	int rc;

	*s = (struct sink){ .kind = SINK_FILE, .fd = -1, .to = -1, .folder = -1, .regular = true };
	if ((rc = open_folder(s, path)) < 0)
		return rc;
	if (fstatat(s->folder, s->name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		rc = -EEXIST;
	else
		rc = errno == ENOENT ? open_nameless(s) : -errno;
	if (rc == 0)
		(void)fchmod(s->to, 0600); /* whatever the umask */
	else
		sink_abort(s);
	return rc;
}

/* Its name, unless somebody was faster. */
static int
give_name(struct sink *s)
{
	char path[64];

	if (s->temporary[0]) {
		if (linkat(s->folder, s->temporary, s->folder, s->name, 0) < 0)
			return -errno;
		(void)unlinkat(s->folder, s->temporary, 0);
		s->temporary[0] = '\0';
		return 0;
	}
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", s->to);
	return linkat(AT_FDCWD, path, s->folder, s->name, AT_SYMLINK_FOLLOW) < 0 ? -errno : 0;
}

/* ------------------------------------------------------------------------- a command */

int
sink_open_command(struct sink *s, char *const argv[])
{
	*s = (struct sink){ .kind = SINK_COMMAND, .fd = -1, .to = -1, .folder = -1 };
	return fed_prepare(&s->fed, argv);
}

int
sink_begin(struct sink *s)
{
	const int rc = s->kind == SINK_COMMAND ? fed_begin(&s->fed) : 0;

	if (s->kind == SINK_COMMAND)
		s->fd = s->to = s->fed.input;
	return rc;
}

/* ------------------------------------------------------------------------- writing */

/* The disk has begun before all has come. That it fails, fsync(2) tells. */
static void
begin_to_sync(struct sink *s)
{
	if (s->kind != SINK_FILE || s->at - s->begun < SYNC_BYTES)
		return;
	(void)sync_file_range(s->to, (off_t)s->begun, (off_t)(s->at - s->begun), SYNC_FILE_RANGE_WRITE);
	s->begun = s->at;
}

ssize_t
sink_write(struct sink *s, const void *data, size_t n)
{
	ssize_t done;

	if (s->by_page && n > PIPE_BUF)
		n = PIPE_BUF;
	do
		done = s->socket ? send(s->to, data, n, MSG_DONTWAIT | MSG_NOSIGNAL) : write(s->to, data, n);
	while (done < 0 && errno == EINTR);
	if (done < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	s->at += (uint64_t)done;
	s->hole_last = false;
	begin_to_sync(s);
	return done;
}

ssize_t
sink_hole(struct sink *s, uint64_t n)
{
	if (s->kind != SINK_FILE) /* a standard output that is a file has an owner, an offset and an end of its own */
		return sink_write(s, zeros, n < sizeof(zeros) ? (size_t)n : sizeof(zeros));
	if (n > SSIZE_MAX)
		n = SSIZE_MAX;
	if (lseek(s->to, (off_t)n, SEEK_CUR) < 0)
		return -errno;
	s->at += n;
	s->hole_last = true;
	return (ssize_t)n;
}

static int
end_file(struct sink *s)
{
	const off_t end = s->hole_last ? lseek(s->to, 0, SEEK_CUR) : 0;

	if (end < 0 || (s->hole_last && ftruncate(s->to, end) < 0) || fsync(s->to) < 0)
		return -errno;
	return 0;
}

int
sink_finish(struct sink *s)
{
	int rc = 0;

	if (s->regular)
		rc = end_file(s);
	if (rc == 0 && s->kind == SINK_FILE && (rc = give_name(s)) == 0 && fsync(s->folder) < 0 && errno != EINVAL)
		rc = -errno;
	if (s->kind == SINK_COMMAND) {
		fed_whole(&s->fed);
		s->fd = s->to = -1;
	} else if (s->kind == SINK_FILE) {
		sink_abort(s);
	}
	return rc;
}

void
sink_abort(struct sink *s)
{
	if (s->temporary[0])
		(void)unlinkat(s->folder, s->temporary, 0);
	s->temporary[0] = '\0';
	if (s->kind == SINK_COMMAND)
		fed_stop(&s->fed);
	if (s->kind == SINK_FILE && s->to >= 0)
		(void)close(s->to);
	if (s->folder >= 0)
		(void)close(s->folder);
	s->folder = s->to = s->fd = -1;
}
