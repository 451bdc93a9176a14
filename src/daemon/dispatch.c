#include "daemon/dispatch.h"

#include <string.h>

#include "base/clock.h"
#include "core/bucket.h"
#include "daemon/client.h"
#include "daemon/names/passwd.h"
#include "daemon/roster.h"
#include "daemon/server.h"
#include "net/socket.h"
#include "proto/feature.h"

static bool
may_ask(const struct client *c)
{
	return bucket_take(&c->account->requests, clock_monotonic_ms(), REQUEST_RATE, REQUEST_BURST);
}

/* One that names features is told ours. */
static void
greeted(struct client *c, uint32_t features)
{
	const struct upstream_message hello = { .type = UPSTREAM_HELLO,
		.u.hello = { .magic = PROTOCOL_MAGIC, .version = PROTOCOL_VERSION, .features = FEATURES_KNOWN } };

	c->state = CLIENT_GREETED;
	c->features = features;
	if (features != 0)
		client_send(c, &hello);
}

static void
on_hello(struct client *c, const struct upstream_message *m)
{
	if (m->u.hello.magic != PROTOCOL_MAGIC)
		client_bye(c, BYE_MALFORMED);
	else if (m->u.hello.version != PROTOCOL_VERSION)
		client_bye(c, BYE_VERSION);
	else
		greeted(c, m->u.hello.features);
}

/* `pchat doctor` wants to know; there is no secret in it. */
static void
on_about(struct client *c)
{
	static const struct upstream_message version = { .type = UPSTREAM_VERSION, .u.version = { PACKAGE_VERSION } };

	if (may_ask(c))
		client_send(c, &version);
	else
		client_result(c, VERDICT_RATE);
}

static void
welcome(struct client *c, bool resumed)
{
	const struct roster *r = &c->server->roster;
	struct upstream_message m;

	m.type = UPSTREAM_WELCOME;
	m.u.welcome.resumed = resumed;
	m.u.welcome.last_end = exchange_session(r->exchange, c->slot)->last_end;
	m.u.welcome.grace_ms = (uint32_t)r->lost.ms;
	roster_peer(r, c->slot, &m.u.welcome.self);
	feature_fit_peer(c->features, &m.u.welcome.self);
	client_send(c, &m);
}

static void
on_login(struct client *c, const struct upstream_message *m)
{
	struct roster *r = &c->server->roster;
	const bool known = c->answered || exchange_find_id(r->exchange, &m->u.login.id) != SLOT_NONE;
	bool resumed = false;
	enum verdict v;

	v = known || may_ask(c) ? roster_login(r, c, m, &resumed) : VERDICT_RATE;
	c->answered = false; /* it was for this LOGIN alone */
	c->came_back |= v == VERDICT_EXPIRED;
	if (v == VERDICT_NO_ANSWER && (m->u.login.resume_only || c->came_back))
		v = VERDICT_FAILED; /* this helpers of any age try again */
	if (v == VERDICT_QUEUED)
		return;
	if (v != VERDICT_OK) {
		client_result(c, v);
		return;
	}
	c->state = CLIENT_LOGGED_IN;
	server_client_logged_in(c->server, c);
	welcome(c, resumed);
	roster_deliver(r);
	if (c->server->keeper && (c->features & FEATURE_NOTES))
		keeper_arrived(c->server->keeper, exchange_session(r->exchange, c->slot)->name, c->account->uid);
	roster_tell_waiters(r, c->slot);
}

static void
on_to(struct client *c, const struct upstream_message *m)
{
	struct roster *r = &c->server->roster;
	enum verdict v = VERDICT_RATE;

	if (may_ask(c)) {
		v = roster_contact(r, c, m->u.to.name, m->u.to.wait);
		roster_deliver(r);
	}
	client_result(c, v);
}

static void
on_cancel(struct client *c)
{
	roster_cancel(&c->server->roster, c);
	client_result(c, VERDICT_OK);
}

static void
on_leave(struct client *c)
{
	const enum verdict v = roster_leave(&c->server->roster, c);

	client_result(c, v);
	roster_deliver(&c->server->roster);
}

