#include "session/mailbox/folder.h"

#include <dirent.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
make_folders(char *path)
{
	for (char *p = path + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		if (mkdir(path, 0700) < 0 && errno != EEXIST && errno != EROFS && errno != EACCES)
			return -errno;
		*p = '/';
	}
	return mkdir(path, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

static int
check_folder(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	if (st.st_uid != geteuid())
		return -EPERM;
	if ((st.st_mode & 077) && chmod(path, 0700) < 0)
		return -errno;
	return 0;
}

int
session_folder(const char *folded, char *out, size_t size, bool create)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	const struct passwd *pw;
	int n, r;

	if (state && state[0] == '/') {
		n = snprintf(out, size, "%s/pchat/%s", state, folded);
	} else {
		if (!home || home[0] != '/')
			home = (pw = getpwuid(geteuid())) ? pw->pw_dir : "/nonexistent";
		n = snprintf(out, size, "%s/.local/state/pchat/%s", home, folded);
	}
	if (n < 0 || (size_t)n >= size)
		return -ENAMETOOLONG;
	if (create && (r = make_folders(out)) < 0)
		return r;
	return check_folder(out);
}

/* The index, what SQLite kept beside it, and copies of damaged ones. */
static bool
is_index(const char *name)
{
	static const char index[] = "search.db";
	const char *const rest = name + sizeof(index) - 1;

	return strncmp(name, index, sizeof(index) - 1) == 0 &&
	    (*rest == '\0' || *rest == '-' || strncmp(rest, ".corrupt-", 9) == 0);
}

void
session_folder_tidy(const char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *e;

	while (d && (e = readdir(d)))
		if (is_index(e->d_name))
			(void)unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		(void)closedir(d);
}
