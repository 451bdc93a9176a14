#include "session/uplink.h"

#include <errno.h>
#include <string.h>
#include <sys/queue.h>

#include "base/log.h"
#include "core/name.h"
#include "net/stream.h"
#include "session/caller.h"
#include "session/inbound.h"
#include "session/outbound.h"
#include "session/reach.h"
#include "session/session.h"

#define RETRY_MIN_MS 5U
#define RATE_RETRY_MS 150U /* a request was one too many: it is repeated */
#define QUIT_MS 2000U      /* a daemon that does not answer so long to QUIT is not waited for */
#define OUTPUT_CAP (1024U * 1024U)

enum state {
	DOWN,     /* not connected */
	GREETING, /* LOGIN was sent */
	SETTLING, /* logged in; a CANCEL was sent, whose answer comes behind all that is to be said of our pair */
	READY,
};

/* One question to the daemon. */
struct request {
	TAILQ_ENTRY(request) link;
	enum upstream_type type;
	struct caller *caller; /* NULL: nobody waits for the answer any more */
	bool wait;             /* TO */
	bool repeated;         /* it was sent before, and its answer was lost */
	uint32_t cursor;       /* WHO */
	char name[NAME_MAX_LEN + 1];
};

TAILQ_HEAD(request_list, request);

struct uplink {
	struct session *session;
	struct stream stream;
	enum state state;
	bool connected;   /* the stream is in use */
	bool fresh;       /* the first login of a new session: there is nothing to resume */
	bool anew;        /* our session is unknown to the daemon: try a new one of the same name */
	bool complained;  /* of this trouble with the daemon */
	bool paired_seen; /* since WELCOME */
	uint32_t pause_ms;
	ev_timer retry; /* connects */
	ev_timer again; /* sends what waits */
	ev_timer quit;
	ev_timer partner;            /* the daemon lost its registry: for so long the partner may still come back */
	uint64_t missed;             /* the pair in question; 0: none */
	struct request_list waiting; /* to be sent */
	struct request_list sent;    /* the oldest is answered next */
	struct request *queued;      /* TO --wait that is in the daemon's queue */
	unsigned uncertain;          /* of those sent, such as may end our pair */
};

static void connect_now(struct uplink *u);
static void send_waiting(struct uplink *u);

bool
uplink_ready(const struct uplink *u)
{
	return u->state == READY && !u->stream.dead;
}

void
uplink_write(struct uplink *u, const void *data, size_t n)
{
	/* Not only when READY: the partner may write as soon as the daemon knows that we are back. */
	if (u->state == SETTLING || u->state == READY)
		(void)stream_write(&u->stream, data, n);
}

static void
send_message(struct uplink *u, const struct upstream_message *m)
{
	uint8_t frame[FRAME_MAX];
	const size_t n = upstream_encode(m, frame, sizeof(frame));

	(void)stream_write(&u->stream, frame, n);
}

/* ------------------------------------------------------------------------- requests */

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
request_new(enum upstream_type type, struct caller *c)
{
	struct request *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->type = type;
	r->caller = c;
	if (c)
		c->request = r;
	return r;
}

/* Answers and forgets it; it is on no list any more. */
static void
finish(struct request *r, enum verdict v)
{
	struct caller *c = r->caller;

	if (c) {
		c->request = NULL;
		caller_outcome(c, v, NULL);
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
	send_message(u, &m);
}

static void
send_waiting(struct uplink *u)
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
	send_waiting(w->data);
}

static void
start_timer(struct uplink *u, ev_timer *w, uint32_t ms)
{
	if (ev_is_active(w))
		return;
	ev_timer_set(w, ms / 1000., 0.);
	ev_timer_start(u->session->loop, w);
}

static void recall_requests(struct uplink *u);

static void
on_quit_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct uplink *u = w->data;

	(void)loop, (void)revents;
	recall_requests(u);
	session_finish(u->session, SESSION_OVER);
}

