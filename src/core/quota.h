/*
 * Who may come in: how many connections and sessions there may be, of one uid, of all, and of all those uids together
 * that are not known to have an account. One person may have thousands of those (user namespaces), so they share what
 * one of them could have, and never get the last quarter. Nobody can keep others out by connecting without logging in:
 * when all places for such connections are taken, the one that has waited longest is closed.
 */
#ifndef PCHAT_CORE_QUOTA_H
#define PCHAT_CORE_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

#include "core/limits.h"
#include "core/verdict.h"

/* As the daemon was told. */
struct quota {
	uint32_t connections;      /* in all, also of sessions */
	uint32_t sessions_uid;     /* of one uid */
	uint32_t unknown_sessions; /* of all uids that are not known to have an account */
	uint32_t unknown_greeting; /* of those, connections that are not logged in */
};

/* What there is. A session is one also while its connection is lost. */
struct quota_use {
	uint32_t connections, greeting, sessions;
	uint32_t unknown_greeting, unknown_sessions;
};

/* Who wants in. */
struct quota_user {
	bool known; /* the uid is known to have an account */
	uint32_t greeting, sessions;
};

enum quota_entry {
	QUOTA_ENTER,
	QUOTA_INSTEAD,         /* in the place of the connection that has waited longest for its login, */
	QUOTA_INSTEAD_UNKNOWN, /* or of the one of those by uids without a known account */
	QUOTA_CROWDED,
};

/* Whether a connection may come in. It may be that of a session that resumes: nobody knows before it says so. */
enum quota_entry quota_connection(const struct quota *q, const struct quota_use *use, const struct quota_user *who);

/* Whether a new session may begin: OK, LIMIT (the uid has all it may have), FULL. One that resumes needs no place. */
enum verdict quota_session(const struct quota *q, const struct quota_use *use, const struct quota_user *who);

/* Sessions that there can be at once: some connections are kept for those who are about to log in, or resume. */
uint32_t quota_sessions(const struct quota *q);

#endif
