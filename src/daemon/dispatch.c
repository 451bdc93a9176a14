#include "daemon/dispatch.h"

#include <string.h>

#include "base/clock.h"
#include "core/bucket.h"
#include "daemon/client.h"
#include "daemon/daemon.h"
#include "daemon/dispatch_notes.h"
#include "daemon/dispatch_streams.h"
#include "proto/feature.h"

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

	if (client_may_ask(c))
		client_send(c, &version);
	else
		client_result(c, VERDICT_RATE);
}

static void
welcome(struct client *c, bool resumed)
{
	const struct roster *r = &c->daemon->roster;
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
	struct roster *r = &c->daemon->roster;
	const bool known = c->login->answered || exchange_find_id(r->exchange, &m->u.login.id) != SLOT_NONE;
	bool resumed = false;
	enum verdict v;

	c->login->resumes = m->u.login.resume_only || c->login->came_back;
	v = known || client_may_ask(c) ? roster_login(r, c, m, &resumed) : VERDICT_RATE;
	c->login->answered = false; /* it was for this LOGIN alone */
	c->login->came_back |= v == VERDICT_EXPIRED;
	if (v == VERDICT_QUEUED)
		return;
	if (v == VERDICT_NO_ANSWER) {
		client_unanswered(c);
		return;
	}
	if (v != VERDICT_OK) {
		client_result(c, v);
		return;
	}
	c->state = CLIENT_LOGGED_IN;
	greeting_remove(&c->daemon->greetings, c);
	client_login_over(c);
	welcome(c, resumed);
	roster_deliver(r);
	if (c->features & FEATURE_NOTES)
		keeper_arrived(c->daemon->keeper, exchange_session(r->exchange, c->slot)->name, c->account->uid);
	roster_tell_waiters(r, c->slot);
}

static void
on_to(struct client *c, const struct upstream_message *m)
{
	struct roster *r = &c->daemon->roster;
	const enum verdict v = client_may_ask(c) ? roster_contact(r, c, m->u.to.name, m->u.to.wait) : VERDICT_RATE;

	roster_tell(r);
	client_result(c, v); /* before others' wishes, which may end what was granted */
	roster_deliver(r);
}

static void
on_cancel(struct client *c)
{
	roster_cancel(&c->daemon->roster, c);
	client_result(c, VERDICT_OK);
}

static void
on_leave(struct client *c)
{
	const enum verdict v = roster_leave(&c->daemon->roster, c);

	client_result(c, v);
	roster_deliver(&c->daemon->roster);
}

static void
on_quit(struct client *c)
{
	roster_quit(&c->daemon->roster, c);
	client_result(c, VERDICT_OK);
	c->state = CLIENT_ENDED;
	stream_close(&c->stream, 0);
	roster_deliver(&c->daemon->roster);
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
	const struct roster *r = &c->daemon->roster;
	const uint32_t end = exchange_capacity(r->exchange);
	slot_t slot = m->u.who.cursor;

	if (!client_may_ask(c)) {
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
	const enum verdict v = client_may_ask(c) ? roster_policy(&c->daemon->roster, c, &m->u.policy) : VERDICT_RATE;

	client_result(c, v);
	roster_deliver(&c->daemon->roster);
}

static void
on_away(struct client *c, const struct upstream_message *m)
{
	client_result(c, client_may_ask(c) ? roster_away(&c->daemon->roster, c, m->u.away.text) : VERDICT_RATE);
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
	case UPSTREAM_AWAY:
		on_away(c, m);
		break;
	case UPSTREAM_TELL:
	case UPSTREAM_KEPT:
	case UPSTREAM_UNTELL:
	case UPSTREAM_NOTE_ACK:
		dispatch_note(c, m);
		break;
	case UPSTREAM_OFFER:
	case UPSTREAM_OFFER_ACK:
	case UPSTREAM_OFFER_OVER:
	case UPSTREAM_ACCEPT:
	case UPSTREAM_DECLINE:
		dispatch_offer(c, m);
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
	else if (c->state == CLIENT_GREETED && dispatch_is_note(m.type))
		dispatch_first_note(c, &m);
	else if (c->state == CLIENT_TELLS && dispatch_is_note(m.type))
		dispatch_note(c, &m);
	else
		client_bye(c, BYE_MALFORMED);
}
