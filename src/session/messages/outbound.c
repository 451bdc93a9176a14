#include "session/messages/outbound.h"

#include "core/answer.h"
#include "core/courier.h"

struct outbound {
	const struct outbound_class *class;
	void *context;
	bool full;  /* somebody waits for room in the window */
	bool tells; /* see outbound_tells() */
	struct courier courier;
};

struct outbound *
outbound_new(const struct outbound_class *class, void *context)
{
	struct outbound *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->class = class;
	o->context = context;
	return o;
}

void
outbound_free(struct outbound *o)
{
	free(o);
}

void
outbound_attach(struct outbound *o, uint32_t client)
{
	courier_attach(&o->courier, client);
}

void
outbound_detach(struct outbound *o, uint32_t client)
{
	courier_detach(&o->courier, client);
}

/* ------------------------------------------------------------------------- to the command */

static void
tell_ack(struct outbound *o, uint32_t client, const struct ident *first, uint32_t count, enum verdict v)
{
	const struct courier_client *c = &o->courier.client[client];
	const struct ack a = {
		.pair = c->pair,
		.epoch = c->gen,
		.count = count,
		.first = *first,
		.verdict = (uint8_t)v,
	};

	o->class->acked(o->context, client, &a);
}

static void
tell_notices(struct outbound *o)
{
	struct courier_notice n;

	while (courier_notice(&o->courier, &n)) {
		struct control_message m = { .type = n.tell == COURIER_TELL_HELD ? CONTROL_HELD : CONTROL_READY,
			.u.route = { .pair = n.pair, .gen = n.gen, .forwarded = n.forwarded } };

		if (n.tell == COURIER_TELL_ENDED)
			m = (struct control_message){ .type = CONTROL_ENDED, .u.ended.verdict = (uint8_t)n.why };
		o->class->notify(o->context, n.client, &m);
	}
}

/* ------------------------------------------------------------------------- to the partner */

static enum courier_answer
offer(struct outbound *o, uint32_t client, const struct msg *m, enum verdict *why)
{
	enum courier_answer answer;

	if (m->length == 0 || m->length > MESSAGE_MAX) {
		*why = m->length == 0 ? VERDICT_EMPTY : VERDICT_TOO_LONG;
		return COURIER_REFUSE;
	}
	answer = courier_offer(&o->courier, client, m->pair, m->epoch, &m->id, m->length, why);
	tell_notices(o);
	return answer;
}

/* Frames that stand side by side and go upstream are one run of bytes, sent with one call. */
ssize_t
outbound_frames(struct outbound *o, uint32_t client, uint8_t *data, size_t n, bool *full)
{
	const bool may_go = o->class->may_go(o->context);
	size_t begin = 0, end = 0;
	ssize_t used;
	struct frame f;
	struct msg m;

	*full = false;
	while ((used = frame_parse(data + end, n - end, &f)) > 0 && f.type == FRAME_MSG) {
		enum courier_answer answer;
		enum verdict why = VERDICT_OK;

		if (msg_decode(&f, &m) < 0)
			return -1;
		answer = may_go ? offer(o, client, &m, &why) : COURIER_WAIT;
		if (answer == COURIER_FORWARD) {
			msg_patch(data + end, o->courier.pair, o->courier.epoch, o->tells ? o->courier.behind : 0);
			o->class->sent(o->context, &m);
			end += (size_t)used;
			continue;
		}
		if (end > begin)
			o->class->send(o->context, data + begin, end - begin);
		begin = end;
		if (answer == COURIER_WAIT) {
			*full = o->full = true;
			break;
		}
		if (answer == COURIER_REFUSE)
			tell_ack(o, client, &m.id, 1, why);
		begin = end += (size_t)used;
	}
	if (end > begin)
		o->class->send(o->context, data + begin, end - begin);
	return (ssize_t)end;
}

void
outbound_tells(struct outbound *o, bool tells)
{
	o->tells = tells;
}

/* ------------------------------------------------------------------------- and back */

static void
give_room(struct outbound *o)
{
	if (!o->full)
		return;
	o->full = false;
	o->class->room(o->context);
}

void
outbound_go_on(struct outbound *o)
{
	give_room(o);
}

void
outbound_ack(struct outbound *o, const struct ack *a)
{
	const uint32_t before = o->courier.window.count;
	const enum verdict v = answer_to_message((enum verdict)a->verdict);
	struct ident left = a->first, first;
	uint32_t client, count, answered = a->count;

	while (courier_ack(&o->courier, a->pair, a->epoch, &left, &answered, &client, &first, &count)) {
		const struct ident next = ident_add(&first, count);

		if (v != VERDICT_OK)
			courier_refused(&o->courier, client, &next, v);
		tell_ack(o, client, &first, count, v);
	}
	count = before - o->courier.window.count;
	if (count == 0)
		return;
	give_room(o);
	o->class->answered(o->context, &a->first, count, v == VERDICT_OK);
}

/* ------------------------------------------------------------------------- the pair */

enum verdict
outbound_expect(struct outbound *o, uint32_t client, const char *name)
{
	return courier_expect(&o->courier, client, name);
}

void
outbound_remember(struct outbound *o, uint64_t pair, const char *partner)
{
	courier_remember(&o->courier, pair, partner);
}

static void
changed(struct outbound *o)
{
	if (o->courier.window.count == 0) {
		o->class->forget(o->context);
		give_room(o);
	}
	tell_notices(o);
}

void
outbound_paired(struct outbound *o, uint64_t pair, uint32_t epoch, bool online, const char *partner)
{
	courier_paired(&o->courier, pair, epoch, online, partner);
	changed(o);
}

void
outbound_blocked(struct outbound *o)
{
	courier_blocked(&o->courier);
	changed(o);
}

void
outbound_ended(struct outbound *o, enum ending how)
{
	courier_ended(&o->courier, how);
	changed(o);
}

void
outbound_left(struct outbound *o)
{
	courier_left(&o->courier);
	changed(o);
}
