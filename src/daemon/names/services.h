/*
 * The user databases of this host, beside /etc/passwd: those that nsswitch.conf(5)
 * names for `passwd`. Asking them may take for ever: only a child process does.
 */
#ifndef PCHAT_DAEMON_NAMES_SERVICES_H
#define PCHAT_DAEMON_NAMES_SERVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/macros.h"

#define SERVICES_MAX 16U
#define SERVICE_NAME 32U

struct services {
	size_t count;
	char name[SERVICES_MAX][SERVICE_NAME];
};

/*
 * Those in the file `path`, without `files`, which /etc/passwd is; none when it is not there. 0, or -errno: it cannot be
 * read, or names more than we ask, or one whose name is too long.
 */
MUST_USE int services_read(const char *path, struct services *s);

/* "ldap, systemd", for people. */
#define SERVICES_TEXT 256U
const char *services_text(const struct services *s, char out[SERVICES_TEXT]);

/*
 * Whether we may use the network: a service of systemd(1) may be kept from it, and with it databases that each program asks by
 * itself (NIS, LDAP without a daemon of this host's).
 */
bool services_reach_network(void);

/* An account, as one of them knows it. */
#define SERVICE_ACCOUNT 64U
struct service_account {
	uint32_t uid;
	char name[SERVICE_ACCOUNT]; /* empty: too long for here */
};

/*
 * Each asks all of them, one after the other, for an account. 0: it is there. -ENOENT: each has answered that there is none.
 * Another -errno: one did not answer; *silent is its name, or "nss". It is -EIO where that one told no errno.
 *
 * They are asked one by one since the C library hides it when one does not answer: of "ldap files" it tells what files says,
 * and of NIS without a network (UNAVAIL, with no errno) that there is no such account.
 */
MUST_USE int
services_by_name(const struct services *s, const char *name, struct service_account *account, const char **silent);
MUST_USE int
services_by_uid(const struct services *s, uint32_t uid, struct service_account *account, const char **silent);

#endif
