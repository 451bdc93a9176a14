/* How the roster begins, with what the registry holds, and its end. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "daemon/names/names.h"
#include "daemon/names/passwd.h"
#include "daemon/places/registry.h"
#include "daemon/roster_impl.h"
#include "net/random.h"
#include "net/userns.h"

#define REPAIR_SECONDS 1.
#define NO_GRACE .01 /* a timer that repeats takes some time */
#define ACCOUNTS "/etc/passwd"
#define NSSWITCH "/etc/nsswitch.conf"

struct restore {
	struct roster *r;
	slot_t latest; /* rows come in the order of their pairs: partners one after the other */
	uint64_t pair;
	int failure;  /* -errno */
	bool refused; /* a row was */
};

static void
restore_pair(struct restore *re, slot_t slot, const struct registry_row *row)
{
	const uint64_t pair = row->over ? 0 : row->pair;
	struct exchange_event ev = { .type = EXCHANGE_REPAIR, .slot = slot, .other = re->latest, .pair = pair };

	if (pair != 0 && pair == re->pair && roster_step(re->r, &ev) != VERDICT_OK)
		log_error("registry: a pair cannot be taken over");
	re->latest = slot;
	re->pair = pair;
}

static void
restore_session(const struct registry_row *row, void *context)
{
	struct restore *re = context;
	struct roster *r = re->r;
	struct account *account = accounts_get(&r->accounts, row->uid);
	struct exchange_event ev = {
		.type = EXCHANGE_RESTORE, .id = row->id, .name = row->name, .uid = row->uid, .pair = row->pair
	};

	if (!account) {
		re->failure = -ENOMEM;
		return;
	}
	if (roster_step(r, &ev) != VERDICT_OK) {
		log_error("registry: session '%s' cannot be taken over", row->name);
		re->refused = true;
		account_put(account);
		return;
	}
	if (account->state == ACCOUNT_UNKNOWN && row->account_told)
		(void)account_told(account, row->account[0] ? row->account : NULL); /* else it is looked up */
	roster_member_begin(r, ev.slot, account, row->since_ms);
	account_put(account);
	if (!roster_keep_policy(&r->member[ev.slot], &row->policy)) /* others would reach it before it comes back */
		re->failure = -ENOMEM;
	roster_lost_add(r, ev.slot);
	restore_pair(re, ev.slot, row);
}

/*
 * Pair ids count up from a random start, so that those of a registry that was lost are not met again (R9), and can be
 * taken up again in whatever order their sessions come back.
 */
static int
first_pair(struct roster *r, uint64_t *first)
{
	struct ident id;
	int rc;

	if ((rc = registry_next_pair(r->registry, first)) < 0)
		return rc;
	if (*first != 0) {
		registry_begin(r->registry);
		registry_set_next_pair(r->registry, *first + SPARE_PAIRS);
		(void)registry_commit(
		    r->registry); /* else it is behind, and written as a whole before any pair is made */
		return 0;
	}
	if ((rc = random_ident(&id)) < 0)
		return rc;
	memcpy(first, id.b, sizeof(*first));
	*first = (*first & (INT64_MAX >> 1)) | 1;
	registry_begin(r->registry);
	registry_set_next_pair(r->registry, *first + SPARE_PAIRS);
	return registry_commit(r->registry);
}

static int
allocate(struct roster *r, uint32_t sessions)
{
	/* Zeroed by the kernel and, beyond what is used, never touched. */
	r->exchange = calloc(1, exchange_size(sessions));
	r->member = calloc(sessions, sizeof(*r->member));
	r->accounts.passwd = passwd_new(ACCOUNTS);
	r->names = names_new(r->loop, &r->accounts, NSSWITCH);
	return r->exchange && r->member && r->accounts.passwd && r->names ? 0 : -ENOMEM;
}

int
roster_init(struct roster *r, struct ev_loop *loop, struct registry *registry, bool resumes_only,
    const struct roster_limits *limits)
{
	struct restore re = { .r = r, .latest = SLOT_NONE };
	uint64_t first;
	struct ident random;
	uint64_t secret[2];
	int rc;

	*r = (struct roster){ .loop = loop, .registry = registry, .budget = SETTLED_A_TURN };
	r->quota = limits->quota;
	r->stranger = userns_stranger(NULL);
	deadlines_init(&r->lost, loop, limits->grace_seconds * 1000ULL, roster_on_grace);
	ev_prepare_init(&r->turn_end, roster_on_turn_end);
	ev_timer_init(&r->rest, roster_on_rest, 0., 0.);
	ev_timer_init(&r->repair_timer, roster_on_repair, 0., REPAIR_SECONDS);
	ev_timer_init(
	    &r->only_timer, roster_on_only_over, 0., limits->grace_seconds > 0 ? limits->grace_seconds : NO_GRACE);
	r->repair_timer.data = r->only_timer.data = r->turn_end.data = r->rest.data = r;
	if ((rc = allocate(r, limits->quota.connections)) < 0 || (rc = first_pair(r, &first)) < 0 ||
	    (rc = random_ident(&random)) < 0)
		return rc;
	exchange_init(r->exchange, limits->quota.connections, first);
	memcpy(secret, random.b, sizeof(secret));
	exchange_set_secret(r->exchange, secret);
	r->resumes_only = resumes_only;
	if (resumes_only) {
		registry_begin(registry);
		registry_set_partial(registry, true);
		if ((rc = registry_commit(registry)) < 0)
			return rc;
		ev_now_update(loop);
		ev_timer_again(loop, &r->only_timer);
	}
	if ((rc = registry_load(registry, restore_session, &re)) < 0 || (rc = re.failure) < 0)
		return rc;
	/* A row without a session would keep its name from somebody at each start. */
	if (re.refused)
		(void)roster_record_all(r); /* or with the next change */
	return 0;
}

void
roster_give_back(struct roster *r)
{
	size_t from, to;
	const uint32_t slots = exchange_shrink(r->exchange, &from, &to);

	memory_give_back_zeros((char *)r->exchange + from, to - from);
	memory_give_back_zeros(&r->member[slots], (exchange_capacity(r->exchange) - slots) * sizeof(*r->member));
}

void
roster_release(struct roster *r)
{
	for (slot_t slot = 0; r->member && slot < exchange_capacity(r->exchange); slot++) {
		free(r->member[slot].policy);
		free(r->member[slot].claim);
		free(r->member[slot].waiting);
		free(r->member[slot].away);
	}
	names_free(r->names);
	accounts_release(&r->accounts);
	passwd_free(r->accounts.passwd);
	r->accounts.passwd = NULL;
	free(r->member);
	free(r->exchange);
	r->member = NULL;
	r->exchange = NULL;
}
