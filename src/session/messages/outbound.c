#include "session/messages/outbound.h"

#include "core/courier.h"
#include "proto/control.h"
#include "session/control/client.h"
#include "session/control/listener.h"
#include "session/mailbox/sentbox.h"
#include "session/mailbox/store.h"
#include "session/session.h"
#include "session/uplink/uplink.h"

struct outbound {
	struct session *session;
	bool throttled; /* somebody waits for room in the window */
	struct courier courier;
};

struct outbound *
outbound_new(struct session *s)
{
	struct outbound *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->session = s;
	courier_init(&o->courier);
	return o;
}

void
outbound_free(struct outbound *o)
{
	free(o);
}

void
outbound_attach(struct outbound *o, uint32_t slot)
{
	courier_attach(&o->courier, slot);
}

void
outbound_detach(struct outbound *o, uint32_t slot)
{
	courier_detach(&o->courier, slot);
}

/* ------------------------------------------------------------------------- to the command */

static void
tell_ack(struct control_client *c, const struct ident *first, uint32_t count, enum verdict v)
{
	const struct courier *courier = &c->session->outbound->courier;
	const struct ack a = {
		.pair = courier->client[c->slot].pair,
		.epoch = courier->client[c->slot].gen,
		.count = count,
		.first = *first,
		.verdict = (uint8_t)v,
	};
	uint8_t frame[FRAME_HEADER + ACK_BODY];

	ack_encode(frame, &a);
	(void)stream_write(&c->stream, frame, sizeof(frame));
}

static void
tell_way(struct control_client *c, enum control_type type, uint64_t pair, uint32_t gen, uint32_t forwarded)
{
	const struct control_message m = { .type = type,
		.u.way = { .pair = pair, .gen = gen, .forwarded = forwarded } };

	control_client_send(c, &m);
}

static void
tell_notices(struct outbound *o)
{
	struct courier_notice n;

	while (courier_notice(&o->courier, &n)) {
		struct control_client *c = listener_client(o->session->listener, n.client);
		const struct control_message ended = { .type = CONTROL_ENDED, .u.ended.verdict = (uint8_t)n.why };

		if (!c)
			continue;
		if (n.tell == COURIER_TELL_ENDED)
			control_client_send(c, &ended);
		else
			tell_way(
			    c, n.tell == COURIER_TELL_HELD ? CONTROL_HELD : CONTROL_READY, n.pair, n.gen, n.forwarded);
	}
}

/* ------------------------------------------------------------------------- to the partner */

static enum courier_answer
offer(struct outbound *o, struct control_client *c, const struct msg *m, enum verdict *why)
{
	enum courier_answer answer;

	if (m->length == 0 || m->length > MESSAGE_MAX) {
		*why = m->length == 0 ? VERDICT_EMPTY : VERDICT_TOO_LONG;
		return COURIER_REFUSE;
	}
	answer = courier_offer(&o->courier, c->slot, m->pair, m->epoch, &m->id, m->length, why);
	tell_notices(o);
	return answer;
}

static void
throttle(struct outbound *o, struct control_client *c)
{
	o->throttled = true;
	c->throttled = true;
	stream_pause(&c->stream);
}

/* Frames that stand side by side and go upstream are one run of bytes, written with one call. */
ssize_t
outbound_frames(struct outbound *o, struct control_client *c, uint8_t *data, size_t n)
{
	size_t begin = 0, end = 0;
	ssize_t used;
	struct frame f;
	struct msg m;

	while (!c->throttled && (used = frame_parse(data + end, n - end, &f)) > 0 && f.type == FRAME_MSG) {
		enum courier_answer answer;
		enum verdict why = VERDICT_OK;

		if (msg_decode(&f, &m) < 0)
			return -1;
		answer = offer(o, c, &m, &why);
		if (answer == COURIER_FORWARD) {
			msg_patch(data + end, o->courier.pair, o->courier.epoch);
			sentbox_forwarded(o->session->sentbox, &m);
			end += (size_t)used;
			continue;
		}
		if (end > begin)
			uplink_write(o->session->uplink, data + begin, end - begin);
		begin = end;
		if (answer == COURIER_WAIT) {
			throttle(o, c);
			break;
		}
		if (answer == COURIER_REFUSE)
			tell_ack(c, &m.id, 1, why);
		begin = end += (size_t)used;
	}
	if (end > begin)
		uplink_write(o->session->uplink, data + begin, end - begin);
	return (ssize_t)end;
}

/* ------------------------------------------------------------------------- and back */

static void
unthrottle(struct outbound *o)
{
	if (!o->throttled)
		return;
	o->throttled = false;
	listener_each(o->session->listener, control_client_unthrottle);
}

void
outbound_ack(struct outbound *o, struct ack *a)
{
	const struct session *s = o->session;
	const uint32_t before = o->courier.window.count;
	const struct ident acked = a->first;
	struct ident first;
	uint32_t client, count;

	while (courier_ack(&o->courier, a->pair, a->epoch, &a->first, &a->count, &client, &first, &count)) {
		struct control_client *c = listener_client(s->listener, client);
		const struct ident next = ident_add(&first, count);

		if (a->verdict != VERDICT_OK)
			courier_refused(&o->courier, client, &next, (enum verdict)a->verdict);
		if (c)
			tell_ack(c, &first, count, (enum verdict)a->verdict);
	}
	count = before - o->courier.window.count;
	if (count == 0)
		return;
	unthrottle(o);
	sentbox_acked(
	    s->sentbox, &acked, count, a->verdict == VERDICT_OK ? &s->partner.peer : NULL, store_newest(s->store));
}

/* ------------------------------------------------------------------------- the way */

static void
way_changed(struct outbound *o)
{
	if (o->courier.window.count == 0) {
		sentbox_forget(o->session->sentbox);
		unthrottle(o);
	}
	tell_notices(o);
}

void
outbound_paired(struct outbound *o, uint64_t pair, uint32_t epoch, bool online)
{
	courier_paired(&o->courier, pair, epoch, online, o->session->partner.peer.name);
	way_changed(o);
}

void
outbound_remember(struct outbound *o, uint64_t pair, const char *partner)
{
	courier_remember(&o->courier, pair, partner);
}

enum verdict
outbound_expect(struct outbound *o, uint32_t slot, const char *name)
{
	return courier_expect(&o->courier, slot, name);
}

void
outbound_blocked(struct outbound *o)
{
	courier_blocked(&o->courier);
	way_changed(o);
}

void
outbound_ended(struct outbound *o, enum ending how)
{
	courier_ended(&o->courier, how);
	way_changed(o);
}

void
outbound_left(struct outbound *o)
{
	courier_left(&o->courier);
	way_changed(o);
}
