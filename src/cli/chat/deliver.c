#include "cli/chat/deliver.h"

#include <stdlib.h>
#include <string.h>

#include "cli/chat/conn.h"
#include "core/outbox.h"
#include "net/random.h"

struct said {
	char *text;
	uint32_t len;
	bool waited;
};

struct deliver {
	struct ev_loop *loop;
	struct link *link;
	const struct deliver_class *class;
	void *context;
	struct conn *conn;
	bool refused; /* by the receiver: the ids go on elsewhere, see outbox_restart() */
	ev_timer patience;
	struct outbox box;
	struct said line[WINDOW_MESSAGES]; /* by position in the outbox */
};

static struct said *
line_at(struct deliver *d, uint64_t position)
{
	return &d->line[position % WINDOW_MESSAGES];
}

/* Out of its place, which the next line may take at once: what is told of this one may lead to another being said. */
static struct said
take_line(struct deliver *d, uint64_t position)
{
	const struct said line = *line_at(d, position);

	*line_at(d, position) = (struct said){ .text = NULL };
	return line;
}

static void
settle(struct deliver *d, struct said line, enum verdict v)
{
	d->class->settled(d->context, line.text, line.len, line.waited, v);
	free(line.text);
}

static void
push(struct deliver *d)
{
	struct msg m = { .pair = d->box.pair, .epoch = d->box.gen };
	uint64_t index;

	while (d->conn && outbox_next(&d->box, &index, &m.id)) {
		const struct said *line = line_at(d, index);
		uint8_t frame[FRAME_HEADER + MSG_FIXED + MESSAGE_MAX];

		m.length = line->len;
		msg_encode_head(frame, &m);
		memcpy(frame + FRAME_HEADER + MSG_FIXED, line->text, line->len);
		conn_write(d->conn, frame, FRAME_HEADER + MSG_FIXED + line->len);
	}
}

static void
take_ack(struct deliver *d, const struct frame *f)
{
	struct ack a;
	enum verdict v;
	uint64_t position = d->box.acked;
	struct said line[WINDOW_MESSAGES];
	uint32_t gone;

	if (ack_decode(f, &a) < 0 || a.verdict == VERDICT_STALE)
		return;
	v = outbox_verdict(&d->box, a.verdict);
	gone = outbox_acked(&d->box, &a.first, a.count);
	d->refused = d->refused || a.verdict != VERDICT_OK;
	for (uint32_t i = 0; i < gone; i++)
		line[i] = take_line(d, position++);
	for (uint32_t i = 0; i < gone; i++)
		settle(d, line[i], v);
}

static void
take_notice(struct deliver *d, const struct frame *f)
{
	struct control_message m;

	if (control_decode(f, &m) < 0)
		return;
	switch (m.type) {
	case CONTROL_HELD:
		outbox_held(&d->box, m.u.way.pair, m.u.way.gen, m.u.way.forwarded);
		break;
	case CONTROL_READY:
		outbox_ready(&d->box, m.u.way.pair, m.u.way.gen);
		push(d);
		break;
	case CONTROL_ENDED:
		deliver_give_up(d, m.u.ended.verdict);
		break;
	default:
		break;
	}
}

static void
on_frame(void *owner, const struct frame *f)
{
	struct deliver *d = owner;

	if (f->type == FRAME_ACK)
		take_ack(d, f);
	else
		take_notice(d, f);
	if (outbox_empty(&d->box))
		ev_timer_stop(d->loop, &d->patience);
}

static void
on_lost(void *owner)
{
	struct deliver *d = owner;

	d->conn = NULL;
	outbox_disconnected(&d->box);
	d->class->lost(d->context);
}

static void
on_patience(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct deliver *d = w->data;

	(void)loop, (void)revents;
	for (uint64_t at = d->box.acked; at < d->box.added; at++) {
		struct said *line = line_at(d, at);

		if (line->waited)
			continue;
		line->waited = true;
		d->class->waits(d->context, line->text, line->len);
	}
}

struct deliver *
deliver_new(struct ev_loop *loop, struct link *link, uint64_t pair, const struct deliver_class *class, void *context)
{
	struct deliver *d = calloc(1, sizeof(*d));
	struct ident first;

	if (!d || random_ident(&first) < 0) {
		free(d);
		return NULL;
	}
	d->loop = loop;
	d->link = link;
	d->class = class;
	d->context = context;
	outbox_init(&d->box, &first);
	d->box.pair = pair;
	ev_timer_init(&d->patience, on_patience, DELIVER_PATIENCE, 0.);
	d->patience.data = d;
	return d;
}

void
deliver_free(struct deliver *d)
{
	if (!d)
		return;
	ev_timer_stop(d->loop, &d->patience);
	conn_close(d->conn);
	for (size_t i = 0; i < WINDOW_MESSAGES; i++)
		free(d->line[i].text);
	free(d);
}

bool
deliver_has_room(const struct deliver *d, size_t len)
{
	return window_has_room(&d->box.window, (uint32_t)len);
}

bool
deliver_say(struct deliver *d, const char *text, size_t len)
{
	char *copy = malloc(len);
	struct ident first;

	if (d->refused && outbox_empty(&d->box) && random_ident(&first) == 0) {
		outbox_restart(&d->box, &first);
		d->refused = false;
	}
	if (!copy || !outbox_add(&d->box, (uint32_t)len)) {
		free(copy);
		return false;
	}
	memcpy(copy, text, len);
	*line_at(d, d->box.added - 1) = (struct said){ .text = copy, .len = (uint32_t)len };
	if (!ev_is_active(&d->patience)) {
		ev_timer_set(&d->patience, DELIVER_PATIENCE, 0.);
		ev_timer_start(d->loop, &d->patience);
	}
	if (d->conn)
		push(d);
	else if (!deliver_reconnect(d))
		d->class->lost(d->context);
	return true;
}

size_t
deliver_pending(const struct deliver *d)
{
	return (size_t)(d->box.added - d->box.acked);
}

void
deliver_give_up(struct deliver *d, enum verdict why)
{
	while (!outbox_empty(&d->box)) {
		const enum verdict v = outbox_verdict(&d->box, why);
		const struct said line = take_line(d, d->box.acked);

		window_pop(&d->box.window, 1);
		d->box.acked++;
		if (d->box.sent < d->box.acked)
			d->box.sent = d->box.acked;
		settle(d, line, v);
	}
}

bool
deliver_reconnect(struct deliver *d)
{
	static const struct conn_class class = { on_frame, on_lost };

	if (d->conn || outbox_empty(&d->box))
		return true;
	d->conn = conn_open(d->loop, d->link, &class, d);
	push(d);
	return d->conn != NULL;
}

uint64_t
deliver_pair(const struct deliver *d)
{
	return d->box.pair;
}
