#include "daemon/roster.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "core/name.h"
#include "daemon/client.h"
#include "daemon/registry.h"
#include "net/random.h"
#include "net/socket.h"

#define REPAIR_SECONDS 1.

static slot_t
slot_of(const struct roster *r, const struct member *m)
{
	return (slot_t)(m - r->member);
}

static const struct exchange_session *
session_of(const struct roster *r, slot_t slot)
{
	return exchange_session(r->exchange, slot);
}

void
roster_peer(const struct roster *r, slot_t slot, struct peer *peer)
{
	const struct exchange_session *s = session_of(r, slot);

	memcpy(peer->name, s->name, sizeof(peer->name));
	memcpy(peer->account, account_name(r->member[slot].account), sizeof(peer->account));
	peer->uid = s->uid;
}

/* ------ policy ------ */

static bool
names_groups(const struct policy *p)
{
	for (uint32_t i = 0; i < p->count; i++)
		if (p->rule[i].type == POLICY_BLOCK_GROUP || p->rule[i].type == POLICY_ALLOW_GROUP)
			return true;
	return false;
}

/* A pair that one side has claimed, and the other may yet: nobody else comes between them (R5). */
static bool
awaits_partner(const struct roster *r, slot_t slot)
{
	return r->resumes_only && r->member[slot].claim;
}

/* The caller's groups are asked of the kernel only when a rule is about groups: a connection keeps none. */
bool
roster_refuses(const struct roster *r, slot_t target, slot_t caller)
{
	const struct policy *p = r->member[target].policy;
	const struct client *c = r->member[caller].client;
	_cleanup_(freep) uint32_t *groups = NULL;
	struct policy_caller who = { .name = session_of(r, caller)->name, .uid = session_of(r, caller)->uid };

	if (awaits_partner(r, target))
		return true;
	if (!p)
		return false;
	if (c && names_groups(p)) {
		if (socket_peer_groups(c->stream.io.fd, &groups, &who.n_groups) < 0)
			return true;
		who.groups = groups;
	}
	return policy_refuses(p, &who);
}

static bool
refuses(const void *context, slot_t target, slot_t caller)
{
	return roster_refuses(context, target, caller);
}

static struct exchange_policy
policy_of(const struct roster *r)
{
	return (struct exchange_policy){ .refuses = refuses, .context = r };
}

/* Keeps no more of a policy than it says. False: short of memory. */
static bool
keep_policy(struct member *m, const struct policy *p)
{
	const size_t size = offsetof(struct policy, rule) + p->count * sizeof(p->rule[0]);
	struct policy *copy = NULL;

	if (p->dnd || p->count > 0) {
		copy = malloc(size);
		if (!copy)
			return false;
		memcpy(copy, p, size);
	}
	free(m->policy);
	m->policy = copy;
	return true;
}

/* ------ the registry ------ */

static void
row_of(const struct roster *r, slot_t slot, struct registry_row *row)
{
	const struct exchange_session *s = session_of(r, slot);
	const struct policy *p = r->member[slot].policy;

	memset(row, 0, sizeof(*row));
	row->id = s->id;
	memcpy(row->name, s->name, sizeof(row->name));
	row->uid = s->uid;
	row->since_ms = r->member[slot].since_ms;
	row->pair = s->partner == SLOT_NONE ? 0 : s->pair;
	if (p)
		memcpy(&row->policy, p, offsetof(struct policy, rule) + p->count * sizeof(p->rule[0]));
}

static int
write_all(struct roster *r)
{
	const uint32_t end = exchange_capacity(r->exchange);
	uint32_t left = exchange_count(r->exchange);
	struct registry_row row;

	registry_begin(r->registry);
	registry_clear(r->registry);
	for (slot_t slot = 0; slot < end && left > 0; slot++) {
		if (!session_of(r, slot)->used)
			continue;
		row_of(r, slot, &row);
		registry_put(r->registry, &row);
		left--;
	}
	registry_set_next_pair(r->registry, exchange_next_pair(r->exchange));
	registry_set_partial(r->registry, r->resumes_only);
	return registry_commit(r->registry);
}

