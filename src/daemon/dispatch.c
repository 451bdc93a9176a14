#include "daemon/dispatch.h"

#include "base/clock.h"
#include "core/bucket.h"
#include "daemon/client.h"
#include "daemon/roster.h"
#include "daemon/server.h"
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
	.pass = pass_note,
	.told = say_told,
	.idle = end_idle,
};

/* A connection that begins with a note has said what it is here for, as one that logs in. */
static void
on_first_tell(struct client *c, const struct upstream_message *m)
{
	struct server *s = c->server;

	if (!tells_enter(&s->tells, &c->notes)) {
		client_bye(c, BYE_CROWDED);
		return;
	}
	c->state = CLIENT_TELLS;
	server_client_logged_in(s, c);
	tells_tell(&s->tells, &c->notes, &m->u.tell);
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
		tells_tell(&c->server->tells, &c->notes, &m->u.tell);
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
	else if (c->state == CLIENT_GREETED && m.type == UPSTREAM_TELL)
		on_first_tell(c, &m);
	else if (c->state == CLIENT_TELLS && m.type == UPSTREAM_TELL)
		tells_tell(&c->server->tells, &c->notes, &m.u.tell);
	else
		client_bye(c, BYE_MALFORMED);
}
