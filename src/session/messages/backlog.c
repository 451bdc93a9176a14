#include "session/messages/backlog.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/log.h"
#include "core/limits.h"
#include "core/notes/notes.h"

#define MESSAGES_BYTES (4U * WINDOW_BYTES) /* of memory, for messages */

enum kind { MESSAGE, NOTE, OFFER, EVENT };

struct item {
	TAILQ_ENTRY(item) link;
	enum kind kind;
	union {
		struct note note;
		struct offer offer;
		struct {
			enum record_type type;
			struct peer peer;
		} event;
	} u;
	uint32_t length;
	uint8_t bytes[]; /* a message's frame; the body of a note or an offer */
};

_Static_assert(WINDOW_MESSAGES *(sizeof(struct item) + FRAME_HEADER + MSG_FIXED) + WINDOW_BYTES <= MESSAGES_BYTES,
    "a window has room");

TAILQ_HEAD(item_list, item);

struct backlog {
	const struct backlog_class *class;
	void *context;
	struct item_list items;
	size_t message_bytes;
	bool held, unsure;
	bool left_out; /* said so already */
};

struct backlog *
backlog_new(const struct backlog_class *class, void *context)
{
	struct backlog *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->class = class;
	b->context = context;
	TAILQ_INIT(&b->items);
	return b;
}

static void
take_out(struct backlog *b, struct item *i)
{
	TAILQ_REMOVE(&b->items, i, link);
	if (i->kind == MESSAGE)
		b->message_bytes -= sizeof(*i) + i->length;
}

static void
drop(struct backlog *b, struct item *i)
{
	take_out(b, i);
	free(i);
}

void
backlog_free(struct backlog *b)
{
	struct item *i;

	if (!b)
		return;
	while ((i = TAILQ_FIRST(&b->items)))
		drop(b, i);
	free(b);
}

static bool
waits(const struct backlog *b, enum kind kind)
{
	return b->held || (kind == MESSAGE && b->unsure);
}

/* A new one at the end, with a copy of `length` bytes. NULL: short of memory. */
static struct item *
append(struct backlog *b, enum kind kind, const void *bytes, uint32_t length)
{
	struct item *i = malloc(sizeof(*i) + length);

	if (!i)
		return NULL;
	i->kind = kind;
	i->length = length;
	if (length > 0)
		memcpy(i->bytes, bytes, length);
	TAILQ_INSERT_TAIL(&b->items, i, link);
	if (kind == MESSAGE)
		b->message_bytes += sizeof(*i) + length;
	return i;
}

/* ------------------------------------------------------------------------- what arrives */

/* A message that would be handed on to nobody: its pair is over, or the epoch before that of the `latest` one. */
static bool
is_old(const struct backlog *b, const struct item *i, const struct msg *latest)
{
	struct frame f;
	struct msg m;

	if (i->kind != MESSAGE || frame_parse(i->bytes, i->length, &f) <= 0 || msg_decode(&f, &m) < 0)
		return false;
	if (m.pair == latest->pair)
		return m.epoch != latest->epoch;
	return !b->unsure && !b->class->counts(b->context, m.pair);
}

static void
drop_old(struct backlog *b, const struct frame *f)
{
	struct item *i, *next;
	struct msg latest;

	if (msg_decode(f, &latest) < 0)
		return;
	for (i = TAILQ_FIRST(&b->items); i; i = next) {
		next = TAILQ_NEXT(i, link);
		if (is_old(b, i, &latest))
			drop(b, i);
	}
}

static bool
message_has_room(const struct backlog *b, uint32_t length)
{
	return b->message_bytes + sizeof(struct item) + length <= MESSAGES_BYTES;
}

void
backlog_message(struct backlog *b, const struct frame *f)
{
	const uint32_t n = FRAME_HEADER + f->length;

	if (!waits(b, MESSAGE)) {
		b->class->message(b->context, f);
		return;
	}
	if (!message_has_room(b, n))
		drop_old(b, f);
	if (!message_has_room(b, n) || !append(b, MESSAGE, f->body - FRAME_HEADER, n))
		b->class->no_memory(b->context); /* without this one there would be a gap */
}

static bool
is_by(const struct note *a, const struct note *b)
{
	return a->stranger ? b->stranger : a->from.uid == b->from.uid && !b->stranger;
}

