#include "session/uplink/endpoint.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "net/socket.h"
#include "session/session.h"

#define HOST_DAEMON "/run/pchat/pchat.sock"

void
endpoint_choose(struct session_file *file, const char *socket)
{
	int fd;

	file->explicit_socket = socket != NULL;
	if (socket) {
		(void)snprintf(file->socket, sizeof(file->socket), "%s", socket);
		return;
	}
	fd = socket_connect(HOST_DAEMON, false);
	if (fd >= 0)
		(void)close(fd);
	if (fd >= 0 || fd == -EAGAIN)
		(void)snprintf(file->socket, sizeof(file->socket), "%s", HOST_DAEMON);
}

/* The folder of a socket belongs to whom? */
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

/* Whether we may tell the one who listens there what we have to say. */
static int
check_peer(const struct session *s, int fd)
{
	struct credentials peer;
	int r;

	if (s->file.explicit_socket)
		return 0;
	if ((r = socket_peer(fd, &peer)) < 0)
		return r;
	if (peer.uid == 0 || peer.uid == geteuid() || (s->file.socket[0] && owns_folder(s->file.socket, peer.uid)))
		return 0;
	return -EPERM;
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
	if ((r = check_peer(s, fd)) < 0)
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
		    "the daemon at '%s' runs as a user that it should not; name it by --socket to trust it", path);
	else if (is_something_else(path))
		(void)snprintf(words, size, "'%s' is not a socket", path);
	else if (error == -ENOENT || error == -ECONNREFUSED)
		(void)snprintf(words, size, "no daemon at '%s': %s; start one with: pchatd --detach --socket '%s'",
		    path, strerror(-error), path);
	else
		(void)snprintf(words, size, "cannot reach the daemon at '%s': %s", path, strerror(-error));
}
