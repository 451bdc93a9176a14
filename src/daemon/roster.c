#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "core/names/name.h"
#include "daemon/client.h"
#include "daemon/places/registry.h"
#include "daemon/roster_impl.h"
#include "net/socket.h"
#include "proto/feature.h"

void
roster_peer(const struct roster *r, slot_t slot, struct peer *peer)
{
	const struct exchange_session *s = roster_session(r, slot);

	memcpy(peer->name, s->name, sizeof(peer->name));
	names_look_again(r->names, r->member[slot].account);
	account_show(r->member[slot].account, peer->account);
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

/* Empty also of one whose name no session could have: no rule is about it. */
static const char *
account_for_rules(const struct account *a)
{
	if (a->state == ACCOUNT_UNKNOWN)
		return NULL;
	return a->name && name_valid(a->name, strlen(a->name)) ? a->name : "";
}

/* By the receiver's rules; `who` tells name and uid, and its groups if they are known already. */
static enum verdict
judge_by_rules(const struct roster *r, slot_t target, struct policy_caller *who, struct account *account)
{
	if (r->member[target].client && !feature_holds_name(r->member[target].client->features, who->name))
		return VERDICT_OLD_PARTNER;
	if (!r->member[target].policy)
		return VERDICT_OK;
	names_look_again(r->names, account);
	who->account = account_for_rules(account);
	return policy_judge(r->member[target].policy, who);
}

/* The caller's groups are asked of the kernel only when a rule is about groups: a connection keeps none. */
static enum verdict
judge_client(const struct roster *r, slot_t target, const char *name, struct account *account, const struct client *c)
{
	const struct policy *p = r->member[target].policy;
	_cleanup_(freep) uint32_t *groups = NULL;
	struct policy_caller who = { .name = name, .uid = account->uid };

	if (c && p && names_groups(p)) {
		if (socket_peer_groups(c->stream.io.fd, &groups, &who.n_groups) < 0)
			return VERDICT_REFUSES;
		who.groups = groups;
	}
	return judge_by_rules(r, target, &who, account);
}

enum verdict
roster_judge(const struct roster *r, slot_t target, slot_t caller)
{
	const struct member *m = &r->member[caller];

	if (roster_awaits_partner(r, target))
		return VERDICT_REFUSES;
	return judge_client(r, target, roster_session(r, caller)->name, m->account, m->client);
}

/* ------ notes ------ */

enum verdict
roster_judge_note(const struct roster *r, slot_t target, const struct client *c)
{
	struct account *a = c->account;

	names_look_again(r->names, a);
	if (a->state == ACCOUNT_UNKNOWN && !a->own && a->asked_at == 0)
		return VERDICT_NO_ANSWER;
	return judge_client(r, target, c->slot == SLOT_NONE ? "" : roster_session(r, c->slot)->name, a, c);
}

enum verdict
roster_judge_kept(struct roster *r, slot_t target, const struct peer *from, const uint32_t *groups, size_t n)
{
	struct policy_caller who = { .name = from->name, .uid = from->uid, .groups = groups, .n_groups = n };
	struct account *a = accounts_get(&r->accounts, from->uid);
	enum verdict v;

	if (!a)
		return VERDICT_NO_ANSWER;
	v = judge_by_rules(r, target, &who, a);
	account_put(a);
	return v;
}

void
roster_sender(const struct roster *r, const struct client *c, struct peer *peer)
{
	if (c->slot != SLOT_NONE) {
		roster_peer(r, c->slot, peer);
		return;
	}
	*peer = (struct peer){ .uid = c->account->uid };
	account_show(c->account, peer->account);
}

static enum verdict
judge(const void *context, slot_t target, slot_t caller)
{
	return roster_judge(context, target, caller);
}

static struct exchange_policy
policy_of(const struct roster *r)
{
	return (struct exchange_policy){ .judge = judge, .context = r };
}

bool
roster_copy_policy(const struct policy *p, struct policy **copy)
{
	const size_t size = offsetof(struct policy, rule) + p->count * sizeof(p->rule[0]);

	*copy = NULL;
	if (!p->dnd && p->count == 0)
		return true;
	*copy = malloc(size);
	if (*copy)
		memcpy(*copy, p, size);
	return *copy;
}

bool
roster_keep_policy(struct member *m, const struct policy *p)
{
	struct policy *copy;

	if (!roster_copy_policy(p, &copy))
		return false;
	free(m->policy);
	m->policy = copy;
	return true;
}

/* ------ effects ------ */

static void
tell_paired(struct roster *r, struct client *c, const struct exchange_effect *e)
{
	struct upstream_message m;

	m.type = UPSTREAM_PAIRED;
	m.u.paired.pair = e->pair;
	m.u.paired.epoch = e->epoch;
	m.u.paired.online = roster_session(r, e->other)->online;
	roster_peer(r, e->other, &m.u.paired.peer);
	feature_fit_peer(c->features, &m.u.paired.peer);
	client_send(c, &m);
	roster_tell_away(r, c, e->other, e->pair);
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

	if (e->type == EFFECT_ENDED)
		roster_forget_waiting(r, e->to);
	if (!c)
		return;
	if (e->type != EFFECT_WAIT_OVER)
		client_pair_reset(c);
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
		m.u.wait_over.verdict = (uint8_t)feature_fit_verdict(c->features, e->verdict);
		client_send(c, &m);
		break;
	}
}

void
roster_tell(struct roster *r)
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
		(void)roster_record_pair(r, e->to, e->other, e->pair, exchange_next_pair(r->exchange));
		return;
	}
}

