/*
 * What is known of a session while it lives, in NAME.session of the folder that it lives in (0600, replaced by rename,
 * synced): enough to start its helper again. NAME is folded.
 */
#ifndef PCHAT_NET_SESSION_FILE_H
#define PCHAT_NET_SESSION_FILE_H

#include "core/ident.h"
#include "core/limits.h"
#include "net/rundir.h"

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

/* Whether there is a file of that session, which may be damaged. */
bool session_file_exists(const struct rundir *r, const char *name);

/*
 * Opens the first of the user's folders in which there is a session of that name. 0; -ENOENT: in none; -EINVAL: not a
 * name; as open(2) when it is in none that can be looked into.
 */
MUST_USE int session_file_find(struct rundir *r, const char *name);

#endif