/* Commits what was begun. What could not be written now is tried again, as a whole, from time to time. */
static bool
commit(struct roster *r)
{
	const int rc = registry_commit(r->registry);

	if (rc < 0) {
		log_error("registry: cannot be written: %s", strerror(-rc));
		if (!ev_is_active(&r->repair_timer))
			ev_timer_again(r->loop, &r->repair_timer);
	}
	return rc == 0;
}

/* Whether the registry is in step, so that something new may begin. */
static bool
registry_ready(struct roster *r)
{
	return !registry_behind(r->registry) || write_all(r) == 0;
}

static void
on_repair(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct roster *r = w->data;

	(void)revents;
	if (!registry_ready(r))
		return;
	log_notice("registry: written again");
	ev_timer_stop(loop, w);
	r->effects.count = 0;
	roster_deliver(r); /* waiters were kept waiting */
}

static void
drop_claim(struct roster *r, slot_t slot)
{
	free(r->member[slot].claim);
	r->member[slot].claim = NULL;
}

/* A pair that is to be made: recorded before it exists, so that it can still be refused. */
static bool
record_pair(struct roster *r, slot_t a, slot_t b, uint64_t pair, uint64_t next)
{
	registry_begin(r->registry);
	registry_set_pair(r->registry, &session_of(r, a)->id, pair);
	registry_set_pair(r->registry, &session_of(r, b)->id, pair);
	registry_set_next_pair(r->registry, next);
	if (!commit(r))
		return false;
	drop_claim(r, a);
	drop_claim(r, b);
	return true;
}

static void
record_free(struct roster *r, slot_t slot)
{
	registry_begin(r->registry);
	registry_set_pair(r->registry, &session_of(r, slot)->id, 0);
	(void)commit(r);
}

static bool
record_session(struct roster *r, slot_t slot)
{
	struct registry_row row;

	row_of(r, slot, &row);
	registry_begin(r->registry);
	registry_put(r->registry, &row);
	return commit(r);
}

/* ------ effects ------ */

static void
tell_paired(struct roster *r, struct client *c, const struct exchange_effect *e)
{
	struct upstream_message m;

	m.type = UPSTREAM_PAIRED;
	m.u.paired.pair = e->pair;
	m.u.paired.epoch = e->epoch;
	m.u.paired.online = session_of(r, e->other)->online;
	roster_peer(r, e->other, &m.u.paired.peer);
	client_send(c, &m);
}

static void
tell_link(struct client *c, const struct exchange_effect *e)
{
	struct upstream_message m;

	m.type = e->type == EFFECT_LOST ? UPSTREAM_LOST : UPSTREAM_BACK;
	m.u.link.pair = e->pair;
	m.u.link.epoch = e->type == EFFECT_LOST ? 0 : e->epoch;
	client_send(c, &m);
}

static void
tell(struct roster *r, const struct exchange_effect *e)
{
	struct client *c = r->member[e->to].client;
	struct upstream_message m;

	if (!c)
		return;
	if (e->type != EFFECT_WAIT_OVER)
		client_window_reset(c);
	switch (e->type) {
	case EFFECT_PAIRED:
		tell_paired(r, c, e);
		break;
	case EFFECT_LOST:
	case EFFECT_BACK:
		tell_link(c, e);
		break;
	case EFFECT_ENDED:
		m.type = UPSTREAM_ENDED;
		m.u.ended.pair = e->pair;
		m.u.ended.ending = (uint8_t)e->ending;
		client_send(c, &m);
		break;
	case EFFECT_WAIT_OVER:
		m.type = UPSTREAM_WAIT_OVER;
		m.u.wait_over.verdict = (uint8_t)e->verdict;
		client_send(c, &m);
		break;
	}
}

static void
tell_all(struct roster *r)
{
	for (size_t i = 0; i < r->effects.count; i++)
		tell(r, &r->effects.e[i]);
	r->effects.count = 0;
}

