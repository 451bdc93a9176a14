/* The requests: asked in order, repeated when their answers were lost, forgotten with their callers. */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "core/name.h"
#include "session/control/client.h"
#include "session/messages/inbound.h"
#include "session/uplink/uplink_impl.h"

#define RATE_RETRY_MS 150U /* a request was one too many: it is repeated */
#define QUIT_MS 2000U      /* a daemon that does not answer so long to QUIT is not waited for */

/* ------------------------------------------------------------------------- asking */

bool
uplink_pair_pending(const struct uplink *u)
{
	return u->uncertain > 0;
}

static bool
changes_pair(const struct request *r)
{
	return r->type == UPSTREAM_TO || r->type == UPSTREAM_LEAVE || r->type == UPSTREAM_QUIT;
}

static struct request *
request_new(enum upstream_type type, struct control_client *c)
{
	struct request *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->type = type;
	r->client = c;
	if (c)
		c->request = r;
	return r;
}

/* Answers and forgets it; it is on no list any more. */
static void
finish(struct request *r, enum verdict v)
{
	struct control_client *c = r->client;

	if (c) {
		c->request = NULL;
		control_client_outcome(c, v, NULL);
	}
	free(r);
}

static void
send_request(struct uplink *u, const struct request *r)
{
	static struct upstream_message m;

	m.type = r->type;
	if (r->type == UPSTREAM_TO) {
		memcpy(m.u.to.name, r->name, sizeof(m.u.to.name));
		m.u.to.wait = r->wait;
	} else if (r->type == UPSTREAM_WHO) {
		m.u.who.cursor = r->cursor;
	} else if (r->type == UPSTREAM_POLICY) {
		m.u.policy = u->session->policy;
	}
	uplink_send(u, &m);
}

void
requests_send(struct uplink *u)
{
	struct request *r;

	while (uplink_ready(u) && (r = TAILQ_FIRST(&u->waiting))) {
		if (changes_pair(r))
			inbound_flush(u->session->inbound); /* what came until now is ours; later it is uncertain */
		TAILQ_REMOVE(&u->waiting, r, link);
		TAILQ_INSERT_TAIL(&u->sent, r, link);
		u->uncertain += changes_pair(r);
		send_request(u, r);
	}
}

static void
on_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	requests_send(w->data);
}

static void
on_quit_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct uplink *u = w->data;

	(void)loop, (void)revents;
	requests_recall(u);
	session_finish(u->session, SESSION_OVER);
}

void
uplink_ask(struct uplink *u, struct control_client *c, const struct upstream_message *m)
{
	struct request *r;

	r = request_new(m->type, c);
	if (!r) {
		control_client_outcome(c, VERDICT_FAILED, "the session's helper is out of memory");
		return;
	}
	if (m->type == UPSTREAM_TO) {
		memcpy(r->name, m->u.to.name, sizeof(r->name));
		r->wait = m->u.to.wait;
	} else if (m->type == UPSTREAM_WHO) {
		r->cursor = m->u.who.cursor;
	} else if (m->type == UPSTREAM_QUIT) {
		uplink_timer(u, &u->quit, QUIT_MS);
	}
	TAILQ_INSERT_TAIL(&u->waiting, r, link);
	if (m->type == UPSTREAM_QUIT && u->state == DOWN)
		session_finish(u->session, SESSION_OVER); /* the daemon will notice in its own time */
	else if (!ev_is_active(&u->again))
		requests_send(u);
}

void
uplink_farewell(struct uplink *u)
{
	const struct upstream_message m = { .type = UPSTREAM_QUIT };

	if (u->state == DOWN)
		return;
	uplink_send(u, &m);
	stream_close(&u->stream, 0); /* says it to its end: the loop will turn no more */
}

void
uplink_over(struct uplink *u)
{
	struct request *r, *next;

	for (r = TAILQ_FIRST(&u->waiting); r; r = next) {
		next = TAILQ_NEXT(r, link);
		if (r->type != UPSTREAM_QUIT)
			continue;
		TAILQ_REMOVE(&u->waiting, r, link);
		finish(r, VERDICT_OK);
	}
}

void
requests_cancel(struct uplink *u)
{
	const struct upstream_message m = { .type = UPSTREAM_CANCEL };
	struct request *r = request_new(UPSTREAM_CANCEL, NULL);

	if (!r) {
		stream_close(&u->stream, ENOMEM);
		return;
	}
	TAILQ_INSERT_TAIL(&u->sent, r, link);
	uplink_send(u, &m);
}

/*
 * In the daemon's queue may be a wait that no command is behind any more. A later one that is under way takes
 * its place, or is refused, which leads here again; CANCEL would meet the later one.
 */
static void
drop_wait(struct uplink *u)
{
	const struct request *r;

	TAILQ_FOREACH(r, &u->sent, link)
		if (r->type == UPSTREAM_TO && r->wait)
			return;
	requests_cancel(u);
}