static void
on_quit(struct client *c)
{
	roster_quit(&c->server->roster, c);
	client_result(c, VERDICT_OK);
	c->state = CLIENT_ENDED;
	stream_close(&c->stream, 0);
	roster_deliver(&c->server->roster);
}

static void
who_entry(const struct roster *r, const struct client *asks, slot_t slot, struct who_entry *e)
{
	const struct exchange_session *s = exchange_session(r->exchange, slot);

	roster_peer(r, slot, &e->peer);
	feature_fit_peer(asks->features, &e->peer);
	e->state = !s->online ? WHO_RECONNECTING : s->partner != SLOT_NONE ? WHO_PAIRED : WHO_FREE;
	e->reachable = roster_judge(r, slot, asks->slot) == VERDICT_OK;
	e->since_ms = r->member[slot].since_ms;
}

/* The cursor is the slot to go on with: a session that stays is shown once, whoever comes and goes meanwhile. */
static void
on_who(struct client *c, const struct upstream_message *m)
{
	struct upstream_message page = { .type = UPSTREAM_WHO_PAGE };
	struct who_page *p = &page.u.who_page;
	uint8_t room[WHO_PAGE_BYTES];
	const struct roster *r = &c->server->roster;
	const uint32_t end = exchange_capacity(r->exchange);
	slot_t slot = m->u.who.cursor;

	if (!may_ask(c)) {
		client_result(c, VERDICT_RATE);
		return;
	}
	for (; slot < end && p->count < WHO_PAGE_ENTRIES; slot++) {
		struct who_entry e;

		if (!exchange_session(r->exchange, slot)->used ||
		    !feature_holds_name(c->features, exchange_session(r->exchange, slot)->name))
			continue;
		who_entry(r, c, slot, &e);
		(void)who_page_add(p, room, &e);
	}
	p->next = slot < end ? slot : 0;
	client_send(c, &page);
}

static void
on_policy(struct client *c, const struct upstream_message *m)
{
	/* Each is a transaction of the registry. */
	const enum verdict v = may_ask(c) ? roster_policy(&c->server->roster, c, &m->u.policy) : VERDICT_RATE;

	client_result(c, v);
	roster_deliver(&c->server->roster);
}

/* ------ notes ------ */

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
	const struct roster *r = &c->server->roster;
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

/* Whose account it is that is not there. */
static enum verdict
find_account(const struct server *s, const struct tell *t, uint32_t *uid)
{
	enum verdict v = VERDICT_NO_SUCH_USER;

	if (s->roster.accounts.passwd)
		v = passwd_uid(s->roster.accounts.passwd, t->name, uid);
	return v == VERDICT_OK && (t->flags & TELL_TO_UID) && *uid != t->uid ? VERDICT_NO_SUCH_USER : v;
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
	enum verdict v;

	if (!c->server->keeper)
		return VERDICT_STORAGE;
	if ((v = find_account(c->server, t, &r.to_uid)) != VERDICT_OK)
		return v;
	memcpy(r.to_name, t->name, sizeof(r.to_name));
	roster_sender(&c->server->roster, c, &r.note.from);
	add_groups(c, &r);
	return keeper_keep(c->server->keeper, token, &r);
}

static void
kept_answered(const struct tells_end *to, uint64_t number, enum verdict v)
{
	keeper_answered(of_notes(to)->server->keeper, number, v);
}

/* A kept note goes to the session of its name, if it is there, and its account's. */
static enum verdict
pass_kept(void *context, uint64_t number, const struct kept_record *kept)
{
	struct server *s = context;
	struct roster *r = &s->roster;
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
	m.u.note.token = tells_pass_kept(&s->tells, &c->notes, number, kept->note.from.uid, kept->note.stranger);
	if (m.u.note.token == 0)
		return VERDICT_FULL;
	feature_fit_peer(c->features, &m.u.note.from);
	client_send(c, &m);
	return VERDICT_OK;
}

static void
keeper_told(void *context, uint64_t token, enum verdict v)
{
	struct server *s = context;

	tells_settled(&s->tells, token, v);
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
	roster_sender(&c->server->roster, c, &n->from);
	feature_fit_peer(of_notes(to)->features, &n->from);
	client_send(of_notes(to), &m);
}