/* The pair that exchange_settle() made, if it made one. */
static void
record_match(struct roster *r)
{
	for (size_t i = 0; i < r->effects.count; i++) {
		const struct exchange_effect *e = &r->effects.e[i];

		if (e->type != EFFECT_PAIRED)
			continue;
		(void)record_pair(r, e->to, e->other, e->pair, exchange_next_pair(r->exchange));
		return;
	}
}

void
roster_deliver(struct roster *r)
{
	tell_all(r);
	if (r->recheck != SLOT_NONE) {
		while (exchange_recheck(r->exchange, r->recheck, policy_of(r), &r->effects))
			tell_all(r);
		r->recheck = SLOT_NONE;
	}
	while (registry_ready(r) && exchange_settle(r->exchange, policy_of(r), &r->effects)) {
		record_match(r);
		tell_all(r);
	}
}

static enum verdict
step(struct roster *r, struct exchange_event *ev)
{
	return exchange_step(r->exchange, ev, policy_of(r), &r->effects);
}

/* ------ sessions begin and end ------ */

static void
member_begin(struct roster *r, slot_t slot, struct account *account, int64_t since_ms)
{
	r->member[slot] = (struct member){ .account = account, .since_ms = since_ms };
	account->refs++;
	account->sessions++;
}

static void
member_end(struct roster *r, slot_t slot)
{
	struct member *m = &r->member[slot];

	m->account->sessions--;
	account_put(m->account);
	free(m->policy);
	free(m->claim);
	*m = (struct member){ .client = NULL };
	if (exchange_count(r->exchange) == 0 && r->emptied)
		r->emptied(r);
}

static void
watch_grace(struct roster *r)
{
	const struct member *m = TAILQ_FIRST(&r->lost);
	uint64_t now, end;

	ev_timer_stop(r->loop, &r->grace_timer);
	if (!m)
		return;
	now = clock_monotonic_ms();
	end = m->lost_at + r->grace_ms;
	ev_timer_set(&r->grace_timer, end > now ? (double)(end - now) / 1000. : 0., 0.);
	ev_timer_start(r->loop, &r->grace_timer);
}

static void
lost_add(struct roster *r, slot_t slot)
{
	struct member *m = &r->member[slot];
	const bool first = TAILQ_EMPTY(&r->lost);

	m->client = NULL;
	m->lost_at = clock_monotonic_ms();
	TAILQ_INSERT_TAIL(&r->lost, m, link);
	if (first)
		watch_grace(r);
}

static void
lost_remove(struct roster *r, slot_t slot)
{
	struct member *m = &r->member[slot];
	const bool first = m == TAILQ_FIRST(&r->lost);

	TAILQ_REMOVE(&r->lost, m, link);
	if (first)
		watch_grace(r);
}

static void
expire(struct roster *r, slot_t slot)
{
	struct exchange_event ev = { .type = EXCHANGE_EXPIRE, .slot = slot };

	TAILQ_REMOVE(&r->lost, &r->member[slot], link);
	registry_begin(r->registry);
	registry_remove(r->registry, &session_of(r, slot)->id);
	(void)commit(r);
	(void)step(r, &ev);
	member_end(r, slot);
	roster_deliver(r);
}

static void
on_grace(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct roster *r = w->data;
	const uint64_t now = clock_monotonic_ms();
	const struct member *m;

	(void)loop, (void)revents;
	while ((m = TAILQ_FIRST(&r->lost)) && m->lost_at + r->grace_ms <= now)
		expire(r, slot_of(r, m));
	watch_grace(r);
}

/* ------ login ------ */

static void
seat(struct roster *r, struct client *c, slot_t slot)
{
	c->slot = slot;
	r->member[slot].client = c;
}

static void
unseat(struct client *old)
{
	old->slot = SLOT_NONE;
	client_window_reset(old);
	client_bye(old, BYE_REPLACED);
}

