/*
 * What is known of a session while it lives, in NAME.session of the folder that it lives in (0600, replaced by rename,
 * synced): enough to start its helper again. NAME is in lower case; beyond ASCII a hash stands in its place
 * (name_file()), and the session is found by the name that is in the file.
 */
#ifndef PCHAT_NET_SESSION_FILE_H
#define PCHAT_NET_SESSION_FILE_H

#include "core/ident.h"
#include "core/limits.h"
#include "core/via.h"
#include "net/rundir.h"

#define SESSION_BASE_MAX NAME_MAX_LEN

struct session_file {
	char name[NAME_MAX_LEN + 1];     /* as typed */
	char base[SESSION_BASE_MAX + 1]; /* of its files: name_file() of the name; may be empty for one of ASCII */
	struct ident id;
	char socket[PATH_MAX];                          /* of the daemon; empty: the user's own */
	bool explicit_socket;                           /* the user named it: any daemon's uid is accepted */
	char inbox[PATH_MAX];                           /* folder of the inbox */
	uint64_t max_messages, max_bytes;               /* unread limits */
	char via[VIA_LOGIN_MAX + 1 + VIA_PATH_MAX + 1]; /* USER@HOST:PATH, where the daemon is; empty: on this host */
	char agent[PATH_MAX];                           /* with via: of ssh's agent; empty: none */
};

/*
 * These return 0 or -errno. Read: -ENOENT (no such session), -EBADMSG (damaged). All: -EINVAL (not a name). Here and
 * below the base of a session's files does as well as its name.
 */
MUST_USE int session_file_read(const struct rundir *r, const char *name, struct session_file *s);
MUST_USE int session_file_write(const struct rundir *r, const struct session_file *s);
int session_file_remove(const struct rundir *r, const char *name);

/*
 * What the names of a session's files begin with: of an ASCII name that name in lower case; of another one what the
 * file has in which that name stands, byte by byte. 0, -EINVAL (not a name), -ENOENT.
 */
MUST_USE int session_file_base(const struct rundir *r, const char *name, char out[SESSION_BASE_MAX + 1]);

/*
 * Calls fn for the name of each session of this user: of ASCII in lower case, another one as it was typed. Stops when
 * fn returns false. 0 or -errno.
 */
MUST_USE int session_file_each(const struct rundir *r, bool (*fn)(const char *name, void *context), void *context);

/* The same for the sessions at all hosts. */
void session_file_each_via(
    const struct rundir *r, bool (*fn)(const char *host, const char *name, void *context), void *context);

/* Whether there is a file of that session, which may be damaged. */
bool session_file_exists(const struct rundir *r, const char *name);

/*
 * Opens the first of the user's folders in which there is a session of that name, at that host (rundir_open()). Only
 * the first `places` are looked into; RUNDIR_PLACES: all. 0; -ENOENT: in none; -EINVAL: not a name; as open(2) when it
 * is in none that can be looked into.
 */
MUST_USE int session_file_find(struct rundir *r, unsigned places, const char *host, const char *name);

#endif