/* So many waiters may hang on one event that the loop would do nothing else: what is left is for its next turns. */
static void
settle(struct roster *r)
{
	if (exchange_settled(r->exchange) || !roster_ready(r))
		return;
	ev_prepare_start(r->loop, &r->turn_end);
	while (exchange_settle(r->exchange, policy_of(r), &r->budget, &r->effects)) {
		record_match(r);
		roster_tell(r);
		if (registry_behind(r->registry))
			return; /* until it is written again: no second pair under an id that is not recorded */
	}
}

void
roster_deliver(struct roster *r)
{
	roster_tell(r);
	settle(r);
}

void
roster_on_turn_end(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct roster *r = w->data;

	(void)revents;
	if (r->budget == 0 && !exchange_settled(r->exchange))
		ev_timer_start(loop, &r->rest);
	r->budget = SETTLED_A_TURN;
	ev_prepare_stop(loop, w);
}

void
roster_on_rest(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	settle(w->data);
}

enum verdict
roster_step(struct roster *r, struct exchange_event *ev)
{
	return exchange_step(r->exchange, ev, policy_of(r), &r->effects);
}

/* ------ sessions begin and end ------ */

void
roster_member_begin(struct roster *r, slot_t slot, struct account *account, int64_t since_ms)
{
	r->member[slot] = (struct member){ .account = account, .since_ms = since_ms };
	account->refs++;
	account_sessions(account, 1);
}

void
roster_member_end(struct roster *r, slot_t slot)
{
	struct member *m = &r->member[slot];

	account_sessions(m->account, -1);
	account_put(m->account);
	free(m->policy);
	free(m->claim);
	free(m->waiting);
	free(m->away);
	*m = (struct member){ .client = NULL };
	if (exchange_count(r->exchange) == 0 && r->emptied)
		r->emptied(r);
}

void
roster_lost_add(struct roster *r, slot_t slot)
{
	r->member[slot].client = NULL;
	deadlines_add(&r->lost, &r->member[slot].lost);
}

void
roster_lost_remove(struct roster *r, slot_t slot)
{
	deadlines_remove(&r->lost, &r->member[slot].lost);
}

static void
expire(struct roster *r, slot_t slot)
{
	struct exchange_event ev = { .type = EXCHANGE_EXPIRE, .slot = slot };

	roster_record_end(r, slot);
	(void)roster_step(r, &ev);
	roster_member_end(r, slot);
	roster_deliver(r);
}

void
roster_on_grace(struct deadlines *ds, struct deadline *d)
{
	struct roster *r = container_of(ds, struct roster, lost);

	expire(r, roster_slot(r, container_of(d, struct member, lost)));
}

/* ------ requests ------ */

enum verdict
roster_contact(struct roster *r, struct client *c, const char *name, bool wait)
{
	struct exchange_event ev = { .type = wait ? EXCHANGE_WAIT : EXCHANGE_TO, .slot = c->slot, .name = name };
	const slot_t match = exchange_match(r->exchange, &ev, policy_of(r));
	const uint64_t pair = exchange_next_pair(r->exchange);
	enum verdict v;

	if (match != SLOT_NONE && (!roster_ready(r) || !roster_record_pair(r, c->slot, match, pair, pair + 1)))
		return VERDICT_FAILED;
	v = roster_step(r, &ev);
	if (v == VERDICT_QUEUED)
		roster_tell_waiting(r, roster_session(r, c->slot)->target, c->slot);
	return v == VERDICT_NO_SUCH_USER && r->resumes_only ? VERDICT_STARTING : v; /* it may come back yet */
}

void
roster_cancel(struct roster *r, struct client *c)
{
	struct exchange_event ev = { .type = EXCHANGE_CANCEL, .slot = c->slot };

	(void)roster_step(r, &ev);
}

enum verdict
roster_leave(struct roster *r, struct client *c)
{
	const bool awaits = roster_awaits_partner(r, c->slot);
	const bool paired = roster_session(r, c->slot)->partner != SLOT_NONE;
	struct exchange_event ev = {
		.type = EXCHANGE_LEAVE,
		.slot = c->slot,
		.pair = awaits ? r->member[c->slot].claim->pair : 0,
	};
	const enum verdict v = roster_step(r, &ev);

	client_pair_reset(c);
	roster_drop_claim(r, c->slot);
	roster_forget_waiting(r, c->slot);
	if (paired || awaits)
		roster_record_free(r, c->slot);
	return v;
}

void
roster_quit(struct roster *r, struct client *c)
{
	struct exchange_event ev = { .type = EXCHANGE_QUIT, .slot = c->slot };

	roster_record_end(r, c->slot);
	(void)roster_step(r, &ev);
	c->slot = SLOT_NONE;
	client_pair_reset(c);
	roster_member_end(r, ev.slot);
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
	if (!roster_keep_policy(m, policy))
		return VERDICT_FAILED;
	exchange_recheck(r->exchange, c->slot);
	roster_record_policy(r, c->slot, policy); /* it holds from now on; the registry follows when it can */
	return VERDICT_OK;
}

void
roster_lost(struct roster *r, struct client *c)
{
	struct exchange_event ev = { .type = EXCHANGE_LOST, .slot = c->slot };

	if (c->slot == SLOT_NONE || r->stopping)
		return;
	(void)roster_step(r, &ev);
	roster_lost_add(r, c->slot);
	c->slot = SLOT_NONE;
	roster_deliver(r);
}
