/*
 * What the daemon keeps for each uid that is connected or logged in: the name of its account, and how much of the
 * daemon it uses (sessions, connections that have not logged in, requests a second). All connections and sessions of
 * the uid share one entry and hold references to it.
 */
#ifndef PCHAT_DAEMON_ACCOUNT_H
#define PCHAT_DAEMON_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "core/bucket.h"
#include "core/limits.h"
#include "core/names/same.h"
#include "core/turns.h"

struct passwd_file;

/* What is known of a uid's account. */
enum account_state {
	ACCOUNT_UNKNOWN, /* no user database has answered yet */
	ACCOUNT_NONE,    /* the user database has answered that there is no account */
	ACCOUNT_NAMED,   /* /etc/passwd has the account, or a look-up has found it */
};

struct accounts;

struct account {
	struct account *next; /* with the same hash */
	struct accounts *all;
	uint32_t uid;
	uint32_t refs;
	uint32_t sessions;       /* logged in, reconnecting ones included; changed by account_sessions() */
	uint32_t greeting;       /* connections that have not logged in; changed by account_greeting() */
	uint32_t channels;       /* open channels, see daemon/streams */
	uint8_t state;           /* enum account_state */
	bool own;                /* the daemon's own uid: known whatever the user database says */
	bool passes_descriptors; /* it once passed a descriptor: its connections are looked at first (net/stream.h) */
	struct bucket requests;  /* what it may ask */
	struct bucket notes;     /* what it may tell */
	struct party party;      /* account_party() */
	uint64_t asked_at;       /* when a look-up of the uid last ended, in ms of the monotonic clock; 0: never */
	char *name;              /* of the account; NULL: none is known, or it has one that is not shown */
	struct name_keys keys;   /* of that name */
};

#define ACCOUNT_HEADS 256U

/* All accounts. The caller zeroes it, then sets `passwd`. */
struct accounts {
	struct account *head[ACCOUNT_HEADS];
	struct passwd_file *passwd;  /* /etc/passwd, the caller's; NULL: it is not asked */
	uint32_t unknown_sessions;   /* sessions of all uids without a known account */
	uint32_t unknown_greeting;   /* their connections that have not logged in */
	uint32_t unknown_channels;   /* their channels */
	struct bucket unknown_notes; /* what they may tell, together */
	struct party unknown;        /* account_party() */
};

/*
 * Whether `name` belongs to the account of a uid other than `uid` (R3), among the accounts that are held here. Two
 * names of ASCII are not compared: the user database is asked for these.
 */
bool accounts_have(const struct accounts *all, const char *name, uint32_t uid);

/*
 * The account of a uid, with one more reference, which the caller gives back by account_put(). /etc/passwd is asked for
 * its name, no other user database. NULL: short of memory.
 */
struct account *accounts_get(struct accounts *all, uint32_t uid);

/* Asks /etc/passwd again for the name of an account, unless it is named. */
void accounts_recall(struct accounts *all, struct account *a);

/* Frees all accounts, whoever still holds references. */
void accounts_release(struct accounts *all);

/*
 * Gives back a reference; takes NULL. The account is freed some time after the last one, when its buckets are full
 * again: a uid that disconnects does not get new requests by that.
 */
void account_put(struct account *a);

/* Adds `change`, which may be negative, to the number of its sessions. */
void account_sessions(struct account *a, int change);

/* The same for its connections that have not logged in. */
void account_greeting(struct account *a, int change);

/* Whether the uid is known to have an account, or is the daemon's own. */
static inline bool
account_known(const struct account *a)
{
	return a->state == ACCOUNT_NAMED || a->own;
}

/* All that its connections ask for has one turn at a time (core/turns.h). Uids without a known account have one together. */
static inline struct party *
account_party(struct account *a)
{
	return account_known(a) ? &a->party : &a->all->unknown;
}

/*
 * Notes the answer of a look-up: the account's name, which is copied, or NULL when there is no account. An account
 * whose name is empty or longer than ACCOUNT_MAX_LEN is known, but its uid is shown instead: a part of a name may be
 * somebody else's name. False: short of memory for the name, and nothing was noted, as if no database had answered.
 */
bool account_told(struct account *a, const char *name);

/* What people are shown: the account's name, or "uid 1001". */
void account_show(const struct account *a, char out[ACCOUNT_MAX_LEN + 1]);

#endif
