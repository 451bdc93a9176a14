/* How sessions come in, and come back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "core/names/name.h"
#include "daemon/client.h"
#include "daemon/places/registry.h"
#include "daemon/roster_impl.h"

/* ------ after a lost registry ------ */

/* Within this time a helper that was not answered for tries again: it pauses for 2 s, and its LOGIN waits for 5 s. */
#define UNANSWERED_SECONDS 8.0

bool
roster_awaits_partner(const struct roster *r, slot_t slot)
{
	return r->resumes_only && r->member[slot].claim;
}

void
roster_drop_claim(struct roster *r, slot_t slot)
{
	free(r->member[slot].claim);
	r->member[slot].claim = NULL;
}

/* The user database has not answered for one of them. Those whose look-up runs at the end are waited for once, lest a crowd keep it from ending. */
static bool
may_still_come(struct roster *r)
{
	const bool asked = !r->awaited && names_asked(r->names);
	const bool may = r->unanswered || asked;

	r->awaited |= asked;
	r->unanswered = false;
	return may;
}

void
roster_on_only_over(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct roster *r = w->data;

	(void)revents;
	if (may_still_come(r)) {
		if (w->repeat < UNANSWERED_SECONDS)
			w->repeat = UNANSWERED_SECONDS;
		ev_timer_again(loop, w);
		return;
	}
	ev_timer_stop(loop, w);
	r->resumes_only = false;
	for (slot_t slot = 0; slot < exchange_capacity(r->exchange); slot++)
		roster_drop_claim(r, slot);
	roster_record_window_over(r);
}

static struct claimant
claimant(const struct roster *r, slot_t slot)
{
	const struct exchange_session *s = roster_session(r, slot);

	return (struct claimant){
		.name = s->name, .uid = s->uid, .claim = r->member[slot].claim, .had_pair = s->pair != 0
	};
}

/* Whether both say that they were in one pair with each other. */
static bool
agree(const struct roster *r, slot_t slot, slot_t other)
{
	const struct claimant a = claimant(r, slot), b = claimant(r, other);

	return claim_agree(&a, &b);
}

/* What both sides claim holds again (core/claim.h). */
static void
reclaim_pair(struct roster *r, slot_t slot, const struct upstream_message *login)
{
	struct exchange_event ev = { .type = EXCHANGE_REPAIR, .slot = slot, .pair = login->u.login.pair };
	struct claim *claim = r->member[slot].claim;

	if (ev.pair > INT64_MAX || roster_session(r, slot)->pair != 0 || (!claim && !(claim = malloc(sizeof(*claim)))))
		return;
	r->member[slot].claim = claim;
	*claim = (struct claim){ .pair = ev.pair, .uid = login->u.login.partner.uid };
	(void)snprintf(claim->name, sizeof(claim->name), "%s", login->u.login.partner.name);
	ev.other = exchange_find_name(r->exchange, claim->name);
	if (ev.other == SLOT_NONE || !agree(r, slot, ev.other))
		return;
	if (roster_step(r, &ev) != VERDICT_OK)
		return;
	(void)roster_record_pair(r, slot, ev.other, ev.pair, exchange_next_pair(r->exchange));
	roster_drop_claim(r, slot); /* also when it could not be recorded */
	roster_drop_claim(r, ev.other);
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
	client_pair_reset(old);
	client_bye(old, BYE_REPLACED);
}

/* Each time the partner is told, and keeps it: more often than a session can have trouble, nobody comes back. */
static bool
may_resume(const struct roster *r, const struct client *c, const struct ident *id)
{
	const slot_t slot = exchange_find_id(r->exchange, id);

	return slot == SLOT_NONE || roster_session(r, slot)->uid != c->account->uid ||
	    bucket_take(&r->member[slot].resumes, clock_monotonic_ms(), REQUEST_RATE, REQUEST_BURST);
}

static enum verdict
resume(struct roster *r, struct client *c, const struct upstream_message *login)
{
	struct exchange_event ev = { .type = EXCHANGE_RESUME, .id = login->u.login.id, .uid = c->account->uid };
	const enum verdict v = roster_step(r, &ev);

	if (v != VERDICT_OK)
		return v;
	if (r->member[ev.slot].client)
		unseat(r->member[ev.slot].client);
	else
		roster_lost_remove(r, ev.slot);
	seat(r, c, ev.slot);
	return VERDICT_OK;
}

static enum verdict
admit(struct roster *r, const struct upstream_message *login)
{
	const enum verdict v = claim_admit(login->u.login.resume_only, r->resumes_only);

	return v != VERDICT_OK || roster_ready(r) ? v : VERDICT_FAILED;
}

/* ------ a lost session gives way to its owner's next login (R8) ------ */

/* A login that somebody has asked for just now. A helper that found its session gone takes nobody's place. */
static bool
is_fresh(const struct client *c, const struct upstream_message *login)
{
	return !login->u.login.resume_only && !c->login->came_back;
}

static void
note_taken(struct roster *r, const struct ident *id)
{
	r->taken[r->taken_next] = *id;
	r->taken_next = (r->taken_next + 1) % ROSTER_TAKEN;
}

/* Whether another login took the place of the session with that id, and a helper of it comes back. */
static bool
was_taken(struct roster *r, const struct client *c, const struct upstream_message *login)
{
	for (size_t i = 0; i < ROSTER_TAKEN; i++) {
		if (!ident_equal(&r->taken[i], &login->u.login.id))
			continue;
		if (!is_fresh(c, login))
			return true;
		memset(&r->taken[i], 0, sizeof(r->taken[i])); /* begun anew under its old id */
	}
	return false;
}

