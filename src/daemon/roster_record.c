/* The registry, kept in step with the exchange. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "daemon/places/registry.h"
#include "daemon/roster_impl.h"

void
roster_record_account(const struct account *a, struct registry_row *row)
{
	row->account_told = a->state != ACCOUNT_UNKNOWN;
	row->account[0] = '\0';
	if (account_known(a))
		account_show(a, row->account);
}

static void
row_of(const struct roster *r, slot_t slot, struct registry_row *row)
{
	const struct exchange_session *s = roster_session(r, slot);
	const struct policy *p = r->member[slot].policy;

	memset(row, 0, sizeof(*row));
	row->id = s->id;
	memcpy(row->name, s->name, sizeof(row->name));
	row->uid = s->uid;
	row->since_ms = r->member[slot].since_ms;
	row->pair = s->pair;
	row->over = s->partner == SLOT_NONE;
	if (p)
		memcpy(&row->policy, p, offsetof(struct policy, rule) + p->count * sizeof(p->rule[0]));
	roster_record_account(r->member[slot].account, row);
}

int
roster_record_all(struct roster *r)
{
	const uint32_t end = exchange_capacity(r->exchange);
	uint32_t left = exchange_count(r->exchange);
	struct registry_row row;

	registry_begin(r->registry);
	registry_clear(r->registry);
	for (slot_t slot = 0; slot < end && left > 0; slot++) {
		if (!roster_session(r, slot)->used)
			continue;
		row_of(r, slot, &row);
		registry_put(r->registry, &row);
		left--;
	}
	registry_set_next_pair(r->registry, exchange_next_pair(r->exchange) + SPARE_PAIRS);
	registry_set_partial(r->registry, r->resumes_only);
	return registry_commit(r->registry);
}

/* Commits what was begun. What could not be written now is tried again, as a whole, from time to time. */
static bool
commit(struct roster *r)
{
	const int rc = registry_commit(r->registry);

	if (rc < 0) {
		if (!ev_is_active(&r->repair_timer)) { /* else it was told */
			log_error("registry: cannot be written: %s", strerror(-rc));
			ev_timer_again(r->loop, &r->repair_timer);
		}
	}
	return rc == 0;
}

bool
roster_ready(struct roster *r)
{
	return !registry_behind(r->registry) || roster_record_all(r) == 0;
}

void
roster_on_repair(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct roster *r = w->data;

	(void)revents;
	if (!roster_ready(r))
		return;
	log_notice("registry: written again");
	ev_timer_stop(loop, w);
	r->effects.count = 0;
	roster_deliver(r); /* waiters were kept waiting */
}

bool
roster_record_pair(struct roster *r, slot_t a, slot_t b, uint64_t pair, uint64_t next)
{
	registry_begin(r->registry);
	registry_set_pair(r->registry, &roster_session(r, a)->id, pair);
	registry_set_pair(r->registry, &roster_session(r, b)->id, pair);
	registry_set_next_pair(r->registry, next + SPARE_PAIRS);
	if (!commit(r))
		return false;
	roster_drop_claim(r, a);
	roster_drop_claim(r, b);
	return true;
}

void
roster_record_free(struct roster *r, slot_t slot)
{
	registry_begin(r->registry);
	registry_end_pair(r->registry, &roster_session(r, slot)->id, roster_session(r, slot)->pair);
	(void)commit(r);
}

bool
roster_record_login(struct roster *r, const struct registry_row *row, const struct ident *ended)
{
	registry_begin(r->registry);
	if (ended)
		registry_remove(r->registry, ended);
	registry_put(r->registry, row);
	return commit(r);
}

void
roster_record_end(struct roster *r, slot_t slot)
{
	registry_begin(r->registry);
	registry_remove(r->registry, &roster_session(r, slot)->id);
	(void)commit(r);
}

void
roster_record_policy(struct roster *r, slot_t slot, const struct policy *policy)
{
	registry_begin(r->registry);
	registry_set_policy(r->registry, &roster_session(r, slot)->id, policy);
	(void)commit(r);
}

void
roster_record_window_over(struct roster *r)
{
	registry_begin(r->registry);
	registry_set_partial(r->registry, false);
	(void)commit(r);
}
