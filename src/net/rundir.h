/*
 * Where one user's sessions live: $XDG_RUNTIME_DIR/pchat, else /tmp/pchat-UID.
 * 0700, ours, not a symbolic link: verified by descriptor, and then used only through it, as
 * /proc/self/fd/N/FILE, so that nobody can exchange it afterwards and no path in it is too long
 * for a socket.
 */
#ifndef PCHAT_NET_RUNDIR_H
#define PCHAT_NET_RUNDIR_H

#include <limits.h>
#include <stdbool.h>

#include "base/macros.h"
#include "core/ident.h"
#include "core/limits.h"

struct rundir {
	int fd;
	char path[PATH_MAX]; /* for people */
};

/*
 * Opens it, and with `create` makes it. Fails: -ENOENT (not there, and not to be made), -EPERM (it belongs to
 * somebody else or others may write to it), and as mkdir(2), open(2). r->path is set in each case.
 */
MUST_USE int rundir_open(struct rundir *r, bool create);
void rundir_close(struct rundir *r);

/* The path of a file in it, through the descriptor; valid as long as r is open. */
#define RUNDIR_PATH_MAX 96
void rundir_path(const struct rundir *r, const char *file, char out[RUNDIR_PATH_MAX]);

/*
 * What is known of a session while it lives, in NAME.session (0600, replaced by rename, synced): enough to
 * start its helper again. NAME is folded.
 */
struct session_file {
	char name[NAME_MAX_LEN + 1]; /* as typed */
	struct ident id;
	char socket[PATH_MAX];            /* of the daemon; empty: the user's own */
	bool explicit_socket;             /* the user named it: any daemon's uid is accepted */
	char inbox[PATH_MAX];             /* folder of the inbox */
	uint64_t max_messages, max_bytes; /* unread limits */
};

/* These return 0 or -errno. Read: -ENOENT (no such session), -EBADMSG (damaged). All: -EINVAL (not a name). */
MUST_USE int session_file_read(const struct rundir *r, const char *name, struct session_file *s);
MUST_USE int session_file_write(const struct rundir *r, const struct session_file *s);
int session_file_remove(const struct rundir *r, const char *name);

/* Calls fn for the folded name of each session of this user. Stops when fn returns false. 0 or -errno. */
MUST_USE int session_file_each(const struct rundir *r, bool (*fn)(const char *name, void *context), void *context);

#endif
