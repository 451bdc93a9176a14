#include "session/reader.h"

#include <string.h>
#include <sys/queue.h>

#include "base/log.h"
#include "session/caller.h"
#include "session/session.h"
#include "session/store.h"

#define BATCH_BYTES (192U * 1024U)

TAILQ_HEAD(caller_list, caller);

struct reader {
	struct session *session;
	struct caller *lease;       /* whose records are out, not yet done */
	struct caller_list waiting; /* READ, not yet answered, in order */
};

/* One answer in the making. */
struct batch {
	struct caller *caller;
	uint32_t count, limit;
	size_t bytes;
	uint64_t last;
	bool more;
};

struct reader *
reader_new(struct session *s)
{
	struct reader *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->session = s;
	TAILQ_INIT(&r->waiting);
	return r;
}

void
reader_free(struct reader *r)
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
	caller_send(b->caller, &m);
	b->bytes += record->length + 128;
	b->count++;
	b->last = record->id;
	return true;
}

static void
answer(struct caller *c, const struct batch *b, enum verdict v)
{
	const struct control_message m = {
		.type = CONTROL_READ_END,
		.u.read_end = { .count = b->count, .more = b->more, .last = b->last, .verdict = (uint8_t)v },
	};

	c->reading = false;
	caller_send(c, &m);
	stream_uncork(&c->stream);
	caller_answered(c);
}

static bool
peeks(const struct caller *c)
{
	return c->read.flags & READ_PEEK;
}

/* Answers a caller whose turn it is; false when it goes on waiting for a record. */
static bool
serve(struct reader *r, struct caller *c)
{
	struct batch b = { .caller = c, .limit = c->read.limit ? c->read.limit : UINT32_MAX };
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
is_particular(const struct caller *c)
{
	return c->read.after > 0 && (c->read.flags & READ_WAIT);
}

static void
serve_some(struct reader *r, bool particular)
{
	struct caller *c, *next;

	for (c = TAILQ_FIRST(&r->waiting); c; c = next) {
		next = TAILQ_NEXT(c, read_link);
		if (is_particular(c) != particular || (r->lease && !peeks(c)))
			continue;
		if (serve(r, c))
			TAILQ_REMOVE(&r->waiting, c, read_link);
	}
}

void
reader_wake(struct reader *r)
{
	serve_some(r, true);
	serve_some(r, false);
}

void
reader_read(struct reader *r, struct caller *c, const struct control_message *m)
{
	c->read.flags = m->u.read.flags;
	c->read.limit = m->u.read.limit;
	c->read.after = m->u.read.after;
	c->reading = true;
	if (r->lease == c)
		r->lease = NULL; /* it asks again without DONE: it gets the same again */
	TAILQ_INSERT_TAIL(&r->waiting, c, read_link);
	reader_wake(r);
}

void
reader_done(struct reader *r, struct caller *c, const struct control_message *m)
{
	struct session *s = r->session;
	const int failure =
	    m->u.done.single ? store_take(s->store, m->u.done.last) : store_mark(s->store, m->u.done.last);

	if (failure < 0)
		log_error("cannot mark what was read: %s", strerror(-failure));
	caller_outcome(c, failure < 0 ? VERDICT_STORAGE : VERDICT_OK, NULL);
	if (r->lease == c)
		r->lease = NULL;
	session_changed(s);
	if (failure < 0)
		session_damaged(s, failure);
	reader_wake(r);
}

void
reader_forget(struct reader *r, struct caller *c)
{
	if (c->reading)
		TAILQ_REMOVE(&r->waiting, c, read_link);
	c->reading = false;
	if (r->lease != c)
		return;
	r->lease = NULL;
	if (r->session->end == SESSION_GOES_ON)
		reader_wake(r);
}

void
reader_end(struct reader *r)
{
	static const struct batch none;
	struct caller *c;

	while ((c = TAILQ_FIRST(&r->waiting))) {
		TAILQ_REMOVE(&r->waiting, c, read_link);
		answer(c, &none, VERDICT_NO_SESSION);
	}
}
