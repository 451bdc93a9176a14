#include "session/control/client.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/translate.h"
#include "net/closing.h"
#include "net/socket.h"
#include "proto/feature.h"
#include "proto/status.h"

#define OUTPUT_CAP (1024U * 1024U)
#define SMALL_FRAME 8192U

#define NOT_STORED N_("the rule could not be stored: the inbox cannot be written")

static struct control_client *
of_stream(struct stream *st)
{
	return container_of(st, struct control_client, stream);
}

/* ------------------------------------------------------------------------- answers */

/* The frame of n bytes, in one of the two. A process keeps each page that its stack ever had: a long one is not made there. */
static const uint8_t *
encode(const struct control_message *m, uint8_t small[SMALL_FRAME], uint8_t **large, size_t *n)
{
	if ((*n = control_encode(m, small, SMALL_FRAME)) > 0)
		return small;
	if ((*large = malloc(FRAME_MAX)))
		*n = control_encode(m, *large, FRAME_MAX);
	return *large;
}

void
control_client_send(struct control_client *c, const struct control_message *m)
{
	_cleanup_(freep) uint8_t *large = NULL;
	uint8_t small[SMALL_FRAME];
	size_t n;
	const uint8_t *frame = encode(m, small, &large, &n);

	if (frame)
		(void)stream_write(&c->stream, frame, n);
	else
		stream_close(&c->stream, ENOMEM);
}

void
control_client_bye(struct control_client *c, enum bye reason)
{
	const struct control_message m = { .type = CONTROL_BYE, .u.bye.reason = (uint8_t)reason };

	control_client_send(c, &m);
	stream_close(&c->stream, 0);
}

void
control_client_acked(struct control_client *c, const struct ack *a)
{
	uint8_t frame[FRAME_HEADER + ACK_BODY];

	ack_encode(frame, a);
	(void)stream_write(&c->stream, frame, sizeof(frame));
}

static void
update_pause(struct control_client *c)
{
	if (!c->throttled && !c->held_back)
		stream_resume(&c->stream);
}

void
control_client_go_on(struct control_client *c)
{
	if (!c->held_back || c->asking || c->reading)
		return;
	c->held_back = false;
	update_pause(c);
}

/* Its request was answered: what came behind it is looked at. */
static void
answered(struct control_client *c)
{
	c->asking = c->reading = false;
	control_client_go_on(c);
}

void
control_client_outcome(struct control_client *c, enum verdict v, const char *words)
{
	const enum verdict fit = feature_fit_verdict(c->features, v);
	struct control_message m = { .type = CONTROL_OUTCOME, .u.outcome.verdict = (uint8_t)fit };

	if (!words && fit != v)
		words = status_words(v);
	(void)snprintf(m.u.outcome.words, sizeof(m.u.outcome.words), "%s", words ? words : "");
	control_client_send(c, &m);
	answered(c);
}

void
control_client_queued(struct control_client *c)
{
	const struct control_message m = { .type = CONTROL_OUTCOME, .u.outcome.verdict = VERDICT_QUEUED };

	if (c->features & FEATURE_QUEUED)
		control_client_send(c, &m);
}

void
control_client_page(struct control_client *c, const struct frame *f)
{
	(void)stream_write(&c->stream, f->body - FRAME_HEADER, FRAME_HEADER + f->length);
	answered(c);
}

void
control_client_read_begin(struct control_client *c)
{
	stream_cork(&c->stream);
}

void
control_client_read_end(struct control_client *c, const struct control_message *end)
{
	if (end)
		control_client_send(c, end);
	stream_uncork(&c->stream);
	if (end)
		answered(c);
}

