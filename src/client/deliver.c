#include "client/deliver.h"

#include <stdlib.h>
#include <string.h>

#include "client/conn.h"
#include "client/outgoing.h"
#include "net/random.h"

struct deliver {
	struct ev_loop *loop;
	struct link *link;
	const struct deliver_class *class;
	void *context;
	struct conn *conn;
	bool refused; /* by the receiver: the ids go on elsewhere, see outgoing_restart() */
	ev_timer patience;
	uint64_t waited; /* lines below this position were told to take their time */
	uint64_t at;     /* position of the oldest line that is not settled */
	struct outgoing out;
};

/* The oldest one, out of its place first: what is told of it may lead to another being said. */
static void
settle(struct deliver *d, enum verdict v)
{
	char line[MESSAGE_MAX];
	const uint8_t *body;
	const uint32_t len = outgoing_oldest(&d->out, &body);
	const struct deliver_line said = { line, len, outgoing_oldest_id(&d->out), d->at < d->waited };

	memcpy(line, body, len);
	outgoing_drop(&d->out);
	d->at++;
	d->class->settled(d->context, &said, v);
}

/* All of it at once: the stream keeps what cannot be written yet. */
static void
push(struct deliver *d)
{
	const uint8_t *data;
	size_t n;

	while (d->conn && (n = outgoing_output(&d->out, &data)) > 0) {
		conn_write(d->conn, data, n);
		outgoing_wrote(&d->out, n);
	}
}

static void
on_frame(void *owner, const struct frame *f)
{
	struct deliver *d = owner;

	enum verdict v = VERDICT_OK;
	uint32_t count;

	switch (outgoing_take(&d->out, f, &v, &count)) {
	case OUTGOING_SETTLED:
		d->refused = d->refused || v != VERDICT_OK;
		for (; count > 0; count--)
			settle(d, v);
		break;
	case OUTGOING_STOPPED:
		deliver_give_up(d, v);
		break;
	default:
		break;
	}
	push(d);
	if (outbox_empty(&d->out.box))
		ev_timer_stop(d->loop, &d->patience);
}

static void
on_lost(void *owner)
{
	struct deliver *d = owner;

	d->conn = NULL;
	outgoing_lost(&d->out, true);
	d->class->lost(d->context);
}

static void
on_patience(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct deliver *d = w->data;

	(void)loop, (void)revents;
	d->waited = d->waited < d->at ? d->at : d->waited;
	while (d->waited < d->at + deliver_pending(d)) {
		const uint8_t *body;
		const uint32_t len = outgoing_nth(&d->out, d->waited - d->at, &body);

		d->waited++;
		d->class->waits(d->context, (const char *)body, len);
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
	outgoing_init(&d->out, &first);
	d->out.box.pair = pair;
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
	free(d);
}

/* All that was under way is refused; then a line waits for new ids, and those for the last refusal to be told. */
static bool
is_over(const struct deliver *d)
{
	return d->refused && deliver_pending(d) == 0;
}

bool
deliver_has_room(const struct deliver *d, size_t len)
{
	return !(is_over(d) && d->out.settled > 0) && outgoing_has_room(&d->out, (uint32_t)len);
}

bool
deliver_say(struct deliver *d, const char *text, size_t len)
{
	struct ident first;

	if (!deliver_has_room(d, len))
		return false;
	if (is_over(d) && random_ident(&first) == 0) {
		outgoing_restart(&d->out, &first);
		d->refused = false;
	}
	if (!outgoing_add(&d->out, (const uint8_t *)text, (uint32_t)len))
		return false;
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
	return (size_t)(d->out.box.added - d->out.box.acked);
}

bool
deliver_has(const struct deliver *d, const struct ident *id, bool *waited)
{
	const struct ident oldest = outgoing_oldest_id(&d->out);
	uint64_t n;

	if (!ident_distance(&oldest, id, &n) || n >= deliver_pending(d) + d->out.settled)
		return false;
	*waited = d->at + n < d->waited;
	return true;
}

void
deliver_give_up(struct deliver *d, enum verdict why)
{
	while (deliver_pending(d) > 0)
		settle(d, outbox_verdict(&d->out.box, why));
}

bool
deliver_reconnect(struct deliver *d)
{
	static const struct conn_class class = { on_frame, on_lost };

	if (d->conn || deliver_pending(d) == 0)
		return true;
	d->conn = conn_open(d->loop, d->link, &class, d);
	push(d);
	return d->conn != NULL;
}

uint64_t
deliver_pair(const struct deliver *d)
{
	return d->out.box.pair;
}
