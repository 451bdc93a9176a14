#include "session/control/reading.h"

#include <string.h>
#include <sys/queue.h>

#include "base/log.h"
#include "session/control/said.h"

#define BATCH_BYTES (100U * 1024U)
#define RECORD_BYTES 64U /* of a record beside its text, about */

/* A command that has said READ, and was not answered yet. */
struct reader {
	TAILQ_ENTRY(reader) link;
	bool waits;
	uint8_t flags; /* of its latest READ, as limit and after */
	uint32_t limit;
	uint64_t after;
	bool follows;
	uint64_t said; /* of one that follows: so far it was given what was said, */
	uint64_t out;  /* and this is the latest record that it was given, and that nobody marked yet; 0: none */
	unsigned out_kinds;
	uint64_t given; /* the latest record that this command was ever given: no more can be marked for it */
	bool marks;     /* its DONE waits, which said: */
	bool single;
	uint64_t last; /* 0: nothing that it was given */
};

TAILQ_HEAD(reader_list, reader);

/* A DONE that waits, of a command that is gone: it took them, so they are marked for it. */
struct owed {
	uint64_t last;
	unsigned kinds; /* 0: that one alone */
};

struct reading {
	const struct reading_class *class;
	void *context;
	struct reader_list waiting; /* in the order in which they asked */
	struct reader *lease;       /* whose records are out, not yet done */
	uint32_t followers;
	struct said *said; /* for them */
	bool unsaid;       /* not all of it was given to those who wait */
	struct owed owed[CONTROL_CLIENTS];
	size_t n_owed;
	struct reader reader[CONTROL_CLIENTS];
};

/* One answer in the making. */
struct batch {
	struct reading *reading;
	struct reader *reader;
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
	if (!(r->said = said_new())) {
		free(r);
		return NULL;
	}
	return r;
}

void
reading_free(struct reading *r)
{
	if (!r)
		return;
	said_free(r->said);
	free(r);
}

static uint32_t
index_of(const struct reading *r, const struct reader *reader)
{
	return (uint32_t)(reader - r->reader);
}

/* ------------------------------------------------------------------------- an answer */

static bool
add(struct batch *b, const struct record *record)
{
	struct control_message m = { .type = CONTROL_RECORD, .u.record = *record };

	if (b->count > 0 && (b->count == b->limit || b->bytes + record->length > BATCH_BYTES)) {
		b->more = true;
		return false;
	}
	b->reading->class->record(b->reading->context, b->client, &m);
	b->bytes += record->length + RECORD_BYTES;
	b->count++;
	return true;
}

static bool
wants_said(const struct reader *reader)
{
	return reader->follows && (reader->flags & READ_WAIT);
}

/* What was said before record `id` came. */
static bool
add_said(struct batch *b, uint64_t id)
{
	const struct record *record;
	uint64_t after;

	while (wants_said(b->reader) && (record = said_next(b->reading->said, b->reader->said, &after)) && after < id) {
		if (!add(b, record))
			return false;
		b->reader->said = record->id;
	}
	return true;
}

static bool
add_record(const struct record *record, void *context)
{
	struct batch *b = context;

	if (!add_said(b, record->id) || !add(b, record))
		return false;
	b->last = record->id;
	if (b->reader->given < record->id)
		b->reader->given = record->id;
	return true;
}

