#include "net/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "net/whereabouts.h"

static int
address_of(const char *path, struct sockaddr_un *sa)
{
	const size_t len = strlen(path);

	memset(sa, 0, sizeof(*sa));
	sa->sun_family = AF_UNIX;
	if (len > SOCKET_PATH_MAX)
		return -ENAMETOOLONG;
	if (len == 0)
		return -ENOENT; /* an empty sun_path would name the abstract namespace */
	memcpy(sa->sun_path, path, len);
	return 0;
}

/* Opens the folder that `path` is in; *base is the last component. */
static int
open_folder(const char *path, const char **base)
{
	const char *slash = strrchr(path, '/');
	_cleanup_(freep) char *folder = NULL;
	int fd;

	*base = slash ? slash + 1 : path;
	if (**base == '\0')
		return -EISDIR;
	folder = !slash ? strdup(".") : slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
	if (!folder)
		return -ENOMEM;
	fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* 0 when the path is free, or has a socket that nobody listens on. */
static int
probe(const char *path, int folder, const char *base)
{
	_cleanup_(closep) int fd = -1;
	struct stat st;

	if (fstatat(folder, base, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -ENOTSOCK;
	fd = socket_connect(path, false);
	if (fd == -ECONNREFUSED || fd == -ENOENT)
		return 0;
	if (fd >= 0 || fd == -EAGAIN || fd == -EPROTOTYPE)
		return -EADDRINUSE;
	return fd;
}

/* Binds under a temporary name that does not exist, which the caller removes; -EADDRINUSE: it did exist. */
static int
bind_new(int folder, const char *base)
{
	_cleanup_(closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un sa;
	char path[64];
	mode_t mask;
	int r;

	if (fd < 0)
		return -errno;
	/* Through the descriptor, so that the longest path that can be connected to can also be bound. */
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", folder, base);
	if ((r = address_of(path, &sa)) < 0)
		return r;
	mask = umask(0177);
	r = bind(fd, (const struct sockaddr *)&sa, sizeof(sa)) < 0 ? -errno : 0;
	(void)umask(mask);
	if (r < 0)
		return r;
	r = fd;
	fd = -1;
	return r;
}

/*
 * The socket that was bound as `temp`; -EPERM: whoever owns the folder has put something else there. What has another
 * name, too, may be a socket of ours from elsewhere.
 */
static int
open_bound(int folder, const char *temp, struct stat *st)
{
	_cleanup_(closep) int fd = openat(folder, temp, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	int r;

	if (fd < 0 || fstat(fd, st) < 0)
		return -errno;
	if (!S_ISSOCK(st->st_mode) || st->st_uid != geteuid() || st->st_nlink != 1)
		return -EPERM;
	r = fd;
	fd = -1;
	return r;
}

/* By the descriptor, which a name cannot turn away from the socket. */
static int
adjust(int bound, mode_t mode, gid_t group)
{
	char path[64];

	if (group != (gid_t)-1 && fchownat(bound, "", (uid_t)-1, group, AT_EMPTY_PATH) < 0)
		return -errno;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", bound); /* fchmod(2) takes no O_PATH */
	return chmod(path, mode) < 0 ? -errno : 0;
}

/* Everything about the bound socket `temp` is made right before it appears at its place. */
static int
publish(int fd, int folder, const char *temp, const char *base, mode_t mode, gid_t group, ino_t *ino)
{
	struct stat st;
	_cleanup_(closep) int bound = open_bound(folder, temp, &st);
	int r;

	if (bound < 0)
		return bound;
	if ((r = adjust(bound, mode, group)) < 0)
		return r;
	if (listen(fd, SOMAXCONN) < 0)
		return -errno;
	if (renameat(folder, temp, folder, base) < 0)
		return -errno;
	*ino = st.st_ino;
	return 0;
}

int
socket_listen(const char *path, mode_t mode, gid_t group, ino_t *ino)
{
	_cleanup_(closep) int folder = -1;
	_cleanup_(closep) int fd = -1;
	const char *base;
	char temp[32];
	int r;

	if (strlen(path) > SOCKET_PATH_MAX)
		return -ENAMETOOLONG;
	if ((folder = open_folder(path, &base)) < 0)
		return folder;
	if ((r = probe(path, folder, base)) < 0)
		return r;
	(void)snprintf(temp, sizeof(temp), ".pchat-%ld", (long)getpid());
	fd = bind_new(folder, temp);
	if (fd == -EADDRINUSE) { /* left by a crash of an earlier process with our pid */
		(void)unlinkat(folder, temp, 0);
		fd = bind_new(folder, temp);
	}
	if (fd < 0)
		return fd;
	if ((r = publish(fd, folder, temp, base, mode, group, ino)) < 0) {
		(void)unlinkat(folder, temp, 0);
		return r;
	}
	r = fd;
	fd = -1;
	return r;
}

void
socket_remove(const char *path, ino_t ino)
{
	const char *base;
	_cleanup_(closep) int folder = open_folder(path, &base);
	struct stat st;

	if (folder >= 0 && fstatat(folder, base, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISSOCK(st.st_mode) &&
	    st.st_ino == ino)
		(void)unlinkat(folder, base, 0);
}

#define LOCK_TEXT 96

/* Whoever holds the lock leaves "PID BOOT" in the file, for people and for the next one. */
static enum lock_before
read_mark(int fd, const char *boot)
{
	char text[LOCK_TEXT];
	const ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	const char *was;

	if (n <= 0)
		return n < 0 ? LOCK_SINCE_BOOT : LOCK_NOBODY;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	was = strchr(text, ' ');
	return !was || !*boot || strcmp(was + 1, boot) == 0 ? LOCK_SINCE_BOOT : LOCK_BEFORE_BOOT;
}

static enum lock_before
sign_lock(int fd)
{
	char boot[WHEREABOUTS_BOOT], text[LOCK_TEXT];
	enum lock_before before;
	int n;

	whereabouts_boot(boot);
	before = read_mark(fd, boot);
	n = snprintf(text, sizeof(text), "%ld%s%s\n", (long)getpid(), *boot ? " " : "", boot);
	if (ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)n, 0) < 0)
		return before; /* a full disk: the lock holds all the same */
	return before;
}

#define LOCK_REMOVED INT_MIN /* no error of a system call */

/* In a folder that others write to, a file of that name may be theirs, or another file of ours. LOCK_REMOVED: it was. */
static int
check_lock(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_nlink > 1)
		return -EPERM;
	return st.st_nlink == 1 ? 0 : LOCK_REMOVED;
}

/* A descriptor of the file, locked; LOCK_REMOVED: whoever had it has removed it since we opened it. */
static int
open_lock(const char *name)
{
	_cleanup_(closep) int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
	int r;

	if (fd < 0)
		return errno == ELOOP ? -EPERM : -errno;
	if ((r = check_lock(fd)) < 0)
		return r;
	while ((r = flock(fd, LOCK_EX | LOCK_NB)) < 0 && errno == EINTR)
		continue;
	if (r < 0)
		return -errno;
	if ((r = check_lock(fd)) < 0)
		return r;
	r = fd;
	fd = -1;
	return r;
}

int
socket_lock(const char *path, enum lock_before *before)
{
	_cleanup_(freep) char *name = NULL;
	enum lock_before was;
	int fd;

	if (asprintf(&name, "%s.lock", path) < 0) {
		name = NULL;
		return -ENOMEM;
	}
	while ((fd = open_lock(name)) == LOCK_REMOVED)
		continue;
	if (fd < 0)
		return fd;
	was = sign_lock(fd);
	if (before)
		*before = was;
	return fd;
}

void
socket_lock_remove(const char *path, int lock)
{
	char name[PATH_MAX];

	if ((size_t)snprintf(name, sizeof(name), "%s.lock", path) < sizeof(name))
		(void)unlink(name);
	(void)close(lock);
}

void
socket_lock_forget(int lock)
{
	if (ftruncate(lock, 0) < 0)
		return; /* then the next one is careful for nothing */
}

int
socket_connect(const char *path, bool blocking)
{
	_cleanup_(closep) int fd = -1;
	struct sockaddr_un sa;
	int r;

	if ((r = address_of(path, &sa)) < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (blocking ? 0 : SOCK_NONBLOCK), 0);
	if (fd < 0)
		return -errno;
	/* An interrupted connect(2) of a Unix socket has done nothing. */
	while ((r = connect(fd, (const struct sockaddr *)&sa, sizeof(sa))) < 0 && errno == EINTR)
		continue;
	if (r < 0)
		return -errno;
	r = fd;
	fd = -1;
	return r;
}

#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83 /* Linux 6.16 */
#endif

void
socket_guard(int fd)
{
	const int off = 0, on = 1;

	/* Older kernels know neither; there it is on us to close what comes (net/closing.h). */
	(void)setsockopt(fd, SOL_SOCKET, SO_PASSRIGHTS, &off, sizeof(off));
	(void)setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on));
}

bool
socket_is_left(int fd)
{
	struct pollfd p = { .fd = fd };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLHUP);
}

int
socket_peer(int fd, struct credentials *c)
{
	struct ucred u;
	socklen_t len = sizeof(u);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &u, &len) < 0)
		return -errno;
	*c = (struct credentials){ .uid = u.uid, .gid = u.gid, .pid = u.pid };
	return 0;
}

int
socket_peer_groups(int fd, uint32_t **groups, size_t *n)
{
	_cleanup_(freep) gid_t *list = NULL;
	struct credentials c = { 0 }; /* GCC 14 cannot know that errno is never 0 */
	socklen_t len = 0;
	int r;

	_Static_assert(sizeof(gid_t) == sizeof(uint32_t), "groups are passed on as they come");
	if ((r = socket_peer(fd, &c)) < 0)
		return r;
	/* Asked with no room, the kernel tells how much it needs. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &len) < 0 && errno != ERANGE)
		return -errno;
	list = malloc(len + sizeof(gid_t));
	if (!list)
		return -ENOMEM;
	if (len > 0 && getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, list, &len) < 0)
		return -errno;
	*n = len / sizeof(gid_t);
	list[(*n)++] = c.gid;
	*groups = list;
	list = NULL;
	return 0;
}