/* Each time the partner is told, and keeps it: more often than a session can have trouble, nobody comes back. */
static bool
may_resume(const struct roster *r, const struct client *c, const struct ident *id)
{
	const slot_t slot = exchange_find_id(r->exchange, id);

	return slot == SLOT_NONE || session_of(r, slot)->uid != c->account->uid ||
	    bucket_take(&r->member[slot].resumes, clock_monotonic_ms(), REQUEST_RATE, REQUEST_BURST);
}

static enum verdict
resume(struct roster *r, struct client *c, const struct upstream_message *login)
{
	struct exchange_event ev = { .type = EXCHANGE_RESUME, .id = login->u.login.id, .uid = c->account->uid };
	const enum verdict v = step(r, &ev);

	if (v != VERDICT_OK)
		return v;
	if (r->member[ev.slot].client)
		unseat(r->member[ev.slot].client);
	else
		lost_remove(r, ev.slot);
	seat(r, c, ev.slot);
	return VERDICT_OK;
}

static void
on_only_over(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct roster *r = w->data;

	(void)loop, (void)revents;
	r->resumes_only = false;
	for (slot_t slot = 0; slot < exchange_capacity(r->exchange); slot++)
		drop_claim(r, slot);
	registry_begin(r->registry);
	registry_set_partial(r->registry, false);
	(void)commit(r);
}

/* Whether the session in `slot` says that it was in that pair, with the one in `other`. */
static bool
claims(const struct roster *r, slot_t slot, uint64_t pair, slot_t other)
{
	const struct claim *c = r->member[slot].claim;
	const struct exchange_session *partner = session_of(r, other);

	return c && c->pair == pair && c->uid == partner->uid && name_equal(c->name, partner->name);
}

/*
 * Two sessions that both say they were in one pair with each other are in it again. The pair's id alone would not do:
 * it can be guessed, and whoever claims it first would take the partner's place.
 */
static void
reclaim_pair(struct roster *r, slot_t slot, const struct upstream_message *login)
{
	struct exchange_event ev = { .type = EXCHANGE_REPAIR, .slot = slot, .pair = login->u.login.pair };
	struct claim *claim = r->member[slot].claim;

	if (!claim && !(claim = malloc(sizeof(*claim))))
		return;
	r->member[slot].claim = claim;
	*claim = (struct claim){ .pair = ev.pair, .uid = login->u.login.partner.uid };
	(void)snprintf(claim->name, sizeof(claim->name), "%s", login->u.login.partner.name);
	ev.other = exchange_find_name(r->exchange, claim->name);
	if (ev.other == SLOT_NONE || !claims(r, slot, ev.pair, ev.other) || !claims(r, ev.other, ev.pair, slot))
		return;
	if (step(r, &ev) == VERDICT_OK)
		(void)record_pair(r, slot, ev.other, ev.pair, exchange_next_pair(r->exchange));
}

static enum verdict
admit(struct roster *r, const struct client *c, const struct upstream_message *login)
{
	if (login->u.login.resume_only != r->resumes_only)
		return r->resumes_only ? VERDICT_STARTING : VERDICT_EXPIRED;
	if (c->account->sessions >= r->max_sessions_uid)
		return VERDICT_LIMIT;
	return registry_ready(r) ? VERDICT_OK : VERDICT_FAILED;
}

/* Enters a new session; what cannot be recorded has not been. */
static enum verdict
enter(struct roster *r, struct client *c, const struct upstream_message *login)
{
	struct exchange_event ev = {
		.type = EXCHANGE_LOGIN,
		.id = login->u.login.id,
		.name = login->u.login.name,
		.uid = c->account->uid,
	};
	enum verdict v = account_may_use(ev.uid, ev.name);

	if (v == VERDICT_OK)
		v = step(r, &ev);
	if (v != VERDICT_OK)
		return v;
	member_begin(r, ev.slot, c->account, clock_wall_ms());
	if (keep_policy(&r->member[ev.slot], &login->u.login.policy) && record_session(r, ev.slot)) {
		seat(r, c, ev.slot);
		return VERDICT_OK;
	}
	ev.type = EXCHANGE_QUIT;
	(void)step(r, &ev);
	member_end(r, ev.slot);
	return VERDICT_FAILED;
}

