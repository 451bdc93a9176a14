#include "net/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int
folder_owned(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	return st.st_uid == geteuid() ? 0 : -EPERM;
}

static int
open_there(const char *path)
{
	const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* The folder that is there already, above the one that is not: the path is cut to it, and its length returned. */
static size_t
cut_to_existing(char *path)
{
	struct stat st;
	char *slash;

	while (stat(path, &st) < 0 && errno == ENOENT && (slash = strrchr(path, '/')) && slash != path)
		*slash = '\0';
	return strlen(path);
}

/* Makes the next folder below `parent`; path[at] is the NUL before its name. */
static int
make_next(int parent, char *path, size_t at)
{
	const char *name = path + at + 1;
	int r;

	if ((r = folder_owned(parent)) < 0)
		return r;
	if (mkdirat(parent, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	path[at] = '/';
	r = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return r < 0 ? -errno : r;
}

int
folder_open(char path[PATH_MAX], bool create)
{
	const size_t whole = strlen(path);
	int fd = open_there(path), next;
	size_t at;

	if (fd != -ENOENT || !create)
		return fd;
	at = cut_to_existing(path);
	fd = open_there(path);
	while (fd >= 0 && at < whole) {
		next = make_next(fd, path, at);
		(void)close(fd);
		fd = next;
		at += next >= 0 ? strlen(path + at) : 0;
	}
	return fd;
}

/* Whether the home is somebody else's. One that is not there, or cannot be looked at, is nobody's. */
static bool
is_foreign(const char *home)
{
	struct stat st;

	return stat(home, &st) == 0 && st.st_uid != geteuid();
}

int
folder_state(const char *below, char out[PATH_MAX])
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME"), *rest = "";
	const char *base = state && *state == '/' ? state : home;
	size_t a, b, c;

	if (!base || *base != '/')
		return -ENOENT;
	if (base == home)
		rest = "/.local/state";
	a = strlen(base);
	b = strlen(rest);
	c = strlen(below);
	if (a + b + sizeof("/pchat/") + c > PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(out, base, a + 1);
	if (base == home && is_foreign(home))
		return -EPERM;
	memcpy(out + a, rest, b);
	memcpy(out + a + b, "/pchat/", sizeof("/pchat/") - 1);
	memcpy(out + a + b + sizeof("/pchat/") - 1, below, c + 1);
	return 0;
}
