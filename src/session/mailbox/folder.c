#include "session/mailbox/folder.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/names/same.h"
#include "core/via.h"
#include "net/folder.h"

int
session_folder(const char *host, const char *folded, char out[PATH_MAX], bool create)
{
	char below[sizeof(VIA_FOLDER "/") + VIA_HOST_MAX + 1 + NAME_FOLD_MAX + 1];
	_cleanup_(closep) int fd = -1;
	struct stat st;
	int r;

	if (host && *host)
		(void)snprintf(below, sizeof(below), VIA_FOLDER "/%s/%s", host, folded);
	else
		(void)snprintf(below, sizeof(below), "%s", folded);
	if ((r = folder_state(below, out)) < 0)
		return r;
	if ((fd = folder_open(out, create)) < 0)
		return fd;
	if ((r = folder_owned(fd)) < 0)
		return r;
	if (lstat(out, &st) < 0 || S_ISLNK(st.st_mode)) /* where a link leads may be changed */
		return -ENOTDIR;
	return fstat(fd, &st) < 0 || ((st.st_mode & 077) && fchmod(fd, 0700) < 0) ? -errno : 0;
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
