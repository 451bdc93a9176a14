/* How sessions come in, and come back. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "core/name.h"
#include "daemon/client.h"
#include "daemon/roster_impl.h"

/* ------ after a lost registry ------ */

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

void
roster_on_only_over(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct roster *r = w->data;

	(void)revents;
	if (r->unanswered) { /* they may still come back */
		r->unanswered = false;
		ev_timer_again(loop, w);
		return;
	}
	ev_timer_stop(loop, w);
	r->resumes_only = false;
	for (slot_t slot = 0; slot < exchange_capacity(r->exchange); slot++)
		roster_drop_claim(r, slot);
	roster_record_window_over(r);
}

/* Whether the session in `slot` says that it was in that pair, with the one in `other`. */
static bool
claims(const struct roster *r, slot_t slot, uint64_t pair, slot_t other)
{
	const struct claim *c = r->member[slot].claim;
	const struct exchange_session *partner = roster_session(r, other);

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
	if (roster_step(r, &ev) == VERDICT_OK)
		(void)roster_record_pair(r, slot, ev.other, ev.pair, exchange_next_pair(r->exchange));
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
admit(struct roster *r, const struct client *c, const struct upstream_message *login)
{
	if (login->u.login.resume_only != r->resumes_only)
		return r->resumes_only ? VERDICT_STARTING : VERDICT_EXPIRED;
	if (c->account->sessions >= r->max_sessions_uid)
		return VERDICT_LIMIT;
	return roster_ready(r) ? VERDICT_OK : VERDICT_FAILED;
}

static void
on_answered(struct names_asker *asker, enum verdict v)
{
	struct client *c = (struct client *)((char *)asker - offsetof(struct client, asker));

	c->waits = false;
	c->answered = true;
	c->may = (uint8_t)v;
	stream_resume(&c->stream);
}

void
roster_login_forget(struct roster *r, struct client *c)
{
	names_leave(r->names, &c->asker);
	c->waits = false;
}

/* R3. Whoever has a name in use had the right to it: a name is looked up for nobody who cannot have it. */
static enum verdict
may_use(struct roster *r, struct client *c, const char *name)
{
	enum verdict v;

	if (c->answered)
		return (enum verdict)c->may;
	if (exchange_find_name(r->exchange, name) != SLOT_NONE)
		return names_reserved(r->names, c->account, name) ? VERDICT_RESERVED : VERDICT_OK;
	c->asker.answered = on_answered;
	v = names_ask(r->names, c->account, name, &c->asker);
	if (v == VERDICT_QUEUED) {
		c->waits = true;
		stream_pause(&c->stream);
	}
	return v;
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
	enum verdict v = may_use(r, c, ev.name);

	if (v == VERDICT_OK)
		v = roster_step(r, &ev);
	if (v != VERDICT_OK)
		return v;
	roster_member_begin(r, ev.slot, c->account, clock_wall_ms());
	if (roster_keep_policy(&r->member[ev.slot], &login->u.login.policy) && roster_record_session(r, ev.slot)) {
		seat(r, c, ev.slot);
		return VERDICT_OK;
	}
	ev.type = EXCHANGE_QUIT;
	(void)roster_step(r, &ev);
	roster_member_end(r, ev.slot);
	return VERDICT_FAILED;
}

enum verdict
roster_login(struct roster *r, struct client *c, const struct upstream_message *login, bool *resumed)
{
	enum verdict v = may_resume(r, c, &login->u.login.id) ? resume(r, c, login) : VERDICT_RATE;

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
	v = admit(r, c, login);
	if (v == VERDICT_OK)
		v = enter(r, c, login);
	if (v == VERDICT_OK && login->u.login.resume_only && login->u.login.pair != 0)
		reclaim_pair(r, c->slot, login);
	r->unanswered |= r->resumes_only && v == VERDICT_NO_ANSWER;
	return v;
}