void
uplink_ask(struct uplink *u, struct caller *c, const struct upstream_message *m)
{
	struct request *r;

	r = request_new(m->type, c);
	if (!r) {
		caller_outcome(c, VERDICT_FAILED, "the session's helper is out of memory");
		return;
	}
	if (m->type == UPSTREAM_TO) {
		memcpy(r->name, m->u.to.name, sizeof(r->name));
		r->wait = m->u.to.wait;
	} else if (m->type == UPSTREAM_WHO) {
		r->cursor = m->u.who.cursor;
	} else if (m->type == UPSTREAM_QUIT) {
		start_timer(u, &u->quit, QUIT_MS);
	}
	TAILQ_INSERT_TAIL(&u->waiting, r, link);
	if (m->type == UPSTREAM_QUIT && u->state == DOWN)
		session_finish(u->session, SESSION_OVER); /* the daemon will notice in its own time */
	else if (!ev_is_active(&u->again))
		send_waiting(u);
}

void
uplink_farewell(struct uplink *u)
{
	const struct upstream_message m = { .type = UPSTREAM_QUIT };

	if (uplink_ready(u))
		send_message(u, &m);
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
uplink_restart(struct uplink *u)
{
	log_error("the connection to the daemon is made anew: memory is short");
	stream_close(&u->stream, ENOMEM);
}

static void
send_cancel(struct uplink *u)
{
	const struct upstream_message m = { .type = UPSTREAM_CANCEL };
	struct request *r = request_new(UPSTREAM_CANCEL, NULL);

	if (!r) {
		stream_close(&u->stream, ENOMEM);
		return;
	}
	TAILQ_INSERT_TAIL(&u->sent, r, link);
	send_message(u, &m);
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
	send_cancel(u);
}

void
uplink_forget(struct uplink *u, struct caller *c)
{
	struct request *r = c->request, *w;

	if (!r)
		return;
	c->request = NULL;
	r->caller = NULL;
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

/* ------------------------------------------------------------------------- login */

static void
send_login(struct uplink *u)
{
	static struct upstream_message m;
	const struct session *s = u->session;

	m.type = UPSTREAM_LOGIN;
	m.u.login.id = s->file.id;
	memcpy(m.u.login.name, s->file.name, sizeof(m.u.login.name));
	m.u.login.resume_only = !u->fresh && !u->anew;
	m.u.login.pair = s->partner.pair;
	m.u.login.partner = s->partner.peer;
	m.u.login.policy = s->policy;
	send_message(u, &m);
}

static void
greet(struct uplink *u)
{
	static const struct upstream_message hello = { .type = UPSTREAM_HELLO,
		.u.hello = { .magic = PROTOCOL_MAGIC, .version = PROTOCOL_VERSION } };

	u->state = GREETING;
	stream_cork(&u->stream);
	send_message(u, &hello);
	send_login(u);
	stream_uncork(&u->stream);
}

static void
retry_later(struct uplink *u)
{
	/* By a third each time: a daemon that was away for a while waits no third of that while for us. */
	u->pause_ms = u->pause_ms == 0 ? RETRY_MIN_MS : u->pause_ms + u->pause_ms / 3;
	if (u->pause_ms > RETRY_MAX_MS)
		u->pause_ms = RETRY_MAX_MS;
	start_timer(u, &u->retry, u->pause_ms);
}

static void
login_refused(struct uplink *u, enum verdict v)
{
	switch (v) {
	case VERDICT_EXPIRED:
		u->anew = true;
		send_login(u);
		return;
	case VERDICT_STARTING:
	case VERDICT_RATE:
		stream_close(&u->stream, 0);
		return;
	case VERDICT_LIMIT:
	case VERDICT_FAILED:
		if (!u->fresh) {
			u->pause_ms = RETRY_MAX_MS;
			stream_close(&u->stream, 0);
			return;
		}
		break;
	default:
		break;
	}
	session_refused(u->session, v, NULL);
}

static bool
misses_partner(const struct uplink *u)
{
	return u->missed != 0 && u->missed == u->session->partner.pair;
}

static void
on_partner_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct uplink *u = w->data;
	struct session *s = u->session;

	(void)loop, (void)revents;
	if (!misses_partner(u))
		return;
	u->missed = 0;
	partner_ended(s, ENDING_GONE);
	inbound_flush(s->inbound);
}

/*
 * A session that was to be resumed and was begun anew: the daemon had lost its registry. It makes our pair again as
 * soon as the partner is back and says the same; until then, for the grace time, the connection to the partner is lost.
 */
static void
await_partner(struct uplink *u, const struct upstream_message *welcome)
{
	const bool lost = !welcome->u.welcome.resumed && !u->fresh && !u->anew;

	if (!lost || u->session->partner.pair == 0)
		return;
	u->missed = u->session->partner.pair;
	ev_timer_stop(u->session->loop, &u->partner);
	start_timer(u, &u->partner, welcome->u.welcome.grace_ms);
}

static void
on_welcome(struct uplink *u, const struct upstream_message *m)
{
	u->session->self = m->u.welcome.self;
	u->session->partner.last_end = m->u.welcome.last_end;
	u->state = SETTLING;
	u->paired_seen = false;
	await_partner(u, m);
	send_cancel(u);
}

/* All is said that the daemon knows of our pair. */
static void
settled(struct uplink *u)
{
	struct session *s = u->session;

	u->state = READY;
	u->fresh = u->anew = u->complained = false;
	u->pause_ms = 0;
	if (!u->paired_seen && misses_partner(u))
		partner_lost(s);
	else if (!u->paired_seen)
		partner_ended(s, (enum ending)s->partner.last_end);
	session_logged_in(s);
	session_changed(s);
	send_waiting(u);
}

/* ------------------------------------------------------------------------- what arrives */

static void
answered(struct uplink *u, struct request *r, enum verdict v)
{
	switch (r->type) {
	case UPSTREAM_TO:
		if (v == VERDICT_QUEUED && r->caller) {
			u->queued = r;
			return;
		}
		if (r->wait && v != VERDICT_OK && !u->queued)
			drop_wait(u);
		break;
	case UPSTREAM_LEAVE:
		if (v == VERDICT_OK)
			partner_left(u->session);
		else if (v == VERDICT_NOT_PAIRED && r->repeated)
			v = VERDICT_OK;
		break;
	case UPSTREAM_QUIT:
		TAILQ_INSERT_HEAD(&u->waiting, r, link); /* for uplink_over() */
		session_finish(u->session, SESSION_OVER);
		return;
	case UPSTREAM_CANCEL:
		if (u->state == SETTLING)
			settled(u);
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

static void
on_result(struct uplink *u, enum verdict v)
{
	struct request *r;

	if (u->state == GREETING) {
		login_refused(u, v);
		return;
	}
	if (!(r = next_answered(u)))
		return;
	if (v == VERDICT_RATE && (r->caller || r->type == UPSTREAM_POLICY)) {
		TAILQ_INSERT_HEAD(&u->waiting, r, link);
		start_timer(u, &u->again, RATE_RETRY_MS);
	} else {
		answered(u, r, v);
	}
	if (u->uncertain == 0)
		inbound_settle(u->session->inbound);
}

static void
on_who_page(struct uplink *u, const struct frame *f)
{
	struct request *r = next_answered(u);

	if (!r)
		return;
	if (r->caller) {
		struct caller *c = r->caller;

		c->request = NULL;
		(void)stream_write(&c->stream, f->body - FRAME_HEADER, FRAME_HEADER + f->length);
		caller_answered(c);
	}
	free(r);
}

/* Whether we asked for a pair with `name`. */
static bool
asked_for(const struct uplink *u, const char *name)
{
	const struct request *r;

	if (u->queued && name_equal(u->queued->name, name))
		return true;
	TAILQ_FOREACH(r, &u->sent, link)
		if (r->type == UPSTREAM_TO && name_equal(r->name, name))
			return true;
	return false;
}

static void
on_paired(struct uplink *u, const struct upstream_message *m)
{
	struct request *r = u->queued;

	u->paired_seen = true;
	u->missed = 0;
	partner_paired(u->session, m, asked_for(u, m->u.paired.peer.name));
	if (!r)
		return;
	u->queued = NULL;
	finish(r, name_equal(r->name, m->u.paired.peer.name) ? VERDICT_OK : VERDICT_SUPERSEDED);
}

static void
on_wait_over(struct uplink *u, enum verdict v)
{
	struct request *r = u->queued;

	u->queued = NULL;
	if (r)
		finish(r, v);
}

static void
on_bye(struct uplink *u, enum bye reason)
{
	switch (reason) {
	case BYE_REPLACED:
		session_finish(u->session, SESSION_REPLACED);
		break;
	case BYE_VERSION:
		if (u->fresh)
			session_refused(u->session, VERDICT_FAILED, "the daemon is of another version");
		u->pause_ms = RETRY_MAX_MS;
		break;
	case BYE_MALFORMED:
	case BYE_WINDOW:
	case BYE_STALLED:
		log_error("the daemon closed the connection: reason %d", (int)reason);
		break;
	default:
		break;
	}
}

static void
on_notice(struct uplink *u, const struct upstream_message *m)
{
	struct session *s = u->session;

	switch (m->type) {
	case UPSTREAM_PAIRED:
		on_paired(u, m);
		break;
	case UPSTREAM_ENDED:
		if (m->u.ended.pair == s->partner.pair)
			partner_ended(s, (enum ending)m->u.ended.ending);
		break;
	case UPSTREAM_LOST:
		if (m->u.link.pair == s->partner.pair)
			partner_lost(s);
		break;
	case UPSTREAM_BACK:
		if (m->u.link.pair == s->partner.pair)
			partner_back(s, m->u.link.epoch);
		break;
	case UPSTREAM_WAIT_OVER:
		on_wait_over(u, (enum verdict)m->u.wait_over.verdict);
		break;
	case UPSTREAM_BYE:
		on_bye(u, (enum bye)m->u.bye.reason);
		break;
	default:
		break;
	}
}

/* False: the daemon broke the protocol. */
static bool
on_frame(struct uplink *u, const struct frame *f)
{
	static struct upstream_message m;

	if (upstream_decode(f, &m) < 0)
		return false;
	if (m.type == UPSTREAM_WELCOME && u->state == GREETING)
		on_welcome(u, &m);
	else if (m.type == UPSTREAM_RESULT)
		on_result(u, (enum verdict)m.u.result.verdict);
	else if (m.type == UPSTREAM_WHO_PAGE)
		on_who_page(u, f);
	else
		on_notice(u, &m);
	return true;
}

static bool
take_frame(struct uplink *u, const struct frame *f)
{
	struct ack a;

	if (f->type == FRAME_MSG) {
		inbound_message(u->session->inbound, f);
		return true;
	}
	if (f->type != FRAME_ACK)
		return on_frame(u, f);
	if (ack_decode(f, &a) < 0)
		return false;
	outbound_ack(u->session->outbound, &a);
	return true;
}

static struct uplink *
of_stream(struct stream *st)
{
	return (struct uplink *)((char *)st - offsetof(struct uplink, stream));
}

static ssize_t
on_input(struct stream *st, uint8_t *data, size_t n)
{
	struct uplink *u = of_stream(st);
	struct frame f;
	ssize_t used = 0;
	size_t at = 0;

	while (!st->dead && u->session->end == SESSION_GOES_ON && (used = frame_parse(data + at, n - at, &f)) > 0) {
		at += (size_t)used;
		if (!take_frame(u, &f)) {
			used = -1;
			break;
		}
	}
	if (u->session->end == SESSION_GOES_ON || u->session->end == SESSION_OVER)
		inbound_flush(u->session->inbound);
	if (used >= 0)
		return (ssize_t)at;
	log_error("the daemon broke the protocol");
	return -1;
}

/* ------------------------------------------------------------------------- connecting */

/* What was under way is asked again, in the order in which it was. */
static void
recall_requests(struct uplink *u)
{
	struct request *r;

	if (u->queued) {
		TAILQ_INSERT_HEAD(&u->waiting, u->queued, link);
		u->queued = NULL;
	}
	while ((r = TAILQ_LAST(&u->sent, request_list))) {
		TAILQ_REMOVE(&u->sent, r, link);
		if (r->caller || r->type == UPSTREAM_QUIT) {
			r->repeated = true;
			TAILQ_INSERT_HEAD(&u->waiting, r, link);
		} else {
			free(r);
		}
	}
	u->uncertain = 0;
}

static bool
quitting(const struct uplink *u)
{
	return ev_is_active(&u->quit);
}

static void
on_closed(struct stream *st, int error)
{
	struct uplink *u = of_stream(st);
	struct session *s = u->session;
	const bool was_ready = u->state == READY;

	(void)error;
	u->connected = false;
	u->state = DOWN;
	recall_requests(u);
	if (s->end != SESSION_GOES_ON)
		return;
	inbound_reset(s->inbound);
	outbound_blocked(s->outbound);
	session_changed(s);
	if (quitting(u)) {
		session_finish(s, SESSION_OVER);
		return;
	}
	if (was_ready)
		connect_now(u); /* a daemon that was restarted is there at once */
	else
		retry_later(u);
}

static const struct stream_class uplink_class = { .input = on_input, .closed = on_closed, .output_cap = OUTPUT_CAP };

static void
connected(struct uplink *u, int fd)
{
	stream_init(&u->stream, &uplink_class, u->session->loop, fd);
	u->connected = true;
	greet(u);
}

static void
complain(struct uplink *u, int error)
{
	if (!u->complained)
		log_notice("cannot reach the daemon: %s", strerror(-error));
	u->complained = true;
}

static void
connect_now(struct uplink *u)
{
	char why[REACH_WHY];
	const int fd = reach_daemon(u->session, why);

	if (fd >= 0) {
		connected(u, fd);
		return;
	}
	complain(u, fd);
	retry_later(u);
}

static void
on_retry(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	connect_now(w->data);
}

enum verdict
uplink_start(struct uplink *u, bool fresh, char *words, size_t size)
{
	char why[REACH_WHY];
	const int fd = reach_daemon(u->session, why);

	u->fresh = fresh;
	if (fd >= 0) {
		connected(u, fd);
		return VERDICT_OK;
	}
	if (!fresh || fd == -EAGAIN) {
		retry_later(u);
		return VERDICT_OK;
	}
	reach_words(u->session, fd, why, words, size);
	return VERDICT_NO_DAEMON;
}

struct uplink *
uplink_new(struct session *s)
{
	struct uplink *u = calloc(1, sizeof(*u));

	if (!u)
		return NULL;
	u->session = s;
	TAILQ_INIT(&u->waiting);
	TAILQ_INIT(&u->sent);
	ev_timer_init(&u->retry, on_retry, 0., 0.);
	ev_timer_init(&u->again, on_again, 0., 0.);
	ev_timer_init(&u->quit, on_quit_timer, 0., 0.);
	ev_timer_init(&u->partner, on_partner_timer, 0., 0.);
	u->retry.data = u->again.data = u->quit.data = u->partner.data = u;
	return u;
}

void
uplink_free(struct uplink *u)
{
	struct request *r;

	if (!u)
		return;
	recall_requests(u);
	while ((r = TAILQ_FIRST(&u->waiting))) {
		TAILQ_REMOVE(&u->waiting, r, link);
		free(r);
	}
	if (u->connected)
		stream_release(&u->stream);
	free(u);
}
