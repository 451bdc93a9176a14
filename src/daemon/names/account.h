/*
 * What the daemon keeps for each uid that is connected or logged in: the name
 * of its account, and its share of the daemon (how many sessions, how many
 * connections not yet logged in, how many requests a second). Shared by all
 * that the uid does, and counted.
 */
#ifndef PCHAT_DAEMON_ACCOUNT_H
#define PCHAT_DAEMON_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "core/bucket.h"
#include "core/limits.h"

struct passwd_file;

/* What is known of a uid's account. */
enum account_state {
	ACCOUNT_UNKNOWN, /* nobody has told yet */
	ACCOUNT_NONE,    /* the user database has answered that there is none */
	ACCOUNT_NAMED,   /* /etc/passwd has it, or a look-up has found it */
};

struct accounts;

struct account {
	struct account *next; /* of the same hash */
	struct accounts *all;
	uint32_t uid;
	uint32_t refs;
	uint32_t sessions;       /* logged in, reconnecting ones included; see account_sessions() */
	uint32_t greeting;       /* connections not yet logged in; see account_greeting() */
	uint32_t channels;       /* open ones, see daemon/streams */
	bool own;                /* the daemon's own uid: known whatever the user database says */
	bool passes_descriptors; /* it has done so: its connections are looked at first (net/stream.h) */
	struct bucket requests;
	struct bucket notes;
	enum account_state state;
	uint64_t asked_at; /* ms of the monotonic clock: when a look-up of the uid last ended; 0: never */
	char name[ACCOUNT_MAX_LEN + 1];
};

#define ACCOUNT_HEADS 256U

/* All of them. Zeroed at first, but for the list of the host's own accounts. */
struct accounts {
	struct account *head[ACCOUNT_HEADS];
	struct passwd_file *passwd; /* NULL: none is asked */
	uint32_t unknown_sessions;  /* of uids that are not known to have an account */
	uint32_t unknown_greeting;
	uint32_t unknown_channels;
	struct bucket unknown_notes;
};

/* Whether another uid's account, of those that were seen, has a name that `name` belongs to (R3). */
bool accounts_have(const struct accounts *all, const char *name, uint32_t uid);

/* The account of a uid, one reference more; NULL when memory is short. Asks /etc/passwd, and nobody else. */
struct account *accounts_get(struct accounts *all, uint32_t uid);

/* An account that is not known: asks /etc/passwd again. */
void accounts_recall(struct accounts *all, struct account *a);

/* Frees them all, whoever refers to them. */
void accounts_release(struct accounts *all);

/* One reference less. It is forgotten some time after the last, when the uid has all its requests again. */
void account_put(struct account *a);

/* It has so many sessions, or connections not yet logged in, more or less. */
void account_sessions(struct account *a, int change);
void account_greeting(struct account *a, int change);

/* Whether the uid is known to have an account. */
static inline bool
account_known(const struct account *a)
{
	return a->state == ACCOUNT_NAMED || a->own;
}

/*
 * What a look-up has told: the name, or NULL when there is none. One that is longer than ACCOUNT_MAX_LEN, or empty, is known and not
 * shown: a part of a name may be another's name.
 */
void account_told(struct account *a, const char *name);

/* As people see it: the account's name, or the uid in digits. */
const char *account_name(const struct account *a);

#endif