static bool
note_has_room(const struct backlog *b, const struct note *n)
{
	struct notes_unread u = { .count = 0 };
	const struct item *i;

	TAILQ_FOREACH(i, &b->items, link) {
		if (i->kind != NOTE)
			continue;
		u.count++;
		u.bytes += i->length;
		u.of_sender += is_by(n, &i->u.note);
	}
	return notes_have_room(&u, n->length) == VERDICT_OK;
}

void
backlog_note(struct backlog *b, const struct note *n)
{
	struct item *i;

	if (!waits(b, NOTE))
		b->class->note(b->context, n);
	else if (!note_has_room(b, n) || !(i = append(b, NOTE, n->body, n->length)))
		b->class->note_refused(b->context, n);
	else {
		i->u.note = *n;
		i->u.note.body = i->bytes;
	}
}

static uint32_t
count_offers(const struct backlog *b)
{
	const struct item *i;
	uint32_t count = 0;

	TAILQ_FOREACH(i, &b->items, link)
		count += i->kind == OFFER;
	return count;
}

void
backlog_offer(struct backlog *b, const struct offer *o)
{
	struct item *i;

	if (!waits(b, OFFER))
		b->class->offer(b->context, o);
	else if (count_offers(b) >= OFFERS_PAIR || !(i = append(b, OFFER, o->body, o->length)))
		b->class->offer_refused(b->context, o);
	else {
		i->u.offer = *o;
		i->u.offer.body = i->bytes;
	}
}

static bool
event_has_room(const struct backlog *b, const struct peer *peer)
{
	uint32_t count = 0, by_peer = 0;
	const struct item *i;

	TAILQ_FOREACH(i, &b->items, link) {
		if (i->kind != EVENT)
			continue;
		count++;
		by_peer +=
		    peer_has_account(peer) ? i->u.event.peer.uid == peer->uid : !peer_has_account(&i->u.event.peer);
	}
	return count < HELD_EVENTS && by_peer < HELD_EVENTS_UID;
}

void
backlog_event(struct backlog *b, enum record_type type, const struct peer *peer)
{
	struct item *i;

	if (!waits(b, EVENT)) {
		b->class->event(b->context, type, peer);
	} else if (event_has_room(b, peer) && (i = append(b, EVENT, NULL, 0))) {
		i->u.event.type = type;
		i->u.event.peer = *peer;
	} else if (!b->left_out) {
		log_error("too much happens while the inbox is held: not all of it is recorded");
		b->left_out = true;
	}
}

void
backlog_offer_gone(struct backlog *b, const struct ident *msgid)
{
	struct item *i, *next;

	for (i = TAILQ_FIRST(&b->items); i; i = next) {
		next = TAILQ_NEXT(i, link);
		if (i->kind == OFFER && (!msgid || ident_equal(&i->u.offer.msgid, msgid)))
			drop(b, i);
	}
}

/* ------------------------------------------------------------------------- when it can be stored */

static void
hand_on(const struct backlog *b, const struct item *i)
{
	struct frame f;

	if (i->kind == MESSAGE && frame_parse(i->bytes, i->length, &f) > 0)
		b->class->message(b->context, &f);
	else if (i->kind == NOTE)
		b->class->note(b->context, &i->u.note);
	else if (i->kind == OFFER)
		b->class->offer(b->context, &i->u.offer);
	else if (i->kind == EVENT)
		b->class->event(b->context, i->u.event.type, &i->u.event.peer);
}

/* Whoever is handed something may change what has to wait, or end the connection: it is looked at anew each time. */
static void
go_on(struct backlog *b)
{
	struct item *i = TAILQ_FIRST(&b->items);

	while (i) {
		if (waits(b, i->kind)) {
			i = TAILQ_NEXT(i, link);
			continue;
		}
		take_out(b, i);
		hand_on(b, i);
		free(i);
		i = TAILQ_FIRST(&b->items);
	}
}

void
backlog_unsure(struct backlog *b, bool unsure)
{
	b->unsure = unsure;
	go_on(b);
}

void
backlog_hold(struct backlog *b, bool held)
{
	b->held = held;
	b->left_out &= held;
	go_on(b);
}

bool
backlog_is_held(const struct backlog *b)
{
	return b->held;
}

void
backlog_reset(struct backlog *b)
{
	struct item *i, *next;

	b->unsure = false;
	for (i = TAILQ_FIRST(&b->items); i; i = next) {
		next = TAILQ_NEXT(i, link);
		if (i->kind != EVENT)
			drop(b, i);
	}
}
