#include "session/control/client.h"

#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "session/control/listener.h"
#include "session/control/reading.h"
#include "session/history/history_spawn.h"
#include "session/mailbox/store.h"
#include "session/messages/inbound.h"
#include "session/messages/outbound.h"
#include "session/session.h"
#include "session/uplink/uplink.h"

#define OUTPUT_CAP (1024U * 1024U)

static struct control_client *
of_stream(struct stream *st)
{
	return (struct control_client *)((char *)st - offsetof(struct control_client, stream));
}

/* ------------------------------------------------------------------------- answers */

void
control_client_send(struct control_client *c, const struct control_message *m)
{
	uint8_t frame[FRAME_MAX];
	const size_t n = control_encode(m, frame, sizeof(frame));

	(void)stream_write(&c->stream, frame, n);
}

void
control_client_bye(struct control_client *c, enum bye reason)
{
	const struct control_message m = { .type = CONTROL_BYE, .u.bye.reason = (uint8_t)reason };

	control_client_send(c, &m);
	stream_close(&c->stream, 0);
}

void
control_client_outcome(struct control_client *c, enum verdict v, const char *words)
{
	struct control_message m = { .type = CONTROL_OUTCOME, .u.outcome.verdict = (uint8_t)v };

	(void)snprintf(m.u.outcome.words, sizeof(m.u.outcome.words), "%s", words ? words : "");
	control_client_send(c, &m);
	control_client_answered(c);
}

static void
update_pause(struct control_client *c)
{
	if (!c->throttled && !c->held_back)
		stream_resume(&c->stream);
}

void
control_client_answered(struct control_client *c)
{
	if (!c->held_back)
		return;
	c->held_back = false;
	update_pause(c);
}

void
control_client_unthrottle(struct control_client *c)
{
	if (!c->throttled)
		return;
	c->throttled = false;
	update_pause(c);
}

/* ------------------------------------------------------------------------- requests */

/* A request of a client; the daemon, or time, may have to answer it. */
typedef void request_fn(struct control_client *c, const struct control_message *m);

static void
on_status(struct control_client *c, const struct control_message *m)
{
	struct control_message state = { .type = CONTROL_STATE };

	if (m->type == CONTROL_WATCH)
		c->watching = true;
	session_state(c->session, &state);
	control_client_send(c, &state);
}

static void
on_to(struct control_client *c, const struct control_message *m)
{
	static struct upstream_message up = { .type = UPSTREAM_TO };

	memcpy(up.u.to.name, m->u.to.name, sizeof(up.u.to.name));
	up.u.to.wait = m->u.to.wait;
	uplink_ask(c->session->uplink, c, &up);
}

static void
on_leave(struct control_client *c, const struct control_message *m)
{
	const struct upstream_message up = { .type = m->type == CONTROL_LEAVE ? UPSTREAM_LEAVE : UPSTREAM_QUIT };

	uplink_ask(c->session->uplink, c, &up);
}

static void
on_who(struct control_client *c, const struct control_message *m)
{
	const struct upstream_message up = { .type = UPSTREAM_WHO, .u.who.cursor = m->u.who.cursor };

	uplink_ask(c->session->uplink, c, &up);
}

static void
on_expect(struct control_client *c, const struct control_message *m)
{
	control_client_outcome(c, outbound_expect(c->session->outbound, c->slot, m->u.expect.name), NULL);
}

static void
on_read(struct control_client *c, const struct control_message *m)
{
	reading_read(c->session->reading, c, m);
}

static void
on_done(struct control_client *c, const struct control_message *m)
{
	reading_done(c->session->reading, c, m);
}

static void
on_rule(struct control_client *c, const struct control_message *m)
{
	const struct upstream_message up = { .type = UPSTREAM_POLICY };
	struct session *s = c->session;
	struct policy changed = s->policy;

	if (m->u.rule.dnd != 0)
		changed.dnd = m->u.rule.dnd == 2;
	if (m->u.rule.has_rule && m->u.rule.remove) {
		policy_unblock(&changed, &m->u.rule.rule);
	} else if (m->u.rule.has_rule && !policy_add(&changed, &m->u.rule.rule)) {
		control_client_outcome(
		    c, VERDICT_LIMIT, "that is one rule too many; take some back with: pchat unblock NAME");
		return;
	}
	if (session_keep_policy(s, &changed) < 0) {
		control_client_outcome(c, VERDICT_FAILED, "the rule could not be stored: the inbox cannot be written");
		return;
	}
	if (uplink_ready(s->uplink))
		uplink_ask(s->uplink, c, &up);
	else
		control_client_outcome(c, VERDICT_OK, NULL); /* it goes with the next login */
}

static void
on_policy(struct control_client *c, const struct control_message *m)
{
	const struct control_message rules = { .type = CONTROL_RULES, .u.policy = c->session->policy };

	(void)m;
	control_client_send(c, &rules);
}

