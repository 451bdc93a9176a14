/*
 * The folder that holds one user's sessions: of RUNDIR_PLACES possible ones, the first that is usable when the user
 * logs in. Commands look in all of them. The folder has mode 0700, belongs to us and is no symbolic link. This is
 * checked on a descriptor, and from then on the folder is used only through that descriptor, as /proc/self/fd/N/FILE:
 * nobody can put another folder in its place, and no path in it is too long for a socket.
 */
#ifndef PCHAT_NET_RUNDIR_H
#define PCHAT_NET_RUNDIR_H

#include <errno.h>
#include <limits.h>
#include <stdbool.h>

#include "base/macros.h"

/*
 * The places, in the order in which they are tried: $XDG_RUNTIME_DIR/pchat, /run/user/UID/pchat, /tmp/pchat-UID, and
 * run-HOST in the state folder. HOST is this host's name, since several hosts may share the state folder.
 */
enum { RUNDIR_XDG, RUNDIR_RUN_USER, RUNDIR_TMP, RUNDIR_STATE, RUNDIR_PLACES };

struct rundir {
	int fd;              /* of the folder; -1: none is open */
	unsigned place;      /* RUNDIR_XDG ... */
	char path[PATH_MAX]; /* for people; files are reached by rundir_path() */
};

/*
 * Opens the folder of one place. With a `host` (core/via.h) that is the folder via/HOST in it, for sessions at another
 * host; with NULL, or "", it is the one for sessions at this host. The caller closes it with rundir_close(). r->path is
 * set if there is such a place at all, else empty. 0; -ENOENT: the folder does not exist, or is the same as an earlier
 * place; -EPERM: somebody else owns it, or others may write to it; another -errno of open(2).
 */
MUST_USE int rundir_open(struct rundir *r, unsigned place, const char *host);

/*
 * Opens the first place that can be written to, and makes its folder if need be; `host` and closing are as for
 * rundir_open(). 0; or -errno of the last place that was tried, with r->path of that: -EPERM when somebody else owns it
 * or the folder above it.
 */
MUST_USE int rundir_make(struct rundir *r, const char *host);

/*
 * Whether a folder that rundir_open() could not open, with this -errno, may hold sessions of ours all the same: not
 * when it does not exist, is no folder, or is somebody else's.
 */
static inline bool
rundir_hides(int error)
{
	return error != -ENOENT && error != -EPERM && error != -ENOTDIR;
}

/*
 * Whether rundir_make() would make this folder, for which rundir_open() said -ENOENT, in a runtime folder that is there and
 * ours. False for /tmp and the state folder, where only trying tells.
 */
bool rundir_may_come(const struct rundir *r);

/*
 * Takes a shared flock(2) on the folder, which lasts as long as the folder is open. systemd-tmpfiles(8) leaves a folder
 * with such a lock alone when it cleans /tmp. Failure is ignored.
 */
void rundir_hold(const struct rundir *r);

/* Opens, as *at, the folder via/HOST in r, which is open and stays open. The caller closes *at. 0 or -errno. */
MUST_USE int rundir_open_host(struct rundir *at, const struct rundir *r, const char *host);

/*
 * Calls fn with each host that has a folder via/HOST in r, until fn returns false. `host` is valid during the call
 * only.
 */
void rundir_each_host(const struct rundir *r, bool (*fn)(const char *host, void *context), void *context);

/* Closes the folder. Does nothing when none is open. */
void rundir_close(struct rundir *r);

/* Writes the path of a file in the folder, through the descriptor. The path is valid as long as r is open. */
#define RUNDIR_PATH_MAX 96
void rundir_path(const struct rundir *r, const char *file, char out[RUNDIR_PATH_MAX]);

#endif