/* ------ whose a name is (R3) ------ */

static void
on_answered(struct names_asker *asker, enum verdict v)
{
	struct login *l = container_of(asker, struct login, asker);

	l->waits = false;
	l->answered = true;
	l->may = (uint8_t)v;
	stream_resume(&l->client->stream);
}

void
roster_login_forget(struct roster *r, struct client *c)
{
	struct login *l = c->login;

	if (!l)
		return;
	r->unanswered |= r->resumes_only && l->resumes && l->unanswered;
	names_leave(r->names, &l->asker);
	l->waits = false;
}

/* Whoever has a name in use had the right to it: a name is looked up for nobody who cannot have it. */
static enum verdict
may_use(struct roster *r, struct client *c, const char *name)
{
	struct login *l = c->login;
	enum verdict v;

	if (l->answered)
		return (enum verdict)l->may;
	if (exchange_find_name(r->exchange, name) != SLOT_NONE)
		return names_reserved(r->names, c->account, name) ? VERDICT_RESERVED : VERDICT_OK;
	l->asker.answered = on_answered;
	v = names_ask(r->names, c->account, name, &l->asker);
	if (v == VERDICT_QUEUED) {
		l->waits = true;
		stream_pause(&c->stream);
	}
	return v;
}

/* ------ a new session ------ */

/* It is recorded before it exists, together with the end of the one whose place it takes. */
static bool
record(struct roster *r, const struct client *c, const struct exchange_event *ev, const struct policy *policy,
    int64_t since_ms)
{
	struct registry_row row = { .id = ev->id, .uid = ev->uid, .since_ms = since_ms, .policy = *policy };

	(void)snprintf(row.name, sizeof(row.name), "%s", ev->name);
	roster_record_account(c->account, &row);
	return roster_record_login(r, &row, ev->other == SLOT_NONE ? NULL : &roster_session(r, ev->other)->id);
}

static void
begin(struct roster *r, struct client *c, struct exchange_event *ev, struct policy *policy, int64_t since_ms)
{
	if (ev->other != SLOT_NONE) {
		note_taken(r, &roster_session(r, ev->other)->id);
		roster_lost_remove(r, ev->other);
		roster_member_end(r, ev->other);
	}
	(void)roster_step(r, ev); /* as exchange_admits() has foretold */
	roster_member_begin(r, ev->slot, c->account, since_ms);
	r->member[ev->slot].policy = policy;
	seat(r, c, ev->slot);
}

/* Whether there is a place for one session more; `instead`: one of its own ends. */
static enum verdict
has_place(const struct roster *r, const struct client *c, bool instead)
{
	const struct quota_use use = {
		.sessions = exchange_count(r->exchange) - instead,
		.unknown_sessions = r->accounts.unknown_sessions - (instead && !account_known(c->account)),
	};
	const struct quota_user who = {
		.known = account_known(c->account),
		.sessions = c->account->sessions - instead,
	};

	return quota_session(&r->quota, &use, &who);
}

/* What cannot be recorded does not begin. */
static enum verdict
enter(struct roster *r, struct client *c, const struct upstream_message *login)
{
	struct exchange_event ev = {
		.type = is_fresh(c, login) ? EXCHANGE_ANEW : EXCHANGE_LOGIN,
		.id = login->u.login.id,
		.name = login->u.login.name,
		.uid = c->account->uid,
	};
	const int64_t since_ms = clock_wall_ms();
	const enum verdict room = exchange_admits(r->exchange, &ev, &ev.other);
	struct policy *policy;
	enum verdict v;

	if (room == VERDICT_MALFORMED)
		return room; /* whose it is need not be asked */
	if ((v = has_place(r, c, ev.other != SLOT_NONE)) != VERDICT_OK)
		return v;
	if ((v = may_use(r, c, ev.name)) != VERDICT_OK || (v = room) != VERDICT_OK)
		return v == VERDICT_LIMIT ? VERDICT_FULL : v;
	if (!roster_copy_policy(&login->u.login.policy, &policy))
		return VERDICT_FAILED;
	if (!record(r, c, &ev, &login->u.login.policy, since_ms)) {
		free(policy);
		return VERDICT_FAILED;
	}
	begin(r, c, &ev, policy, since_ms);
	return VERDICT_OK;
}

enum verdict
roster_login(struct roster *r, struct client *c, const struct upstream_message *login, bool *resumed)
{
	enum verdict v;

	*resumed = false;
	if (c->account->uid == r->stranger)
		return VERDICT_UNMAPPED; /* whoever it is, others would be the same */
	v = may_resume(r, c, &login->u.login.id) ? resume(r, c, login) : VERDICT_RATE;
	*resumed = v == VERDICT_OK;
	if (*resumed && r->resumes_only && login->u.login.pair != 0 &&
	    roster_session(r, c->slot)->partner == SLOT_NONE) {
		reclaim_pair(r, c->slot, login);
		*resumed = !roster_awaits_partner(r, c->slot); /* as if it had come back just now */
	}
	if (v == VERDICT_OK) {
		(void)roster_policy(r, c, &login->u.login.policy); /* a registry that is behind does not keep it out */
		return v;
	}
	if (exchange_find_id(r->exchange, &login->u.login.id) != SLOT_NONE)
		return v; /* somebody else's, or too often ours */
	if (was_taken(r, c, login))
		return VERDICT_TAKEN_OVER;
	v = admit(r, login);
	if (v == VERDICT_OK)
		v = enter(r, c, login);
	if (v == VERDICT_OK && login->u.login.resume_only && login->u.login.pair != 0)
		reclaim_pair(r, c->slot, login);
	return v;
}