void
uplink_forget(struct uplink *u, struct control_client *c)
{
	struct request *r = c->request, *w;

	if (!r)
		return;
	c->request = NULL;
	r->client = NULL;
	if (r->type == UPSTREAM_QUIT || r->type == UPSTREAM_POLICY)
		return; /* said is said */
	if (r == u->queued) {
		u->queued = NULL;
		free(r);
		if (uplink_ready(u))
			drop_wait(u);
		return;
	}
	TAILQ_FOREACH(w, &u->waiting, link) {
		if (w == r) {
			TAILQ_REMOVE(&u->waiting, r, link);
			free(r);
			return;
		}
	}
}

/* ------------------------------------------------------------------------- answers */

static void
answered(struct uplink *u, struct request *r, enum verdict v)
{
	switch (r->type) {
	case UPSTREAM_TO:
		if (v == VERDICT_QUEUED && r->client) {
			u->queued = r;
			return;
		}
		if (r->wait && v != VERDICT_OK && !u->queued)
			drop_wait(u);
		break;
	case UPSTREAM_LEAVE:
		if (v == VERDICT_OK)
			pair_left(u->session);
		else if (v == VERDICT_NOT_PAIRED && r->repeated)
			v = VERDICT_OK;
		break;
	case UPSTREAM_QUIT:
		TAILQ_INSERT_HEAD(&u->waiting, r, link); /* for uplink_over() */
		session_finish(u->session, SESSION_OVER);
		return;
	case UPSTREAM_CANCEL:
		if (u->state == SETTLING)
			uplink_settled(u);
		break;
	default:
		break;
	}
	finish(r, v);
}

static struct request *
next_answered(struct uplink *u)
{
	struct request *r = TAILQ_FIRST(&u->sent);

	if (!r) {
		log_error("the daemon answered what nobody asked");
		stream_close(&u->stream, EPROTO);
		return NULL;
	}
	TAILQ_REMOVE(&u->sent, r, link);
	u->uncertain -= changes_pair(r);
	return r;
}

void
requests_result(struct uplink *u, enum verdict v)
{
	struct request *r;

	if (!(r = next_answered(u)))
		return;
	if (v == VERDICT_RATE && (r->client || r->type == UPSTREAM_POLICY)) {
		TAILQ_INSERT_HEAD(&u->waiting, r, link);
		uplink_timer(u, &u->again, RATE_RETRY_MS);
	} else {
		answered(u, r, v);
	}
	if (u->uncertain == 0)
		inbound_settle(u->session->inbound);
}

void
requests_who_page(struct uplink *u, const struct frame *f)
{
	struct request *r = next_answered(u);

	if (!r)
		return;
	if (r->client) {
		struct control_client *c = r->client;

		c->request = NULL;
		(void)stream_write(&c->stream, f->body - FRAME_HEADER, FRAME_HEADER + f->length);
		control_client_answered(c);
	}
	free(r);
}

bool
requests_asked_for(const struct uplink *u, const char *name)
{
	const struct request *r;

	if (u->queued && name_equal(u->queued->name, name))
		return true;
	TAILQ_FOREACH(r, &u->sent, link)
		if (r->type == UPSTREAM_TO && name_equal(r->name, name))
			return true;
	return false;
}

void
requests_paired(struct uplink *u, const char *name)
{
	struct request *r = u->queued;

	u->queued = NULL;
	if (r)
		finish(r, name_equal(r->name, name) ? VERDICT_OK : VERDICT_SUPERSEDED);
}

void
requests_wait_over(struct uplink *u, enum verdict v)
{
	struct request *r = u->queued;

	u->queued = NULL;
	if (r)
		finish(r, v);
}

/* ------------------------------------------------------------------------- as a whole */

void
requests_recall(struct uplink *u)
{
	struct request *r;

	while ((r = TAILQ_LAST(&u->sent, request_list))) {
		TAILQ_REMOVE(&u->sent, r, link);
		if (r->client || r->type == UPSTREAM_QUIT) {
			r->repeated = true;
			TAILQ_INSERT_HEAD(&u->waiting, r, link);
		} else {
			free(r);
		}
	}
	if (u->queued) { /* it was asked before all that is not answered yet */
		TAILQ_INSERT_HEAD(&u->waiting, u->queued, link);
		u->queued = NULL;
	}
	u->uncertain = 0;
}

void
requests_init(struct uplink *u)
{
	TAILQ_INIT(&u->waiting);
	TAILQ_INIT(&u->sent);
	ev_timer_init(&u->again, on_again, 0., 0.);
	ev_timer_init(&u->quit, on_quit_timer, 0., 0.);
	u->again.data = u->quit.data = u;
}

void
requests_release(struct uplink *u)
{
	struct request *r;

	requests_recall(u);
	while ((r = TAILQ_FIRST(&u->waiting))) {
		TAILQ_REMOVE(&u->waiting, r, link);
		free(r);
	}
}