static void
answer(struct reading *r, struct reader *reader, const struct batch *b, enum verdict v)
{
	const struct control_message m = {
		.type = CONTROL_READ_END,
		.u.read_end = { .count = b->count,
		    .more = b->more,
		    .last = b->last,
		    .verdict = (uint8_t)v,
		    .follows = reader->follows },
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

/* Until its DONE, however often one that follows asks before: it may be writing its output. */
static void
withhold(struct reader *reader, uint64_t last)
{
	if (last == 0 || peeks(reader))
		return;
	if (reader->out < last)
		reader->out = last;
	reader->out_kinds |= kinds_of(reader);
}

static void
let_go_of(struct reader *reader)
{
	reader->out = 0;
	reader->out_kinds = 0;
}

static void
serve(struct reading *r, struct reader *reader)
{
	struct batch b = {
		.reading = r,
		.reader = reader,
		.client = index_of(r, reader),
		.limit = reader->limit ? reader->limit : UINT32_MAX,
	};
	int failure;

	r->class->begin(r->context, b.client);
	failure = (wants_said(reader) ? r->class->follow : r->class->read)(
	    r->context, reader->after, kinds_of(reader), add_record, &b);
	if (failure == 0 && !b.more)
		(void)add_said(&b, UINT64_MAX);
	if (failure < 0) {
		log_error("cannot read the inbox: %s", strerror(-failure));
		b.last = 0;
		answer(r, reader, &b, VERDICT_STORAGE);
		r->class->failed(r->context, failure);
		return;
	}
	if (reader->follows)
		withhold(reader, b.last);
	else if (b.count > 0 && !peeks(reader))
		r->lease = reader;
	if (b.count == 0 && (reader->flags & READ_WAIT))
		r->class->end(r->context, b.client, NULL);
	else
		answer(r, reader, &b, b.count > 0 ? VERDICT_OK : VERDICT_NOTHING);
}

/* ------------------------------------------------------------------------- whose turn it is */

/*
 * One that waits for an answer of its own (ask) comes before those that read whatever there is. It has said its question over
 * this connection, or, when the helper was started anew since, names what was there before.
 */
static bool
is_particular(const struct reader *reader)
{
	return (reader->after > 0 || (reader->flags & READ_ANSWER)) && (reader->flags & READ_WAIT) && !reader->follows;
}

/*
 * What others were given, and have not shown yet, is nobody's, nor what they took and is not marked yet; but who follows, or
 * peeks, takes nothing away.
 */
static bool
has_to_wait(const struct reading *r, const struct reader *reader)
{
	if (reader->follows || peeks(reader))
		return false;
	for (size_t i = 0; r->followers > 0 && i < CONTROL_CLIENTS; i++)
		if (r->reader[i].out > 0)
			return true;
	return r->lease || r->n_owed > 0;
}

static void
serve_some(struct reading *r, bool particular)
{
	struct reader *reader, *next;

	for (reader = TAILQ_FIRST(&r->waiting); reader; reader = next) {
		next = TAILQ_NEXT(reader, link);
		if (is_particular(reader) == particular && !has_to_wait(r, reader))
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
	if (!reader->follows && (reader->flags & READ_FOLLOW)) {
		reader->follows = true;
		reader->said = said_newest(r->said);
		r->followers++;
	}
	if (r->lease == reader)
		r->lease = NULL; /* it asks again without DONE: it gets the same again */
	TAILQ_INSERT_TAIL(&r->waiting, reader, link);
	reading_wake(r);
}

/* All of `kinds` up to `last` is read: whoever was given no more than that holds nothing back any more. */
static void
let_go(struct reading *r, uint64_t last, unsigned kinds)
{
	for (struct reader *f = r->reader; r->followers > 0 && f < r->reader + CONTROL_CLIENTS; f++)
		if (f->out <= last && (f->out_kinds & ~kinds) == 0)
			let_go_of(f);
}

/* As reading_class::mark. Whoever held back no more than that holds back nothing any more. */
static int
mark_kinds(struct reading *r, uint64_t last, unsigned kinds)
{
	const int failure = r->class->mark(r->context, last, kinds);

	if (failure < 0)
		log_error("cannot mark what was read: %s", strerror(-failure));
	else if (failure == 0)
		let_go(r, last, kinds);
	return failure;
}

static unsigned
kinds_done(const struct reader *reader)
{
	return reader->single ? 0 : kinds_of(reader);
}

/* False: it cannot be marked yet. */
static bool
mark(struct reading *r, struct reader *reader)
{
	const int failure = reader->last > 0 ? mark_kinds(r, reader->last, kinds_done(reader)) : 0;

	reader->marks = failure == READING_LATER;
	if (reader->marks)
		return false;
	if (r->lease == reader)
		r->lease = NULL;
	if (failure < 0 || (reader->single && reader->out == reader->last))
		let_go_of(reader);
	r->class->marked(r->context, index_of(r, reader), failure < 0 ? VERDICT_STORAGE : VERDICT_OK);
	if (failure < 0)
		r->class->failed(r->context, failure);
	return true;
}

/* The command is gone; whoever comes in its place has nothing to do with what it took. */
static void
owe(struct reading *r, const struct reader *reader)
{
	const struct owed owed = { .last = reader->last, .kinds = kinds_done(reader) };

	for (struct owed *o = r->owed; owed.kinds != 0 && o < r->owed + r->n_owed; o++)
		if (o->kinds == owed.kinds) {
			o->last = o->last > owed.last ? o->last : owed.last;
			return;
		}
	if (r->n_owed < CONTROL_CLIENTS)
		r->owed[r->n_owed++] = owed;
	else
		log_error("too much is to be marked as read; some of it will be read again");
}

static void
pay(struct reading *r)
{
	size_t left = 0;

	for (size_t i = 0; i < r->n_owed; i++) {
		const struct owed owed = r->owed[i];
		const int failure = mark_kinds(r, owed.last, owed.kinds);

		if (failure == READING_LATER)
			r->owed[left++] = owed;
		else if (failure < 0)
			r->class->failed(r->context, failure);
	}
	r->n_owed = left;
}

void
reading_done(struct reading *r, uint32_t client, const struct control_message *m)
{
	struct reader *reader = &r->reader[client];

	reader->single = m->u.done.single;
	reader->last = m->u.done.last;
	if (reader->last > reader->given)
		reader->last = reader->single ? 0 : reader->given;
	if (mark(r, reader))
		reading_wake(r);
}

void
reading_settle(struct reading *r)
{
	pay(r);
	for (struct reader *reader = r->reader; reader < r->reader + CONTROL_CLIENTS; reader++)
		if (reader->marks)
			(void)mark(r, reader);
}

void
reading_go_on(struct reading *r)
{
	reading_settle(r);
	reading_wake(r);
}

void
reading_forget(struct reading *r, uint32_t client)
{
	struct reader *reader = &r->reader[client];

	if (reader->waits)
		TAILQ_REMOVE(&r->waiting, reader, link);
	if (reader->marks)
		owe(r, reader);
	reader->waits = reader->marks = false;
	if (r->lease == reader)
		r->lease = NULL;
	let_go_of(reader);
	reader->given = 0;
	if (!reader->follows)
		return;
	reader->follows = false;
	if (--r->followers == 0)
		said_clear(r->said);
}

bool
reading_followed(const struct reading *r)
{
	return r->followers > 0;
}

void
reading_said(struct reading *r, const struct record *record, uint64_t after)
{
	said_add(r->said, record, after);
	r->unsaid = true;
}

void
reading_show_said(struct reading *r)
{
	struct reader *reader, *next;

	if (!r->unsaid)
		return;
	r->unsaid = false;
	for (reader = TAILQ_FIRST(&r->waiting); reader; reader = next) {
		next = TAILQ_NEXT(reader, link);
		if (reader->follows)
			serve(r, reader);
	}
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