enum verdict
roster_login(struct roster *r, struct client *c, const struct upstream_message *login, bool *resumed)
{
	enum verdict v = may_resume(r, c, &login->u.login.id) ? resume(r, c, login) : VERDICT_RATE;

	*resumed = v == VERDICT_OK;
	if (*resumed && r->resumes_only && login->u.login.pair != 0 && session_of(r, c->slot)->partner == SLOT_NONE) {
		reclaim_pair(r, c->slot, login);
		*resumed = !awaits_partner(r, c->slot); /* as if it had come back just now */
	}
	if (v == VERDICT_OK) {
		(void)roster_policy(r, c, &login->u.login.policy); /* a registry that is behind does not keep it out */
		return v;
	}
	if (exchange_find_id(r->exchange, &login->u.login.id) != SLOT_NONE)
		return v; /* somebody else's, or too often ours */
	v = admit(r, c, login);
	if (v == VERDICT_OK)
		v = enter(r, c, login);
	if (v == VERDICT_OK && login->u.login.resume_only && login->u.login.pair != 0)
		reclaim_pair(r, c->slot, login);
	return v;
}

/* ------ requests ------ */

enum verdict
roster_contact(struct roster *r, struct client *c, const char *name, bool wait)
{
	struct exchange_event ev = { .type = wait ? EXCHANGE_WAIT : EXCHANGE_TO, .slot = c->slot, .name = name };
	const slot_t match = exchange_match(r->exchange, &ev, policy_of(r));
	const uint64_t pair = exchange_next_pair(r->exchange);

	if (match != SLOT_NONE && (!registry_ready(r) || !record_pair(r, c->slot, match, pair, pair + 1)))
		return VERDICT_FAILED;
	return step(r, &ev);
}

void
roster_cancel(struct roster *r, struct client *c)
{
	struct exchange_event ev = { .type = EXCHANGE_CANCEL, .slot = c->slot };

	(void)step(r, &ev);
}

enum verdict
roster_leave(struct roster *r, struct client *c)
{
	struct exchange_event ev = { .type = EXCHANGE_LEAVE, .slot = c->slot };
	const bool paired = session_of(r, c->slot)->partner != SLOT_NONE;
	const bool awaits = awaits_partner(r, c->slot);
	const enum verdict v = step(r, &ev);

	client_window_reset(c);
	drop_claim(r, c->slot);
	if (paired)
		record_free(r, c->slot);
	return awaits ? VERDICT_OK : v;
}

void
roster_quit(struct roster *r, struct client *c)
{
	struct exchange_event ev = { .type = EXCHANGE_QUIT, .slot = c->slot };

	registry_begin(r->registry);
	registry_remove(r->registry, &session_of(r, c->slot)->id);
	(void)commit(r);
	(void)step(r, &ev);
	c->slot = SLOT_NONE;
	client_window_reset(c);
	member_end(r, ev.slot);
}

static bool
same_policy(const struct policy *a, const struct policy *b)
{
	static const struct policy none;
	const struct policy *x = a ? a : &none;

	if (x->dnd != b->dnd || x->count != b->count)
		return false;
	for (uint32_t i = 0; i < b->count; i++)
		if (x->rule[i].type != b->rule[i].type || x->rule[i].id != b->rule[i].id ||
		    strcmp(x->rule[i].name, b->rule[i].name) != 0)
			return false;
	return true;
}

enum verdict
roster_policy(struct roster *r, struct client *c, const struct policy *policy)
{
	struct member *m = &r->member[c->slot];

	if (same_policy(m->policy, policy))
		return VERDICT_OK;
	if (!keep_policy(m, policy))
		return VERDICT_FAILED;
	r->recheck = c->slot;
	registry_begin(r->registry);
	registry_set_policy(r->registry, &session_of(r, c->slot)->id, policy);
	(void)commit(r); /* it holds from now on; the registry follows when it can */
	return VERDICT_OK;
}

