#include "daemon/dispatch_notes.h"

#include <string.h>

#include "base/clock.h"
#include "daemon/client.h"
#include "daemon/daemon.h"
#include "net/socket.h"
#include "proto/feature.h"

static struct client *
of_notes(const struct tells_end *e)
{
	return container_of(e, struct client, notes);
}

static bool
is_known(const struct tells_end *e)
{
	return account_known(of_notes(e)->account);
}

static bool
may_tell(const struct client *c)
{
	struct account *a = c->account;
	struct bucket *b = account_known(a) ? &a->notes : &a->all->unknown_notes;

	return bucket_take(b, clock_monotonic_ms(), NOTE_RATE, NOTE_BURST);
}

static enum verdict
admit_note(const struct tells_end *from, const struct tell *t, struct tells_end **to)
{
	const struct client *c = of_notes(from);
	const struct roster *r = &c->daemon->roster;
	const slot_t slot = exchange_find_name(r->exchange, t->name);
	struct client *receiver;

	if (!may_tell(c))
		return VERDICT_RATE;
	if (slot == SLOT_NONE)
		return r->resumes_only ? VERDICT_STARTING : VERDICT_NO_SUCH_USER;
	if ((t->flags & TELL_TO_UID) && exchange_session(r->exchange, slot)->uid != t->uid)
		return VERDICT_NO_SUCH_USER;
	receiver = r->member[slot].client;
	if (!receiver || receiver->stream.dead)
		return VERDICT_ABSENT;
	*to = &receiver->notes;
	return receiver->features & FEATURE_NOTES ? roster_judge_note(r, slot, c) : VERDICT_NO_NOTES;
}

/* The groups that the sender has now: policy is asked when it is gone. */
static void
add_groups(const struct client *c, struct kept_record *r)
{
	_cleanup_(freep) uint32_t *groups = NULL;
	size_t n = 0;

	if (socket_peer_groups(c->stream.io.fd, &groups, &n) < 0)
		return;
	r->groups = (uint32_t)(n < KEPT_GROUPS ? n : KEPT_GROUPS);
	memcpy(r->group, groups, r->groups * sizeof(groups[0]));
}

static enum verdict
keep_note(const struct tells_end *from, const struct tell *t, uint64_t token)
{
	const struct client *c = of_notes(from);
	struct kept_record r = { .time_ms = clock_wall_ms(),
		.note = { .stranger = !is_known(from), .msgid = t->msgid, .body = t->body, .length = t->length } };
	struct daemon *d = c->daemon;
	enum verdict v;

	if (!keeper_keeps(d->keeper))
		return VERDICT_NO_SUCH_USER;
	memcpy(r.to_name, t->name, sizeof(r.to_name));
	roster_sender(&d->roster, c, &r.note.from);
	add_groups(c, &r);
	v = finder_find(&d->finder, token, &r, t->flags & TELL_TO_UID ? &t->uid : NULL);
	return v == VERDICT_OK ? keeper_keep(d->keeper, token, &r) : v;
}

/* The user database has told whose account it is that is not there. */
static void
on_found(void *context, uint64_t token, const struct kept_record *r, enum verdict v)
{
	struct daemon *d = context;

	if (v == VERDICT_OK)
		v = keeper_keep(d->keeper, token, r);
	if (v != VERDICT_QUEUED)
		tells_settled(&d->tells, token, v);
}

const struct finder_class dispatch_finder = { .found = on_found };

static void
kept_answered(const struct tells_end *to, uint64_t number, enum verdict v)
{
	keeper_answered(of_notes(to)->daemon->keeper, number, v);
}

/* A kept note goes to the session of its name, if it is there, and its account's. */
static enum verdict
pass_kept(void *context, uint64_t number, const struct kept_record *kept)
{
	struct daemon *d = context;
	struct roster *r = &d->roster;
	const slot_t slot = exchange_find_name(r->exchange, kept->to_name);
	struct upstream_message m = { .type = UPSTREAM_NOTE, .u.note = kept->note };
	struct client *c = slot == SLOT_NONE ? NULL : r->member[slot].client;
	enum verdict v;

	if (!c || c->stream.dead || exchange_session(r->exchange, slot)->uid != kept->to_uid)
		return VERDICT_ABSENT;
	if (!(c->features & FEATURE_NOTES))
		return VERDICT_NO_NOTES;
	if ((v = roster_judge_kept(r, slot, &kept->note.from, kept->group, kept->groups)) != VERDICT_OK)
		return v;
	m.u.note.token = tells_pass_kept(&d->tells, &c->notes, number, kept->note.from.uid, kept->note.stranger);
	if (m.u.note.token == 0)
		return VERDICT_FULL;
	feature_fit_peer(c->features, &m.u.note.from);
	client_send(c, &m);
	return VERDICT_OK;
}

