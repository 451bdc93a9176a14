/*
 * One look-up, which a child process does. Both sides are here: what the child is asked, and what it had answered when
 * it ended or was killed.
 */
#ifndef PCHAT_DAEMON_NAMES_LOOKUP_H
#define PCHAT_DAEMON_NAMES_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/limits.h"
#include "core/verdict.h"
#include "daemon/names/services.h"

struct lookup_task {
	const char *nsswitch;        /* path of nsswitch.conf */
	char name[NAME_MAX_LEN + 1]; /* empty: whose it is, is not asked */
	uint32_t uid;
	bool account; /* the account of the uid is asked for */
};

/* In the child: answers `task` over `out`. */
void lookup_run(const void *task, int out);

struct lookup_answer {
	enum verdict owner;            /* of the name: OK (the uid that asks), RESERVED, NO_SUCH_USER, or NO_ANSWER */
	uint32_t owner_uid;            /* whose it is, with OK and RESERVED */
	bool account_told;             /* the database has answered for the uid: */
	bool account_found;            /* there is one, */
	char account[SERVICE_ACCOUNT]; /* called so; empty: its name is too long for here */
	int error;                     /* 0, or -errno of what did not answer, */
	char silent[SERVICE_NAME];     /* and what that was */
};

/* What the bytes say; parts that are missing are no answer. */
void lookup_understand(const struct lookup_task *task, const uint8_t *bytes, size_t n, struct lookup_answer *answer);

#endif
