#include "session/uplink/uplink.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "core/name.h"
#include "session/control/client.h"
#include "session/messages/inbound.h"
#include "session/messages/outbound.h"
#include "session/uplink/endpoint.h"
#include "session/uplink/uplink_impl.h"

#define RETRY_MIN_MS 5U
#define OUTPUT_CAP (1024U * 1024U)

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

void
uplink_send(struct uplink *u, const struct upstream_message *m)
{
	uint8_t frame[FRAME_MAX];
	const size_t n = upstream_encode(m, frame, sizeof(frame));

	(void)stream_write(&u->stream, frame, n);
}

void
uplink_restart(struct uplink *u)
{
	log_error("the connection to the daemon is made anew: memory is short");
	stream_close(&u->stream, ENOMEM);
}

void
uplink_timer(struct uplink *u, ev_timer *w, uint32_t ms)
{
	if (ev_is_active(w))
		return;
	ev_timer_set(w, ms / 1000., 0.);
	ev_timer_start(u->session->loop, w);
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
	uplink_send(u, &m);
}

static void
greet(struct uplink *u)
{
	static const struct upstream_message hello = { .type = UPSTREAM_HELLO,
		.u.hello = { .magic = PROTOCOL_MAGIC, .version = PROTOCOL_VERSION } };

	u->state = GREETING;
	stream_cork(&u->stream);
	uplink_send(u, &hello);
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
	uplink_timer(u, &u->retry, u->pause_ms);
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
	pair_ended(s, ENDING_GONE);
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
	uplink_timer(u, &u->partner, welcome->u.welcome.grace_ms);
}

static void
on_welcome(struct uplink *u, const struct upstream_message *m)
{
	u->session->self = m->u.welcome.self;
	u->session->partner.last_end = m->u.welcome.last_end;
	u->state = SETTLING;
	u->paired_seen = false;
	await_partner(u, m);
	requests_cancel(u);
}

void
uplink_settled(struct uplink *u)
{
	struct session *s = u->session;

	u->state = READY;
	u->fresh = u->anew = u->complained = false;
	u->pause_ms = 0;
	if (!u->paired_seen && misses_partner(u))
		pair_lost(s);
	else if (!u->paired_seen)
		pair_ended(s, (enum ending)s->partner.last_end);
	session_logged_in(s);
	session_changed(s);
	requests_send(u);
}

/* ------------------------------------------------------------------------- what arrives */

static void
on_paired(struct uplink *u, const struct upstream_message *m)
{
	u->paired_seen = true;
	u->missed = 0;
	pair_paired(u->session, m, requests_asked_for(u, m->u.paired.peer.name));
	requests_paired(u, m->u.paired.peer.name);
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
			pair_ended(s, (enum ending)m->u.ended.ending);
		break;
	case UPSTREAM_LOST:
		if (m->u.link.pair == s->partner.pair)
			pair_lost(s);
		break;
	case UPSTREAM_BACK:
		if (m->u.link.pair == s->partner.pair)
			pair_back(s, m->u.link.epoch);
		break;
	case UPSTREAM_WAIT_OVER:
		requests_wait_over(u, (enum verdict)m->u.wait_over.verdict);
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
	else if (m.type == UPSTREAM_RESULT && u->state == GREETING)
		login_refused(u, (enum verdict)m.u.result.verdict);
	else if (m.type == UPSTREAM_RESULT)
		requests_result(u, (enum verdict)m.u.result.verdict);
	else if (m.type == UPSTREAM_WHO_PAGE)
		requests_who_page(u, f);
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

static void connect_now(struct uplink *u);

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
	requests_recall(u);
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
	char why[ENDPOINT_WHY];
	const int fd = endpoint_daemon(u->session, why);

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
uplink_start(struct uplink *u, bool fresh, unsigned wait_ms, char *words, size_t size)
{
	char why[ENDPOINT_WHY];
	const int fd = fresh ? endpoint_await(u->session, wait_ms, why) : endpoint_daemon(u->session, why);

	u->fresh = fresh;
	if (fd >= 0) {
		connected(u, fd);
		return VERDICT_OK;
	}
	if (!fresh || fd == -EAGAIN) {
		retry_later(u);
		return VERDICT_OK;
	}
	endpoint_words(u->session, fd, why, words, size);
	return VERDICT_NO_DAEMON;
}

struct uplink *
uplink_new(struct session *s)
{
	struct uplink *u = calloc(1, sizeof(*u));

	if (!u)
		return NULL;
	u->session = s;
	requests_init(u);
	ev_timer_init(&u->retry, on_retry, 0., 0.);
	ev_timer_init(&u->partner, on_partner_timer, 0., 0.);
	u->retry.data = u->partner.data = u;
	return u;
}

void
uplink_free(struct uplink *u)
{
	if (!u)
		return;
	requests_release(u);
	if (u->connected)
		stream_release(&u->stream);
	free(u);
}