static void
keeper_told(void *context, uint64_t token, enum verdict v)
{
	struct daemon *d = context;

	tells_settled(&d->tells, token, v);
}

const struct keeper_class dispatch_keeper = { .told = keeper_told, .pass = pass_kept };

static void
pass_note(const struct tells_end *from, struct tells_end *to, uint64_t token, const struct tell *t)
{
	const struct client *c = of_notes(from);
	struct upstream_message m = { .type = UPSTREAM_NOTE };
	struct note *n = &m.u.note;

	*n = (struct note){ .token = token, .stranger = !is_known(from), .msgid = t->msgid, .body = t->body };
	n->length = t->length;
	roster_sender(&c->daemon->roster, c, &n->from);
	feature_fit_peer(of_notes(to)->features, &n->from);
	client_send(of_notes(to), &m);
}

static void
say_told(struct tells_end *e, const struct told *t)
{
	const struct upstream_message m = { .type = UPSTREAM_TOLD, .u.told = *t };
	struct client *c = of_notes(e);

	client_send(c, &m);
	if (c->state == CLIENT_TELLS)
		stream_uncork(&c->stream);
}

static void
end_idle(struct tells_end *e)
{
	client_bye(of_notes(e), BYE_TIMEOUT);
}

const struct tells_class dispatch_tells = {
	.known = is_known,
	.admit = admit_note,
	.keep = keep_note,
	.kept_answered = kept_answered,
	.pass = pass_note,
	.told = say_told,
	.idle = end_idle,
};

static void
on_kept(struct client *c, const struct upstream_message *m)
{
	struct upstream_message page = { .type = UPSTREAM_KEPT_PAGE };
	const enum verdict v = client_may_ask(c)
	    ? keeper_list(c->daemon->keeper, c->account->uid, m->u.kept.cursor, &page.u.kept_page)
	    : VERDICT_RATE;

	if (v == VERDICT_OK)
		client_send(c, &page);
	else
		client_result(c, v);
	tells_watch(&c->daemon->tells, &c->notes);
}

static void
on_untell(struct client *c, const struct upstream_message *m)
{
	struct daemon *d = c->daemon;
	const bool may = client_may_ask(c);
	const uint64_t token = may ? tells_hold(&d->tells, &c->notes, &m->u.untell.msgid) : 0;
	const struct told refused = { .msgid = m->u.untell.msgid, .verdict = may ? VERDICT_FULL : VERDICT_RATE };
	enum verdict v;

	if (token == 0) {
		say_told(&c->notes, &refused);
		return;
	}
	v = keeper_cancel(d->keeper, token, c->account->uid, &m->u.untell.msgid);
	if (v != VERDICT_QUEUED)
		tells_settled(&d->tells, token, v);
}

bool
dispatch_is_note(enum upstream_type type)
{
	return type == UPSTREAM_TELL || type == UPSTREAM_KEPT || type == UPSTREAM_UNTELL;
}

void
dispatch_note(struct client *c, const struct upstream_message *m)
{
	struct tells *t = &c->daemon->tells;

	if (m->type == UPSTREAM_TELL)
		tells_tell(t, &c->notes, &m->u.tell);
	else if (m->type == UPSTREAM_KEPT)
		on_kept(c, m);
	else if (m->type == UPSTREAM_UNTELL)
		on_untell(c, m);
	else
		tells_acked(t, &c->notes, m->u.note_ack.token, (enum verdict)m->u.note_ack.verdict);
}

void
dispatch_first_note(struct client *c, const struct upstream_message *m)
{
	struct daemon *d = c->daemon;

	if (!tells_enter(&d->tells, &c->notes)) {
		client_bye(c, BYE_CROWDED);
		return;
	}
	c->state = CLIENT_TELLS;
	greeting_remove(&d->greetings, c);
	client_login_over(c);
	dispatch_note(c, m);
	/* Whoever tells a note waits for its answer, not for our greeting: it is woken once. */
	c->greets_late = c->notes.open > 0;
}
