#include "session/uplink/endpoint.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "net/endpoint.h"
#include "net/socket.h"
#include "session/session.h"

#define RETRY_MS 50 /* while a daemon that starts anew is waited for */
#define GROUPS_MAX 256

void
endpoint_choose(struct session_file *file, const char *socket, bool trusted)
{
	const char *path = endpoint_path(socket);

	file->explicit_socket = trusted;
	if (path)
		(void)snprintf(file->socket, sizeof(file->socket), "%s", path);
}

static int
open_connection(const struct session *s)
{
	char own[RUNDIR_PATH_MAX];
	_cleanup_(closep) int fd = -1;
	int r;

	rundir_path(&s->rundir, AUTOSTART_SOCKET, own);
	fd = socket_connect(s->file.socket[0] ? s->file.socket : own, false);
	if (fd < 0)
		return fd;
	if ((r = endpoint_trusted(fd, s->file.socket[0] ? s->file.socket : NULL, s->file.explicit_socket)) < 0)
		return r;
	r = fd;
	fd = -1;
	return r;
}

int
endpoint_daemon(struct session *s, char why[ENDPOINT_WHY])
{
	const int fd = open_connection(s);

	why[0] = '\0';
	if (s->file.socket[0] || (fd != -ENOENT && fd != -ECONNREFUSED))
		return fd;
	if (autostart_start(s, why) < 0)
		return fd;
	return open_connection(s);
}

int
endpoint_await(struct session *s, unsigned wait_ms, char why[ENDPOINT_WHY])
{
	const uint64_t end = clock_monotonic_ms() + wait_ms;
	int fd;

	while ((fd = endpoint_daemon(s, why)) == -ENOENT || fd == -ECONNREFUSED) {
		if (!s->file.socket[0] || clock_monotonic_ms() >= end)
			break;
		(void)poll(NULL, 0, RETRY_MS);
	}
	return fd;
}

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
		    "the daemon at '%s' is for the group '%s', which you joined after you logged in to this host: log "
		    "in to "
		    "it anew",
		    path, gr->gr_name);
	else if (gr)
		(void)snprintf(words, size,
		    "the daemon at '%s' is for the group '%s'; an administrator adds you to it: usermod -aG %s USER",
		    path, gr->gr_name, gr->gr_name);
	else
		(void)snprintf(words, size, "the daemon at '%s' is not for you: %s", path, strerror(EACCES));
}

/* What connect(2) tells of a path that is there and can be no daemon's socket is no help. */
static bool
is_something_else(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISSOCK(st.st_mode);
}

void
endpoint_words(const struct session *s, int error, const char *why, char *words, size_t size)
{
	const char *path = s->file.socket;

	if (!path[0])
		(void)snprintf(words, size, "cannot start your own daemon: %s", why[0] ? why : strerror(-error));
	else if (error == -EPERM)
		(void)snprintf(words, size,
		    "the daemon at '%s' is another user's; if you trust who runs it, name it by the option: --socket "
		    "'%s'",
		    path, path);
	else if (is_something_else(path))
		(void)snprintf(words, size, "'%s' is not a socket", path);
	else if (error == -EACCES)
		denied_words(path, words, size);
	else if ((error == -ENOENT || error == -ECONNREFUSED) && strcmp(path, ENDPOINT_HOST) == 0)
		(void)snprintf(words, size,
		    "the host's daemon is not running (%s: %s); an administrator starts it: systemctl start "
		    "pchatd.socket",
		    path, strerror(-error));
	else if (error == -ENOENT || error == -ECONNREFUSED)
		(void)snprintf(words, size, "no daemon at '%s': %s; start one with: pchatd --detach --socket '%s'",
		    path, strerror(-error), path);
	else
		(void)snprintf(words, size, "cannot reach the daemon at '%s': %s", path, strerror(-error));
}