void
control_client_pass(struct control_client *c, const struct control_message *m, int fd, bool answer)
{
	_cleanup_(freep) uint8_t *large = NULL;
	uint8_t small[SMALL_FRAME];
	size_t n;
	const uint8_t *frame = encode(m, small, &large, &n);

	if (!frame || !stream_pass(&c->stream, frame, n, fd))
		stream_close(&c->stream, EAGAIN);
	else if (answer)
		answered(c);
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

/* A request of a command; the daemon, or time, may have to answer it. */
typedef void request_fn(struct control_client *c, const struct control_message *m);

static void
ask(struct control_client *c, const struct upstream_message *m)
{
	const char *words = m->type == UPSTREAM_QUIT ? NULL : c->class->hopeless(c->context);

	if (words) {
		control_client_outcome(c, VERDICT_NO_DAEMON, words);
		return;
	}
	c->asking = true;
	if (!c->class->ask(c->context, c->index, m))
		control_client_outcome(c, VERDICT_FAILED, N_("the session's helper is out of memory"));
}

/* What an older command cannot read is left out. */
static void
show(struct control_client *c, struct control_message *m)
{
	c->class->show(c->context, m);
	if (!(c->features & FEATURE_NOTES))
		m->u.state.notes = 0, m->u.state.notes_off = false;
	if (!(c->features & FEATURE_AWAY))
		m->u.state.away[0] = m->u.state.partner_away[0] = '\0';
}

static void
on_status(struct control_client *c, const struct control_message *m)
{
	struct control_message state = { .type = CONTROL_STATE };

	if (m->type == CONTROL_WATCH)
		c->watching = true;
	show(c, &state);
	control_client_send(c, &state);
}

static void
on_link(struct control_client *c, const struct control_message *m)
{
	const char *words = c->class->trouble(c->context);

	(void)m;
	control_client_outcome(c, words ? VERDICT_NO_DAEMON : VERDICT_OK, words);
}

static void
on_to(struct control_client *c, const struct control_message *m)
{
	struct upstream_message up = { .type = UPSTREAM_TO, .u.to.wait = m->u.to.wait };

	memcpy(up.u.to.name, m->u.to.name, sizeof(up.u.to.name));
	ask(c, &up);
}

static void
on_leave(struct control_client *c, const struct control_message *m)
{
	const struct upstream_message up = { .type = m->type == CONTROL_LEAVE ? UPSTREAM_LEAVE : UPSTREAM_QUIT };

	ask(c, &up);
}

static void
on_who(struct control_client *c, const struct control_message *m)
{
	const struct upstream_message up = { .type = UPSTREAM_WHO, .u.who.cursor = m->u.who.cursor };

	ask(c, &up);
}

static void
on_expect(struct control_client *c, const struct control_message *m)
{
	control_client_outcome(c, c->class->expect(c->context, c->index, m->u.expect.name), NULL);
}

static void
on_tell(struct control_client *c, const struct control_message *m)
{
	c->class->tell(c->context, c->index, &m->u.tell);
}

static void
on_note(struct control_client *c, const struct control_message *m)
{
	c->class->find_note(c->context, c->index, m->u.note.id);
}

static void
on_offer(struct control_client *c, const struct control_message *m)
{
	c->class->offer(c->context, c->index, &m->u.offer);
}

struct offers_page {
	struct control_client *client;
	uint32_t count;
};

static void
show_offer(const struct record *r, void *context)
{
	const struct control_message m = { .type = CONTROL_RECORD, .u.record = *r };
	struct offers_page *p = context;

	control_client_send(p->client, &m);
	p->count++;
}

static void
on_offers(struct control_client *c, const struct control_message *m)
{
	struct offers_page p = { .client = c };
	struct control_message end = { .type = CONTROL_READ_END };

	(void)m;
	stream_cork(&c->stream);
	c->class->offers(c->context, show_offer, &p);
	end.u.read_end.count = p.count;
	end.u.read_end.verdict = p.count > 0 ? VERDICT_OK : VERDICT_NOTHING;
	control_client_send(c, &end);
	stream_uncork(&c->stream);
}

static void
on_accept(struct control_client *c, const struct control_message *m)
{
	c->asking = true;
	c->class->accept(c->context, c->index, m->u.offered.number);
}

static void
on_decline(struct control_client *c, const struct control_message *m)
{
	control_client_outcome(c, c->class->decline(c->context, m->u.offered.number), NULL);
}

static void
on_read(struct control_client *c, const struct control_message *m)
{
	struct control_message read = *m;

	if (c->features & FEATURE_STREAMS)
		read.u.read.flags |= READ_OFFERS;
	if (c->features & FEATURE_FOLLOW)
		read.u.read.flags |= READ_FOLLOW;
	if (c->said)
		read.u.read.flags |= READ_ANSWER;
	c->reading = true;
	c->class->read(c->context, c->index, &read);
}

static void
on_done(struct control_client *c, const struct control_message *m)
{
	c->reading = true;
	c->class->done(c->context, c->index, m);
}

static void
on_rule(struct control_client *c, const struct control_message *m)
{
	const struct upstream_message up = { .type = UPSTREAM_POLICY };
	struct policy changed = c->state->policy;

	if (m->u.rule.notes != 0 && c->class->take_notes(c->context, m->u.rule.notes == 2) < 0) {
		control_client_outcome(c, VERDICT_FAILED, NOT_STORED);
		return;
	}
	if (m->u.rule.dnd != 0)
		changed.dnd = m->u.rule.dnd == 2;
	if (m->u.rule.has_rule && m->u.rule.remove) {
		policy_unblock(&changed, &m->u.rule.rule);
	} else if (m->u.rule.has_rule && !policy_add(&changed, &m->u.rule.rule)) {
		control_client_outcome(
		    c, VERDICT_LIMIT, N_("there are too many rules; remove some with: pchat unblock NAME"));
		return;
	}
	if (c->class->keep_rules(c->context, &changed) < 0)
		control_client_outcome(c, VERDICT_FAILED, NOT_STORED);
	else if (c->class->connected(c->context))
		ask(c, &up);
	else
		control_client_outcome(c, VERDICT_OK, NULL); /* it goes with the next login */
}

static void
on_away(struct control_client *c, const struct control_message *m)
{
	const struct upstream_message up = { .type = UPSTREAM_AWAY };
	const enum verdict v = c->class->keep_away(c->context, m->u.away.text);

	if (v != VERDICT_OK)
		control_client_outcome(c, v,
		    v == VERDICT_FAILED ? NOT_STORED
					: N_("the daemon is an older pchat, which tells nobody that you are away; it "
					     "has to be restarted"));
	else if (c->class->connected(c->context))
		ask(c, &up);
	else
		control_client_outcome(c, VERDICT_OK, NULL); /* it is told when the daemon is there again */
}

static void
on_policy(struct control_client *c, const struct control_message *m)
{
	const struct control_message rules = { .type = CONTROL_RULES, .u.policy = c->state->policy };

	(void)m;
	control_client_send(c, &rules);
}

static void
on_history(struct control_client *c, const struct control_message *m)
{
	if (m->type == CONTROL_FORGET && socket_is_left(c->stream.io.fd))
		return; /* whoever asked is gone: what has come since must not go with the rest */
	if (c->class->history(c->context, c->stream.io.fd, m) < 0)
		control_client_outcome(
		    c, VERDICT_FAILED, N_("the program that reads the history could not be started"));
	else
		stream_hand_over(&c->stream);
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
	{ CONTROL_TELL, on_tell },
	{ CONTROL_NOTE, on_note },
	{ CONTROL_OFFER, on_offer },
	{ CONTROL_OFFERS, on_offers },
	{ CONTROL_ACCEPT, on_accept },
	{ CONTROL_DECLINE, on_decline },
	{ CONTROL_READ, on_read },
	{ CONTROL_DONE, on_done },
	{ CONTROL_RULE, on_rule },
	{ CONTROL_POLICY, on_policy },
	{ CONTROL_AWAY, on_away },
	{ CONTROL_HISTORY, on_history },
	{ CONTROL_FORGET, on_history },
	{ CONTROL_LINK, on_link },
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
	else {
		c->greeted = true;
		c->features = m->u.hello.features;
	}
}

/* Whether it is about something that is kept in the inbox. */
static bool
is_stored(uint16_t type)
{
	return type == CONTROL_RULE || type == CONTROL_AWAY;
}

/* False: it has to wait until the request before it was answered, or until it can be stored. */
static bool
take_frame(struct control_client *c, const struct frame *f)
{
	struct control_message m;

	if (c->asking || c->reading || (is_stored(f->type) && c->class->held(c->context)))
		return false;
	if (control_decode(f, &m) < 0)
		control_client_bye(c, BYE_MALFORMED);
	else if (!c->greeted)
		take_hello(c, &m);
	else
		perform(c, &m);
	return true;
}

static void
hold_back(struct control_client *c)
{
	c->held_back = true;
	stream_pause(&c->stream);
}

/* Messages may go while a READ waits, but not past a request that may change who the partner is. */
static ssize_t
take_messages(struct control_client *c, uint8_t *data, size_t n)
{
	bool full = false;
	ssize_t used;

	if (!c->greeted || c->asking)
		return 0;
	if (c->stream.deaf) { /* who is not told of a message could not say what became of it */
		stream_close(&c->stream, EPIPE);
		return 0;
	}
	used = c->class->messages(c->context, c->index, data, n, &full);
	c->said |= used > 0;
	if (!full)
		return used;
	c->throttled = true;
	stream_pause(&c->stream);
	return used;
}

static ssize_t
on_input(struct stream *st, uint8_t *data, size_t n)
{
	struct control_client *c = of_stream(st);
	struct frame f;
	ssize_t used = 0;
	size_t at = 0;

	c->class->stirred(c->context);
	if (c->behind)
		control_client_tell_change(c);
	while (!st->dead && !st->paused) {
		if ((used = take_messages(c, data + at, n - at)) < 0)
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

	(void)error;
	c->class->closed(c->context, c->index);
	free(c);
}

static const struct stream_class client_stream = { .input = on_input, .closed = on_closed, .output_cap = OUTPUT_CAP };

void
control_client_free(struct control_client *c)
{
	if (!c)
		return;
	stream_release(&c->stream);
	free(c);
}

struct control_client *
control_client_new(const struct control_client_class *class, void *context, const struct state *state,
    struct ev_loop *loop, int fd, uint32_t index)
{
	struct control_client *c = calloc(1, sizeof(*c));

	if (!c) {
		closing_socket(loop, fd);
		return NULL;
	}
	c->class = class;
	c->context = context;
	c->state = state;
	c->index = index;
	stream_init(&c->stream, &client_stream, loop, fd);
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
	show(c, &m);
	control_client_send(c, &m);
}
