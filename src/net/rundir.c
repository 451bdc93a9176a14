#include "net/rundir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "core/via.h"
#include "net/folder.h"

/* Ours alone? One that only lets others look in is put right. */
static int
verify(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	if (st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH)))
		return -EPERM;
	if ((st.st_mode & 0777) != 0700 && fchmod(fd, 0700) < 0)
		return -errno;
	return 0;
}

/* ------------------------------------------------------------------------- the places */

/* Writes `prefix`, the effective uid and `suffix`: by hand, as each command does it. */
static void
with_uid(char *out, const char *prefix, const char *suffix)
{
	char digits[16], *p = digits + sizeof(digits) - 1;
	unsigned long uid = geteuid();

	*p = '\0';
	do
		*--p = (char)('0' + uid % 10);
	while ((uid /= 10) > 0);
	(void)stpcpy(stpcpy(stpcpy(out, prefix), p), suffix);
}

static int
place_xdg(char out[PATH_MAX])
{
	const char *base = getenv("XDG_RUNTIME_DIR");

	if (!base || base[0] != '/')
		return -ENOENT;
	if (strlen(base) + sizeof("/pchat") > PATH_MAX)
		return -ENAMETOOLONG;
	(void)stpcpy(stpcpy(out, base), "/pchat");
	return 0;
}

static int
place_run_user(char out[PATH_MAX])
{
	const char *base = getenv("XDG_RUNTIME_DIR");
	const size_t suffix = strlen("/pchat");
	size_t n;

	with_uid(out, "/run/user/", "/pchat");
	n = strlen(out) - suffix;
	return base && strncmp(base, out, n) == 0 && base[n] == '\0' ? -ENOENT : 0;
}

static int
place_state(char out[PATH_MAX])
{
	struct utsname host;
	char name[sizeof("run-") + sizeof(host.nodename)];

	if (uname(&host) < 0)
		return -errno;
	for (char *p = host.nodename; *p; p++)
		if (*p == '/')
			*p = '_';
	(void)stpcpy(stpcpy(name, "run-"), host.nodename);
	return folder_state(name, out);
}

/* 0; -ENOENT: there is none, or it is an earlier one. */
static int
place_path(unsigned place, char out[PATH_MAX])
{
	switch (place) {
	case RUNDIR_XDG:
		return place_xdg(out);
	case RUNDIR_RUN_USER:
		return place_run_user(out);
	case RUNDIR_TMP:
		with_uid(out, "/tmp/pchat-", "");
		return 0;
	default:
		return place_state(out);
	}
}

/* ------------------------------------------------------------------------- opening and making */

static bool
is_own(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && st.st_uid == geteuid();
}

