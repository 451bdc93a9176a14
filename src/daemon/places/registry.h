/*
 * The registry (D6): names, session ids and pairs in RUNTIME/registry.db, so that a
 * daemon that died is succeeded by one that knows everybody. Nothing is synced: what was
 * committed survives the daemon's death, which is all it is for; no session survives the host's.
 *
 * Changes are made between registry_begin() and registry_commit(); each remembers a
 * failure until the commit, which then undoes all of them and reports it.
 */
#ifndef PCHAT_DAEMON_PLACES_REGISTRY_H
#define PCHAT_DAEMON_PLACES_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "core/ident.h"
#include "core/policy.h"

struct registry;

struct registry_row {
	struct ident id;
	char name[NAME_MAX_LEN + 1];
	uint32_t uid;
	int64_t since_ms;
	uint64_t pair; /* the latest, up to INT64_MAX; 0: none; shared by two rows while it lasts */
	bool over;     /* it has ended */
	struct policy policy;
	bool account_told;                 /* the user database has told the uid's account: */
	char account[ACCOUNT_MAX_LEN + 1]; /* its name; empty: there is none */
};

enum registry_origin {
	REGISTRY_FOUND,
	REGISTRY_NEW,     /* there was none */
	REGISTRY_DAMAGED, /* there was one; it was set aside as registry.db.corrupt-TIME, and a new one begun */
};

/* Whether a folder is ours alone to write to; -EPERM: it is not. */
MUST_USE int registry_check_folder(const char *folder);

/* Whether there is one in the folder; and removes it with all that belongs to it. */
bool registry_exists(const char *folder);
void registry_erase(const char *folder);

/*
 * Opens the registry of a folder, which must be ours alone to write to. The caller holds the
 * folder's lock. Fails: -EPERM (somebody else's folder), -EPROTO (written by a newer pchatd), else -errno.
 */
MUST_USE int registry_open(const char *folder, struct registry **out, enum registry_origin *origin);
void registry_close(struct registry *r);

/* Takes all that `from` holds into `r`. 0 or -errno. */
MUST_USE int registry_import(struct registry *r, struct registry *from);

/* Calls fn for each session; 0 or -errno. A row that breaks a rule is passed over. */
MUST_USE int
registry_load(struct registry *r, void (*fn)(const struct registry_row *row, void *context), void *context);

/* The id of the next pair to be made, as last recorded; 0: never recorded. 0 or -errno. */
MUST_USE int registry_next_pair(struct registry *r, uint64_t *next);

/*
 * Whether it was begun anew after a loss, and those who were in the one that was lost had not the time to come back. 0 or
 * -errno.
 */
MUST_USE int registry_partial(struct registry *r, bool *partial);

void registry_begin(struct registry *r);
void registry_clear(struct registry *r);
void registry_put(struct registry *r, const struct registry_row *row);
void registry_remove(struct registry *r, const struct ident *id);
void registry_set_pair(struct registry *r, const struct ident *id, uint64_t pair);
void registry_end_pair(struct registry *r, const struct ident *id, uint64_t pair);
void registry_set_policy(struct registry *r, const struct ident *id, const struct policy *policy);
void registry_set_next_pair(struct registry *r, uint64_t next);
void registry_set_partial(struct registry *r, bool partial);

/* 0, or -errno: of what was put in since registry_begin() nothing is kept. */
int registry_commit(struct registry *r);

/* Whether a commit failed since the whole was last written; the caller then writes it again from registry_clear() on. */
bool registry_behind(const struct registry *r);

#endif
