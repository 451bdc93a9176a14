#include "net/endpoint.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/errors.h"
#include "base/translate.h"
#include "net/socket.h"

/* Accounts below this are the system's (login.defs(5), UID_MIN). */
#define SYSTEM_UIDS 1000

#define GROUPS_MAX 256

const char *
endpoint_path(const char *named)
{
	struct stat st;

	if (named)
		return named;
	/* The host is meant to have a daemon; one that cannot even be looked for is no reason to begin another. */
	return stat(ENDPOINT_FOLDER, &st) == 0 || errno != ENOENT ? ENDPOINT_HOST : NULL;
}

/* Whether the folder of a socket belongs to that uid. */
static bool
owns_folder(const char *path, uid_t uid)
{
	char folder[PATH_MAX];
	struct stat st;
	char *slash;

	if ((size_t)snprintf(folder, sizeof(folder), "%s", path) >= sizeof(folder) || !(slash = strrchr(folder, '/')))
		return false;
	slash[slash == folder] = '\0';
	return stat(folder, &st) == 0 && st.st_uid == uid;
}

int
endpoint_trusted(int fd, const char *path, bool explicit)
{
	struct credentials peer;
	int r;

	if (explicit)
		return 0;
	if ((r = socket_peer(fd, &peer)) < 0)
		return r;
	if (peer.uid == 0 || peer.uid == geteuid())
		return 0;
	return path && peer.uid < SYSTEM_UIDS && owns_folder(path, peer.uid) ? 0 : -EPERM;
}

/* ------------------------------------------------------------------------- words */

static bool
has_group(const gid_t *list, int count, gid_t gid)
{
	for (int i = 0; i < count; i++)
		if (list[i] == gid)
			return true;
	return false;
}

/* Whether the account is in the group, but was not yet when this login to the host began. */
static bool
joined_since(gid_t gid)
{
	const struct passwd *pw = getpwuid(geteuid());
	gid_t now[GROUPS_MAX], then[GROUPS_MAX];
	int count = GROUPS_MAX, held = getgroups(GROUPS_MAX, then);

	return pw && gid != getegid() && held >= 0 && !has_group(then, held, gid) &&
	    getgrouplist(pw->pw_name, pw->pw_gid, now, &count) >= 0 && has_group(now, count, gid);
}

/* Whose a socket is that we may not use. */
static void
denied_words(const char *path, char *words, size_t size)
{
	struct stat st;
	const struct group *gr = stat(path, &st) == 0 && (st.st_mode & S_IWGRP) ? getgrgid(st.st_gid) : NULL;

	if (gr && joined_since(st.st_gid))
		(void)snprintf(words, size,
		    _("the daemon at '%s' is for the group '%s', which you joined after you logged in to this host: "
		      "log in to the host again"),
		    path, gr->gr_name);
	else if (gr)
		(void)snprintf(words, size,
		    _("the daemon at '%s' is for the group '%s'; ask an administrator to add you to it: usermod -aG %s "
		      "USER"),
		    path, gr->gr_name, gr->gr_name);
	else
		(void)snprintf(words, size, _("the daemon at '%s' is not for you: %s"), path, error_words(EACCES));
}

/* What connect(2) tells of a path that is there and can be no daemon's socket is no help. */
static bool
is_something_else(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISSOCK(st.st_mode);
}

void
endpoint_words(const char *path, int error, char *words, size_t size)
{
	if (error == -EPERM)
		(void)snprintf(words, size,
		    _("the daemon at '%s' is another user's; if you trust who runs it, name it by the option: --socket "
		      "'%s'"),
		    path, path);
	else if (is_something_else(path))
		(void)snprintf(words, size, _("'%s' is not a socket"), path);
	else if (error == -EACCES)
		denied_words(path, words, size);
	else if ((error == -ENOENT || error == -ECONNREFUSED) && strcmp(path, ENDPOINT_HOST) == 0)
		(void)snprintf(words, size,
		    _("the host's daemon is not running (%s: %s); ask an administrator to start it: systemctl start "
		      "pchatd.socket"),
		    path, error_words(-error));
	else if (error == -ENOENT || error == -ECONNREFUSED)
		(void)snprintf(words, size, _("no daemon at '%s': %s; start one with: pchatd --detach --socket '%s'"),
		    path, error_words(-error), path);
	else
		(void)snprintf(words, size, _("cannot reach the daemon at '%s': %s"), path, error_words(-error));
}