static void
on_history(struct control_client *c, const struct control_message *m)
{
	const int r = history_spawn(c->session, c, m);

	if (r < 0)
		control_client_outcome(c, VERDICT_FAILED, "the program that reads the history could not be started");
	else
		stream_close(&c->stream, 0); /* it is the other program's now */
}

static const struct {
	enum control_type type;
	request_fn *fn;
} requests[] = {
	{ CONTROL_STATUS, on_status },
	{ CONTROL_WATCH, on_status },
	{ CONTROL_TO, on_to },
	{ CONTROL_LEAVE, on_leave },
	{ CONTROL_QUIT, on_leave },
	{ CONTROL_WHO, on_who },
	{ CONTROL_EXPECT, on_expect },
	{ CONTROL_READ, on_read },
	{ CONTROL_DONE, on_done },
	{ CONTROL_RULE, on_rule },
	{ CONTROL_POLICY, on_policy },
	{ CONTROL_HISTORY, on_history },
};

static void
perform(struct control_client *c, const struct control_message *m)
{
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		if (requests[i].type == m->type) {
			requests[i].fn(c, m);
			return;
		}
	}
	control_client_bye(c, BYE_MALFORMED);
}

/* ------------------------------------------------------------------------- input */

static void
take_hello(struct control_client *c, const struct control_message *m)
{
	if (m->type != CONTROL_HELLO || m->u.hello.magic != PROTOCOL_MAGIC)
		control_client_bye(c, BYE_MALFORMED);
	else if (m->u.hello.version != PROTOCOL_VERSION)
		control_client_bye(c, BYE_VERSION);
	else
		c->greeted = true;
}

/* False: it has to wait until the request before it was answered. */
static bool
take_frame(struct control_client *c, const struct frame *f)
{
	static struct control_message m;

	if (c->request || c->reading)
		return false;
	if (control_decode(f, &m) < 0)
		control_client_bye(c, BYE_MALFORMED);
	else if (!c->greeted)
		take_hello(c, &m);
	else
		perform(c, &m);
	return true;
}

/* Messages may go while a READ waits, but not past a request that may change who the partner is. */
static bool
may_send(const struct control_client *c)
{
	return c->greeted && !c->request;
}

static void
hold_back(struct control_client *c)
{
	c->held_back = true;
	stream_pause(&c->stream);
}

static ssize_t
on_input(struct stream *st, uint8_t *data, size_t n)
{
	struct control_client *c = of_stream(st);
	struct frame f;
	ssize_t used = 0;
	size_t at = 0;

	session_stir(c->session);
	if (c->behind)
		control_client_tell_change(c);
	while (!st->dead && !st->paused) {
		used = may_send(c) ? outbound_frames(c->session->outbound, c, data + at, n - at) : 0;
		if (used < 0)
			break;
		at += (size_t)used;
		if (st->paused || (used = frame_parse(data + at, n - at, &f)) <= 0)
			break;
		if (take_frame(c, &f))
			at += (size_t)used;
		else
			hold_back(c);
	}
	if (st->dead || used >= 0)
		return (ssize_t)at;
	control_client_bye(c, BYE_MALFORMED);
	return -1;
}

static void
on_closed(struct stream *st, int error)
{
	struct control_client *c = of_stream(st);
	struct session *s = c->session;

	(void)error;
	listener_forget(s->listener, c->slot);
	outbound_detach(s->outbound, c->slot);
	uplink_forget(s->uplink, c);
	reading_forget(s->reading, c);
	free(c);
}

static const struct stream_class control_client_class = {
	.input = on_input, .closed = on_closed, .output_cap = OUTPUT_CAP
};

void
control_client_free(struct control_client *c)
{
	if (!c)
		return;
	stream_release(&c->stream);
	free(c);
}

struct control_client *
control_client_new(struct session *s, int fd, uint32_t slot)
{
	struct control_client *c = calloc(1, sizeof(*c));

	if (!c) {
		(void)close(fd);
		return NULL;
	}
	c->session = s;
	c->slot = slot;
	stream_init(&c->stream, &control_client_class, s->loop, fd);
	outbound_attach(s->outbound, slot);
	return c;
}

/* ------------------------------------------------------------------------- who watches */

/* One that does not read what it was told is told no more until it does: it wants the latest, not all. */
static bool
takes_nothing(struct control_client *c)
{
	int unread = 0;

	return stream_pending(&c->stream) > 0 || (ioctl(c->stream.io.fd, SIOCOUTQ, &unread) == 0 && unread > 16384);
}

void
control_client_tell_change(struct control_client *c)
{
	struct control_message m = { .type = CONTROL_CHANGED };

	if (!c->watching)
		return;
	c->behind = takes_nothing(c);
	if (c->behind)
		return;
	session_state(c->session, &m);
	control_client_send(c, &m);
}
