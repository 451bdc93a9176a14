/*
 * Where one user's sessions live: in the first of RUNDIR_PLACES folders that is usable when the user logs in. Commands
 * look in all of them. Each is 0700, ours, not a symbolic link: verified by descriptor, and then used only through it,
 * as /proc/self/fd/N/FILE, so that nobody can exchange it afterwards and no path in it is too long for a socket.
 */
#ifndef PCHAT_NET_RUNDIR_H
#define PCHAT_NET_RUNDIR_H

#include <errno.h>
#include <limits.h>
#include <stdbool.h>

#include "base/macros.h"

/*
 * In this order: $XDG_RUNTIME_DIR/pchat, /run/user/UID/pchat, /tmp/pchat-UID, and run-HOST in the state folder, which
 * several hosts may share.
 */
enum { RUNDIR_XDG, RUNDIR_RUN_USER, RUNDIR_TMP, RUNDIR_STATE, RUNDIR_PLACES };

struct rundir {
	int fd;
	unsigned place;
	char path[PATH_MAX]; /* for people */
};

/*
 * With a `host` (core/via.h) it is the folder via/HOST in that place, where sessions at another host are; NULL: those here.
 *
 * Opens that of the places. 0; -ENOENT: it is not there, or is the same as an earlier one; -EPERM: it belongs to
 * somebody else or others may write to it; as open(2). r->path is set if there is such a place at all.
 */
MUST_USE int rundir_open(struct rundir *r, unsigned place, const char *host);

/*
 * Opens the first place that is usable, and makes it if need be. 0; or -errno of the last one: -EPERM when r->path is
 * somebody else's or lies below what is somebody else's.
 */
MUST_USE int rundir_make(struct rundir *r, const char *host);

/* Whether a folder that gave this error may hold sessions of ours all the same: not one that is nobody's or foreign. */
static inline bool
rundir_hides(int error)
{
	return error != -ENOENT && error != -EPERM && error != -ENOTDIR;
}

/* Holds a shared flock(2) on the folder as long as it is open: whoever cleans /tmp leaves such a folder alone. */
void rundir_hold(const struct rundir *r);

/* Opens the folder of a host in r, which is open and stays so. 0 or -errno. */
MUST_USE int rundir_open_host(struct rundir *at, const struct rundir *r, const char *host);

/* Calls fn for each host of which there is a folder in r. Stops when it returns false. */
void rundir_each_host(const struct rundir *r, bool (*fn)(const char *host, void *context), void *context);

void rundir_close(struct rundir *r);

/* The path of a file in it, through the descriptor; valid as long as r is open. */
#define RUNDIR_PATH_MAX 96
void rundir_path(const struct rundir *r, const char *file, char out[RUNDIR_PATH_MAX]);

#endif
