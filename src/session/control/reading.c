#include "session/control/reading.h"

#include <string.h>
#include <sys/queue.h>

#include "base/log.h"
#include "session/control/client.h"
#include "session/mailbox/store.h"
#include "session/session.h"

#define BATCH_BYTES (192U * 1024U)

TAILQ_HEAD(control_client_list, control_client);

struct reading {
	struct session *session;
	struct control_client *lease;       /* whose records are out, not yet done */
	struct control_client_list waiting; /* READ, not yet answered, in order */
};

/* One answer in the making. */
struct batch {
	struct control_client *client;
	uint32_t count, limit;
	size_t bytes;
	uint64_t last;
	bool more;
};

struct reading *
reading_new(struct session *s)
{
	struct reading *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->session = s;
	TAILQ_INIT(&r->waiting);
	return r;
}

void
reading_free(struct reading *r)
{
	free(r);
}

static bool
add_record(const struct record *record, void *context)
{
	struct control_message m = { .type = CONTROL_RECORD, .u.record = *record };
	struct batch *b = context;

	if (b->count > 0 && (b->count == b->limit || b->bytes + record->length > BATCH_BYTES)) {
		b->more = true;
		return false;
	}
	control_client_send(b->client, &m);
	b->bytes += record->length + 128;
	b->count++;
	b->last = record->id;
	return true;
}

static void
answer(struct control_client *c, const struct batch *b, enum verdict v)
{
	const struct control_message m = {
		.type = CONTROL_READ_END,
		.u.read_end = { .count = b->count, .more = b->more, .last = b->last, .verdict = (uint8_t)v },
	};

	c->reading = false;
	control_client_send(c, &m);
	stream_uncork(&c->stream);
	control_client_answered(c);
}

static bool
peeks(const struct control_client *c)
{
	return c->read.flags & READ_PEEK;
}

/* Answers a client whose turn it is; false when it goes on waiting for a record. */
static bool
serve(struct reading *r, struct control_client *c)
{
	struct batch b = { .client = c, .limit = c->read.limit ? c->read.limit : UINT32_MAX };
	int failure;

	stream_cork(&c->stream);
	failure = store_read(r->session->store, c->read.after, c->read.flags & READ_MESSAGES, add_record, &b);
	if (failure < 0) {
		log_error("cannot read the inbox: %s", strerror(-failure));
		b.last = 0;
		answer(c, &b, VERDICT_STORAGE);
		session_damaged(r->session, failure);
		return true;
	}
	if (b.count > 0 && !peeks(c))
		r->lease = c;
	if (b.count == 0 && (c->read.flags & READ_WAIT)) {
		stream_uncork(&c->stream);
		return false;
	}
	answer(c, &b, b.count > 0 ? VERDICT_OK : VERDICT_NOTHING);
	return true;
}

/* One that waits for an answer of its own (ask) comes before those that read whatever there is. */
static bool
is_particular(const struct control_client *c)
{
	return c->read.after > 0 && (c->read.flags & READ_WAIT);
}

static void
serve_some(struct reading *r, bool particular)
{
	struct control_client *c, *next;

	for (c = TAILQ_FIRST(&r->waiting); c; c = next) {
		next = TAILQ_NEXT(c, read_link);
		if (is_particular(c) != particular || (r->lease && !peeks(c)))
			continue;
		if (serve(r, c))
			TAILQ_REMOVE(&r->waiting, c, read_link);
	}
}

void
reading_wake(struct reading *r)
{
	serve_some(r, true);
	serve_some(r, false);
}

void
reading_read(struct reading *r, struct control_client *c, const struct control_message *m)
{
	c->read.flags = m->u.read.flags;
	c->read.limit = m->u.read.limit;
	c->read.after = m->u.read.after;
	c->reading = true;
	if (r->lease == c)
		r->lease = NULL; /* it asks again without DONE: it gets the same again */
	TAILQ_INSERT_TAIL(&r->waiting, c, read_link);
	reading_wake(r);
}

void
reading_done(struct reading *r, struct control_client *c, const struct control_message *m)
{
	struct session *s = r->session;
	const int failure =
	    m->u.done.single ? store_take(s->store, m->u.done.last) : store_mark(s->store, m->u.done.last);

	if (failure < 0)
		log_error("cannot mark what was read: %s", strerror(-failure));
	control_client_outcome(c, failure < 0 ? VERDICT_STORAGE : VERDICT_OK, NULL);
	if (r->lease == c)
		r->lease = NULL;
	session_changed(s);
	if (failure < 0)
		session_damaged(s, failure);
	reading_wake(r);
}

void
reading_forget(struct reading *r, struct control_client *c)
{
	if (c->reading)
		TAILQ_REMOVE(&r->waiting, c, read_link);
	c->reading = false;
	if (r->lease != c)
		return;
	r->lease = NULL;
	if (r->session->end == SESSION_GOES_ON)
		reading_wake(r);
}

void
reading_end(struct reading *r)
{
	static const struct batch none;
	struct control_client *c;

	while ((c = TAILQ_FIRST(&r->waiting))) {
		TAILQ_REMOVE(&r->waiting, c, read_link);
		answer(c, &none, VERDICT_NO_SESSION);
	}
}
