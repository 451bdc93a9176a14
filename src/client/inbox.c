#include "client/inbox.h"

#include <stdlib.h>

#include "client/conn.h"
#include "proto/feature.h"

#define BATCH 64U /* records at once: between two batches the keyboard has its turn */

struct inbox {
	struct ev_loop *loop;
	struct link *link;
	const struct inbox_class *class;
	void *context;
	struct conn *conn;
	uint64_t seen; /* id of the latest record shown: a helper that was started anew may give it again */
	uint64_t last; /* of the batch, shown: 0: none */
	bool plain;    /* the helper is an older one */
	bool follow;   /* if the helper can */
	bool follows;  /* it does */
	bool beyond;   /* of this batch, a record that is not part of what was there at the start */
	uint64_t start, said;
	bool held;     /* its first batch is not to be shown yet, */
	bool ready;    /* and is there: `end` ended it */
	bool listened; /* class->listens() was called */
	struct control_message end;
	bool caught_up, over;
};

static void
ask(struct inbox *in)
{
	struct control_message m = { .type = CONTROL_READ,
		.u.read = { .flags = (in->caught_up ? READ_WAIT : 0) | (in->plain ? 0 : READ_NOTES), .limit = BATCH } };

	if (in->follow && in->caught_up)
		m.u.read.after = in->seen > in->start ? in->seen : in->start;
	in->last = 0;
	in->beyond = false;
	conn_request(in->conn, &m);
}

static void
finish(struct inbox *in, enum verdict v)
{
	in->over = true;
	conn_close(in->conn);
	in->conn = NULL;
	in->class->over(in->context, v);
}

/* All of a batch was given: it is shown, then marked, and the next one is asked for. */
static void
settle(struct inbox *in, const struct control_message *m)
{
	const struct control_message done = { .type = CONTROL_DONE,
		.u.done.last = in->beyond ? in->last : m->u.read_end.last };

	if (in->class->shown(in->context) < 0) {
		finish(in, VERDICT_OUTPUT);
		return;
	}
	if (done.u.done.last > 0)
		conn_request(in->conn, &done);
	if ((!m->u.read_end.more || in->beyond) && !in->caught_up) {
		in->caught_up = true;
		in->class->caught_up(in->context);
	}
	if (in->conn)
		ask(in);
}

static void
batch_end(struct inbox *in, const struct control_message *m)
{
	const enum verdict v = m->u.read_end.verdict;
	const bool first = !in->listened;

	if (v != VERDICT_OK && v != VERDICT_NOTHING) {
		finish(in, v);
	} else if (in->held) {
		in->end = *m;
		in->ready = in->listened = true;
		if (first)
			in->class->listens(in->context, m->u.read_end.more && !in->beyond);
	} else {
		settle(in, m);
	}
}

/* What came since the start is asked for anew, as it may have been read meanwhile. */
static void
take_record(struct inbox *in, const struct record *r)
{
	if (r->own) {
		in->class->said(in->context, r, in->said > 0 && r->id > in->said ? r->id - in->said - 1 : 0);
		in->said = r->id;
	} else if (in->follow && !in->caught_up && r->id > in->start) {
		in->beyond = true;
	} else {
		in->last = r->id;
		if (r->id > in->seen) {
			in->seen = r->id;
			in->class->record(in->context, r);
		}
	}
}

static void
on_frame(void *owner, const struct frame *f)
{
	struct inbox *in = owner;
	struct control_message m;

	if (control_decode(f, &m) < 0)
		return;
	if (m.type == CONTROL_RECORD) {
		take_record(in, &m.u.record);
	} else if (m.type == CONTROL_READ_END) {
		in->follows = m.u.read_end.follows;
		batch_end(in, &m);
	} else if (m.type == CONTROL_BYE && m.u.bye.reason == BYE_MALFORMED) {
		in->plain = true; /* it takes a HELLO that names features for a broken one */
	}
}

static void
on_lost(void *owner)
{
	struct inbox *in = owner;

	in->conn = NULL;
	in->follows = in->ready = false;
	in->said = 0;
	in->class->lost(in->context);
}

struct inbox *
inbox_new(struct ev_loop *loop, struct link *link, const struct inbox_class *class, void *context)
{
	struct inbox *in = calloc(1, sizeof(*in));

	if (in)
		*in = (struct inbox){ .loop = loop, .link = link, .class = class, .context = context };
	return in;
}

void
inbox_free(struct inbox *in)
{
	if (!in)
		return;
	conn_close(in->conn);
	free(in);
}

void
inbox_follow(struct inbox *in, uint64_t newest)
{
	in->follow = true;
	in->start = newest;
}

void
inbox_hold(struct inbox *in)
{
	in->held = true;
}

void
inbox_go_on(struct inbox *in)
{
	if (!in->held)
		return;
	in->held = false;
	if (in->ready && in->conn)
		settle(in, &in->end);
}

bool
inbox_follows(const struct inbox *in)
{
	return in->conn && in->follows;
}

bool
inbox_reconnect(struct inbox *in)
{
	static const struct conn_class class = { on_frame, on_lost };

	if (in->conn || in->over)
		return true;
	in->link->features = in->plain ? 0 : FEATURE_NOTES | FEATURE_STREAMS | (in->follow ? FEATURE_FOLLOW : 0);
	in->conn = conn_open(in->loop, in->link, &class, in);
	in->link->features = 0; /* others on this link want no notes */
	if (in->conn)
		ask(in);
	return in->conn != NULL;
}
