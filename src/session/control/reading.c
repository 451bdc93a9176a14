#include "session/control/reading.h"

#include <string.h>
#include <sys/queue.h>

#include "base/log.h"

#define BATCH_BYTES (192U * 1024U)

/* A command that has said READ, and was not answered yet. */
struct reader {
	TAILQ_ENTRY(reader) link;
	bool waits;
	uint8_t flags; /* of its latest READ, as limit and after */
	uint32_t limit;
	uint64_t after;
};

TAILQ_HEAD(reader_list, reader);

struct reading {
	const struct reading_class *class;
	void *context;
	struct reader_list waiting; /* in the order in which they asked */
	struct reader *lease;       /* whose records are out, not yet done */
	struct reader reader[CONTROL_CLIENTS];
};

/* One answer in the making. */
struct batch {
	struct reading *reading;
	uint32_t client;
	uint32_t count, limit;
	size_t bytes;
	uint64_t last;
	bool more;
};

struct reading *
reading_new(const struct reading_class *class, void *context)
{
	struct reading *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->class = class;
	r->context = context;
	TAILQ_INIT(&r->waiting);
	return r;
}

void
reading_free(struct reading *r)
{
	free(r);
}

static uint32_t
index_of(const struct reading *r, const struct reader *reader)
{
	return (uint32_t)(reader - r->reader);
}

/* ------------------------------------------------------------------------- an answer */

static bool
add_record(const struct record *record, void *context)
{
	struct control_message m = { .type = CONTROL_RECORD, .u.record = *record };
	struct batch *b = context;

	if (b->count > 0 && (b->count == b->limit || b->bytes + record->length > BATCH_BYTES)) {
		b->more = true;
		return false;
	}
	b->reading->class->record(b->reading->context, b->client, &m);
	b->bytes += record->length + 128;
	b->count++;
	b->last = record->id;
	return true;
}

static void
answer(struct reading *r, struct reader *reader, const struct batch *b, enum verdict v)
{
	const struct control_message m = {
		.type = CONTROL_READ_END,
		.u.read_end = { .count = b->count, .more = b->more, .last = b->last, .verdict = (uint8_t)v },
	};

	TAILQ_REMOVE(&r->waiting, reader, link);
	reader->waits = false;
	r->class->end(r->context, index_of(r, reader), &m);
}

static bool
peeks(const struct reader *reader)
{
	return reader->flags & READ_PEEK;
}

/* What a command asked for. */
static unsigned
kinds_of(const struct reader *reader)
{
	const bool offers = reader->flags & READ_OFFERS;
	const bool notes = reader->flags & READ_NOTES, events = !(reader->flags & READ_MESSAGES);

	return KIND_MESSAGES | (notes ? KIND_NOTES : 0) | (events ? KIND_EVENTS : 0) |
	    (notes && events ? KIND_WAITING : 0) | (offers && events ? KIND_OFFERS : 0);
}

static void
serve(struct reading *r, struct reader *reader)
{
	struct batch b = {
		.reading = r, .client = index_of(r, reader), .limit = reader->limit ? reader->limit : UINT32_MAX
	};
	int failure;

	r->class->begin(r->context, b.client);
	failure = r->class->read(r->context, reader->after, kinds_of(reader), add_record, &b);
	if (failure < 0) {
		log_error("cannot read the inbox: %s", strerror(-failure));
		b.last = 0;
		answer(r, reader, &b, VERDICT_STORAGE);
		r->class->failed(r->context, failure);
		return;
	}
	if (b.count > 0 && !peeks(reader))
		r->lease = reader;
	if (b.count == 0 && (reader->flags & READ_WAIT))
		r->class->end(r->context, b.client, NULL);
	else
		answer(r, reader, &b, b.count > 0 ? VERDICT_OK : VERDICT_NOTHING);
}

/* ------------------------------------------------------------------------- whose turn it is */

/* One that waits for an answer of its own (ask) comes before those that read whatever there is. */
static bool
is_particular(const struct reader *reader)
{
	return reader->after > 0 && (reader->flags & READ_WAIT);
}

static void
serve_some(struct reading *r, bool particular)
{
	struct reader *reader, *next;

	for (reader = TAILQ_FIRST(&r->waiting); reader; reader = next) {
		next = TAILQ_NEXT(reader, link);
		if (is_particular(reader) == particular && (!r->lease || peeks(reader)))
			serve(r, reader);
	}
}

void
reading_wake(struct reading *r)
{
	serve_some(r, true);
	serve_some(r, false);
}

void
reading_read(struct reading *r, uint32_t client, const struct control_message *m)
{
	struct reader *reader = &r->reader[client];

	reader->flags = m->u.read.flags;
	reader->limit = m->u.read.limit;
	reader->after = m->u.read.after;
	reader->waits = true;
	if (r->lease == reader)
		r->lease = NULL; /* it asks again without DONE: it gets the same again */
	TAILQ_INSERT_TAIL(&r->waiting, reader, link);
	reading_wake(r);
}

void
reading_done(struct reading *r, uint32_t client, const struct control_message *m)
{
	const unsigned kinds = m->u.done.single ? 0 : kinds_of(&r->reader[client]);
	const int failure = r->class->mark(r->context, m->u.done.last, kinds);

	if (failure < 0)
		log_error("cannot mark what was read: %s", strerror(-failure));
	if (r->lease == &r->reader[client])
		r->lease = NULL;
	r->class->marked(r->context, client, failure < 0 ? VERDICT_STORAGE : VERDICT_OK);
	if (failure < 0)
		r->class->failed(r->context, failure);
	reading_wake(r);
}

void
reading_forget(struct reading *r, uint32_t client)
{
	struct reader *reader = &r->reader[client];

	if (reader->waits)
		TAILQ_REMOVE(&r->waiting, reader, link);
	reader->waits = false;
	if (r->lease == reader)
		r->lease = NULL;
}

void
reading_end(struct reading *r)
{
	const struct batch none = { 0 };
	struct reader *reader;

	while ((reader = TAILQ_FIRST(&r->waiting))) {
		r->class->begin(r->context, index_of(r, reader));
		answer(r, reader, &none, VERDICT_NO_SESSION);
	}
}