void
roster_lost(struct roster *r, struct client *c)
{
	struct exchange_event ev = { .type = EXCHANGE_LOST, .slot = c->slot };

	if (c->slot == SLOT_NONE || r->stopping)
		return;
	(void)step(r, &ev);
	lost_add(r, c->slot);
	c->slot = SLOT_NONE;
	roster_deliver(r);
}

/* ------ start and end ------ */

struct restore {
	struct roster *r;
	slot_t latest; /* rows come in the order of their pairs: partners one after the other */
	uint64_t pair;
};

static void
restore_pair(struct restore *re, slot_t slot, uint64_t pair)
{
	struct exchange_event ev = { .type = EXCHANGE_REPAIR, .slot = slot, .other = re->latest, .pair = pair };

	if (pair != 0 && pair == re->pair && step(re->r, &ev) != VERDICT_OK)
		log_error("registry: a pair cannot be taken over");
	re->latest = slot;
	re->pair = pair;
}

static void
restore_session(const struct registry_row *row, void *context)
{
	struct restore *re = context;
	struct roster *r = re->r;
	struct account *account = account_get(row->uid);
	struct exchange_event ev = { .type = EXCHANGE_RESTORE, .id = row->id, .name = row->name, .uid = row->uid };

	if (!account || step(r, &ev) != VERDICT_OK) {
		log_error("registry: session '%s' cannot be taken over", row->name);
		account_put(account);
		return;
	}
	member_begin(r, ev.slot, account, row->since_ms);
	account_put(account);
	(void)keep_policy(&r->member[ev.slot], &row->policy);
	lost_add(r, ev.slot);
	restore_pair(re, ev.slot, row->pair);
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

	*first = registry_next_pair(r->registry);
	if (*first != 0)
		return 0;
	if ((rc = random_ident(&id)) < 0)
		return rc;
	memcpy(first, id.b, sizeof(*first));
	*first = (*first & (INT64_MAX >> 1)) | 1;
	registry_begin(r->registry);
	registry_set_next_pair(r->registry, *first);
	return registry_commit(r->registry);
}

static int
allocate(struct roster *r, uint32_t sessions)
{
	/* Zeroed by the kernel and, beyond what is used, never touched. */
	r->exchange = calloc(1, exchange_size(sessions));
	r->member = calloc(sessions, sizeof(*r->member));
	return r->exchange && r->member ? 0 : -ENOMEM;
}

int
roster_init(struct roster *r, struct ev_loop *loop, struct registry *registry, bool resumes_only,
    const struct roster_limits *limits)
{
	struct restore re = { .r = r, .latest = SLOT_NONE };
	uint64_t first;
	int rc;

	*r = (struct roster){ .loop = loop, .registry = registry, .recheck = SLOT_NONE };
	r->grace_ms = limits->grace_seconds * 1000ULL;
	r->max_sessions_uid = limits->sessions_uid;
	TAILQ_INIT(&r->lost);
	ev_timer_init(&r->grace_timer, on_grace, 0., 0.);
	ev_timer_init(&r->repair_timer, on_repair, 0., REPAIR_SECONDS);
	ev_timer_init(&r->only_timer, on_only_over, limits->grace_seconds, 0.);
	r->grace_timer.data = r->repair_timer.data = r->only_timer.data = r;
	if ((rc = allocate(r, limits->sessions)) < 0 || (rc = first_pair(r, &first)) < 0)
		return rc;
	exchange_init(r->exchange, limits->sessions, first);
	r->resumes_only = resumes_only;
	if (resumes_only) {
		registry_begin(registry);
		registry_set_partial(registry, true);
		if ((rc = registry_commit(registry)) < 0)
			return rc;
		ev_now_update(loop);
		ev_timer_start(loop, &r->only_timer);
	}
	return registry_load(registry, restore_session, &re);
}

void
roster_release(struct roster *r)
{
	for (slot_t slot = 0; r->member && slot < exchange_capacity(r->exchange); slot++) {
		free(r->member[slot].policy);
		free(r->member[slot].claim);
	}
	free(r->member);
	free(r->exchange);
	r->member = NULL;
	r->exchange = NULL;
}