static void
say_told(struct tells_end *e, const struct told *t)
{
	const struct upstream_message m = { .type = UPSTREAM_TOLD, .u.told = *t };

	client_send(of_notes(e), &m);
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

	if (!may_ask(c)) {
		client_result(c, VERDICT_RATE);
		return;
	}
	if (c->server->keeper)
		keeper_list(c->server->keeper, c->account->uid, m->u.kept.cursor, &page.u.kept_page);
	client_send(c, &page);
}

static void
on_untell(struct client *c, const struct upstream_message *m)
{
	struct server *s = c->server;
	const uint64_t token = tells_hold(&s->tells, &c->notes, &m->u.untell.msgid);
	const struct told full = { .msgid = m->u.untell.msgid, .verdict = VERDICT_FULL };
	enum verdict v = VERDICT_NOTHING;

	if (token == 0) {
		say_told(&c->notes, &full);
		return;
	}
	if (s->keeper)
		v = keeper_cancel(s->keeper, token, c->account->uid, &m->u.untell.msgid);
	if (v != VERDICT_QUEUED)
		tells_settled(&s->tells, token, v);
}

/* What is about notes needs no session. */
static bool
is_about_notes(const struct upstream_message *m)
{
	return m->type == UPSTREAM_TELL || m->type == UPSTREAM_KEPT || m->type == UPSTREAM_UNTELL;
}

static void
on_notes(struct client *c, const struct upstream_message *m)
{
	if (m->type == UPSTREAM_TELL)
		tells_tell(&c->server->tells, &c->notes, &m->u.tell);
	else if (m->type == UPSTREAM_KEPT)
		on_kept(c, m);
	else
		on_untell(c, m);
}

/* A connection that begins with a note has said what it is here for, as one that logs in. */
static void
on_first_note(struct client *c, const struct upstream_message *m)
{
	struct server *s = c->server;

	if (!tells_enter(&s->tells, &c->notes)) {
		client_bye(c, BYE_CROWDED);
		return;
	}
	c->state = CLIENT_TELLS;
	server_client_logged_in(s, c);
	on_notes(c, m);
}

/* ------ frames ------ */

static void
on_request(struct client *c, const struct upstream_message *m)
{
	switch (m->type) {
	case UPSTREAM_TO:
		on_to(c, m);
		break;
	case UPSTREAM_CANCEL:
		on_cancel(c);
		break;
	case UPSTREAM_LEAVE:
		on_leave(c);
		break;
	case UPSTREAM_QUIT:
		on_quit(c);
		break;
	case UPSTREAM_WHO:
		on_who(c, m);
		break;
	case UPSTREAM_POLICY:
		on_policy(c, m);
		break;
	case UPSTREAM_TELL:
	case UPSTREAM_KEPT:
	case UPSTREAM_UNTELL:
		on_notes(c, m);
		break;
	case UPSTREAM_NOTE_ACK:
		tells_acked(&c->server->tells, &c->notes, m->u.note_ack.token, (enum verdict)m->u.note_ack.verdict);
		break;
	default: /* a reply, a notice, or a second greeting */
		client_bye(c, BYE_MALFORMED);
		break;
	}
}

void
dispatch_frame(struct client *c, const struct frame *f)
{
	struct upstream_message m;

	stream_cork(&c->stream); /* all replies of this turn at once */
	if (upstream_decode(f, &m) < 0)
		client_bye(c, BYE_MALFORMED);
	else if (c->state == CLIENT_LOGGED_IN)
		on_request(c, &m);
	else if (c->state == CLIENT_CONNECTED && m.type == UPSTREAM_HELLO)
		on_hello(c, &m);
	else if (c->state == CLIENT_GREETED && m.type == UPSTREAM_LOGIN)
		on_login(c, &m);
	else if (c->state == CLIENT_GREETED && m.type == UPSTREAM_ABOUT)
		on_about(c);
	else if (c->state == CLIENT_GREETED && is_about_notes(&m))
		on_first_note(c, &m);
	else if (c->state == CLIENT_TELLS && is_about_notes(&m))
		on_notes(c, &m);
	else
		client_bye(c, BYE_MALFORMED);
}
