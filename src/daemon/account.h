/*
 * What the daemon keeps for each uid that is connected or logged in: the name
 * of its account, and its share of the daemon (how many sessions, how many
 * connections not yet logged in, how many requests a second). Shared by all
 * that the uid does, and counted.
 */
#ifndef PCHAT_DAEMON_ACCOUNT_H
#define PCHAT_DAEMON_ACCOUNT_H

#include <stdint.h>

#include "base/macros.h"
#include "core/bucket.h"
#include "core/limits.h"
#include "core/verdict.h"

struct account {
	struct account *next; /* of the same hash */
	uint32_t uid;
	uint32_t refs;
	uint32_t sessions; /* logged in, reconnecting ones included */
	uint32_t greeting; /* connections not yet logged in */
	struct bucket requests;
	char name[ACCOUNT_MAX_LEN + 1]; /* see account_name(); empty: not looked up yet */
};

/* The account of a uid, one reference more; NULL when memory is short. */
struct account *account_get(uint32_t uid);

/* One reference less. It is forgotten some time after the last, when the uid has all its requests again. */
void account_put(struct account *a);

/*
 * The account's name; the uid in digits when it has none, or a longer one. Looked up when it is first asked for:
 * the database may be slow, and who only connects is not worth waiting for.
 */
const char *account_name(struct account *a);

/* Whether the uid may have `name` (R3): OK, RESERVED, or FAILED when the account database gave no answer. */
enum verdict account_may_use(uint32_t uid, const char *name);

#endif