static int
open_verified(struct rundir *r)
{
	int rc;

	/* Not by open(3), which some C libraries follow by a call of fcntl(2): each command does it. */
	r->fd = openat(AT_FDCWD, r->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (r->fd < 0)
		return errno == ELOOP || (errno == EACCES && !is_own(r->path)) ? -EPERM : -errno;
	if ((rc = verify(r->fd)) < 0)
		rundir_close(r);
	return rc;
}

/* A folder of ours in the one that is open: a descriptor, or -errno. */
static int
open_below(int above, const char *name)
{
	const int fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return -errno;
	if ((rc = verify(fd)) < 0) {
		(void)close(fd);
		return rc;
	}
	return fd;
}

/* Goes down into `name`, which is made if need be. */
static int
descend(struct rundir *r, const char *name, bool make)
{
	const int above = r->fd;
	const size_t len = strlen(r->path);
	int fd;

	if (len + 1 + strlen(name) >= sizeof(r->path))
		return -ENAMETOOLONG;
	if (make && mkdirat(above, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	if ((fd = open_below(above, name)) < 0)
		return fd;
	(void)close(above);
	r->fd = fd;
	(void)stpcpy(stpcpy(r->path + len, "/"), name);
	return 0;
}

/* To via/HOST. It is closed when that fails. */
static int
descend_to(struct rundir *r, const char *host, bool make)
{
	int rc;

	if (!host || !*host)
		return 0;
	if ((rc = descend(r, VIA_FOLDER, make)) == 0)
		rc = descend(r, host, make);
	if (rc < 0)
		rundir_close(r);
	return rc;
}

static int
open_place(struct rundir *r, unsigned place)
{
	int rc;

	r->fd = -1;
	r->place = place;
	r->path[0] = '\0';
	if ((rc = place_path(place, r->path)) < 0)
		return rc;
	return open_verified(r);
}

int
rundir_open(struct rundir *r, unsigned place, const char *host)
{
	const int rc = open_place(r, place);

	return rc < 0 ? rc : descend_to(r, host, false);
}

/* The runtime folder, which somebody else has made, or not: a descriptor when it is ours, or -errno. */
static int
open_above(const char *path)
{
	char parent[PATH_MAX];
	int fd, rc;

	*(char *)mempcpy(parent, path, (size_t)(strrchr(path, '/') - path)) = '\0';
	fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if ((rc = folder_owned(fd)) < 0) {
		(void)close(fd);
		return rc;
	}
	return fd;
}

static int
make_in_runtime(const char *path)
{
	_cleanup_(closep) int fd = open_above(path);

	if (fd < 0)
		return fd;
	return mkdirat(fd, strrchr(path, '/') + 1, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

bool
rundir_may_come(const struct rundir *r)
{
	_cleanup_(closep) int fd = -1;

	if (r->place >= RUNDIR_TMP || !r->path[0] || (fd = open_above(r->path)) < 0)
		return false;
	return faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) == 0;
}

static int
make_in_state(char *path)
{
	const int fd = folder_open(path, true);

	if (fd >= 0)
		(void)close(fd);
	return fd < 0 ? fd : 0;
}

static int
make(struct rundir *r)
{
	switch (r->place) {
	case RUNDIR_TMP:
		return mkdir(r->path, 0700) < 0 && errno != EEXIST ? -errno : 0;
	case RUNDIR_STATE:
		return make_in_state(r->path);
	default:
		return make_in_runtime(r->path);
	}
}

/* That it can be written to is seen by a file: a full or read-only disk lets a folder be opened. */
static int
try_to_write(const struct rundir *r)
{
	char name[32];
	int fd;

	(void)snprintf(name, sizeof(name), ".try-%ld", (long)getpid());
	fd = openat(r->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	(void)close(fd);
	(void)unlinkat(r->fd, name, 0);
	return 0;
}

int
rundir_make(struct rundir *r, const char *host)
{
	int rc = -ENOENT, last = -ENOENT;

	for (unsigned place = 0; place < RUNDIR_PLACES; place++) {
		rc = open_place(r, place);
		if (rc == -ENOENT && r->path[0] && (rc = make(r)) == 0)
			rc = open_verified(r);
		if (rc == 0)
			rc = descend_to(r, host, true);
		if (rc == 0 && (rc = try_to_write(r)) == 0)
			return 0;
		rundir_close(r);
		last = rc;
	}
	return last;
}

int
rundir_open_host(struct rundir *at, const struct rundir *r, const char *host)
{
	*at = *r;
	at->fd = fcntl(r->fd, F_DUPFD_CLOEXEC, 0);
	return at->fd < 0 ? -errno : descend_to(at, host, false);
}

void
rundir_each_host(const struct rundir *r, bool (*fn)(const char *host, void *context), void *context)
{
	const int fd = open_below(r->fd, VIA_FOLDER);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;

	if (!dir) {
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	while ((e = readdir(dir)))
		if (via_is_host(e->d_name) && !fn(e->d_name, context))
			break;
	(void)closedir(dir);
}

void
rundir_hold(const struct rundir *r)
{
	(void)flock(r->fd, LOCK_SH | LOCK_NB);
}

void
rundir_close(struct rundir *r)
{
	if (r->fd >= 0)
		(void)close(r->fd);
	r->fd = -1;
}

void
rundir_path(const struct rundir *r, const char *file, char out[RUNDIR_PATH_MAX])
{
	(void)snprintf(out, RUNDIR_PATH_MAX, "/proc/self/fd/%d/%s", r->fd, file);
}
