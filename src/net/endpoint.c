#include "net/endpoint.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/socket.h"

/* Accounts below this are the system's (login.defs(5), UID_MIN). */
#define SYSTEM_UIDS 1000

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
