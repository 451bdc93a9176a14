#include "client/outgoing.h"

#include <endian.h>
#include <string.h>

#include "proto/control.h"

#define HEAD (FRAME_HEADER + MSG_FIXED)

void
outgoing_init(struct outgoing *o, const struct ident *first)
{
	outbox_init(&o->box, first);
	o->base = o->written = o->claimed = o->end = o->stub = 0;
	o->settled = 0;
}

void
outgoing_restart(struct outgoing *o, const struct ident *first)
{
	outbox_restart(&o->box, first);
	o->base = o->written = o->claimed = o->end;
}

/* Bytes of the frame that begins at `at` of the store. */
static size_t
frame_size(const struct outgoing *o, size_t at)
{
	uint32_t body;

	memcpy(&body, o->store + at, sizeof(body));
	return FRAME_HEADER + le32toh(body);
}

/* ------------------------------------------------------------------------- in */

static void
compact(struct outgoing *o)
{
	const size_t from = o->stub && o->written < o->base ? o->written : o->base;

	memmove(o->store, o->store + from, o->end - from);
	o->base -= from;
	o->written -= from;
	o->claimed -= from;
	o->end -= from;
	o->stub -= o->stub ? from : 0;
}

bool
outgoing_has_room(const struct outgoing *o, uint32_t length)
{
	return window_has_room(&o->box.window, length);
}

bool
outgoing_add(struct outgoing *o, const uint8_t *body, uint32_t length)
{
	if (!outgoing_has_room(o, length))
		return false;
	if (o->end + HEAD + length > sizeof(o->store))
		compact(o);
	if (o->end + HEAD + length > sizeof(o->store))
		return false;
	(void)outbox_add(&o->box, length);
	frame_header(o->store + o->end, FRAME_MSG, MSG_FIXED + length);
	memcpy(o->store + o->end + HEAD, body, length);
	o->end += HEAD + length;
	return true;
}

/* ------------------------------------------------------------------------- out */

static void
claim(struct outgoing *o)
{
	struct msg m = { .pair = o->box.pair, .epoch = o->box.gen };
	uint64_t index;

	while (outbox_next(&o->box, &index, &m.id)) {
		const size_t size = frame_size(o, o->claimed);

		m.length = (uint32_t)(size - HEAD);
		msg_encode_head(o->store + o->claimed, &m);
		o->claimed += size;
	}
}

size_t
outgoing_output(struct outgoing *o, const uint8_t **data)
{
	if (!o->stub)
		claim(o);
	*data = o->store + o->written;
	return (o->stub ? o->stub : o->claimed) - o->written;
}

void
outgoing_wrote(struct outgoing *o, size_t n)
{
	o->written += n;
	if (o->stub && o->written == o->stub) {
		o->stub = 0;
		o->written = o->base;
	}
}

/* Where the frame ends of which some is written. */
static size_t
end_of_frame(const struct outgoing *o)
{
	size_t at = o->base;

	while (at < o->written)
		at += frame_size(o, at);
	return at;
}

bool
outgoing_is_between(const struct outgoing *o)
{
	return !o->stub && (o->written <= o->base || end_of_frame(o) == o->written);
}

/* Everything unsettled is to be written again, but never from the middle of a frame. */
static void
rewind_store(struct outgoing *o)
{
	size_t at;

	if (o->stub)
		return;
	at = end_of_frame(o);
	if (at > o->written && o->written > o->base)
		o->stub = at;
	else
		o->written = o->base;
	o->claimed = o->base;
}

void
outgoing_lost(struct outgoing *o, bool heard)
{
	outbox_disconnected(&o->box, heard);
	o->stub = 0;
	o->written = o->claimed = o->base;
}

/* ------------------------------------------------------------------------- what the helper says */

static enum outgoing_news
take_ack(struct outgoing *o, const struct frame *f, enum verdict *verdict, uint32_t *count)
{
	struct ack a;
	uint64_t index;

	if (ack_decode(f, &a) < 0)
		return OUTGOING_MALFORMED;
	if (a.verdict == VERDICT_STALE)
		return OUTGOING_NOTHING;
	*verdict = a.verdict == VERDICT_OK ? VERDICT_OK : outbox_verdict(&o->box, a.verdict);
	*count = outbox_acked(&o->box, &a.first, a.count);
	o->settled += *count;
	if (*count > 0)
		return OUTGOING_SETTLED;
	/* A refusal of one behind the oldest. */
	if (a.verdict == VERDICT_OK || !ident_distance(&o->box.first, &a.first, &index) || index < o->box.acked ||
	    index >= o->box.added)
		return OUTGOING_NOTHING;
	*verdict = a.verdict;
	return OUTGOING_STOPPED;
}

enum outgoing_news
outgoing_take(struct outgoing *o, const struct frame *f, enum verdict *verdict, uint32_t *count)
{
	struct control_message m;

	*count = 0;
	if (f->type == FRAME_ACK)
		return take_ack(o, f, verdict, count);
	if (control_decode(f, &m) < 0)
		return OUTGOING_MALFORMED;
	switch (m.type) {
	case CONTROL_HELD:
		outbox_held(&o->box, m.u.route.pair, m.u.route.gen, m.u.route.forwarded);
		rewind_store(o);
		return OUTGOING_NOTHING;
	case CONTROL_READY:
		if (o->box.held || o->box.gen != m.u.route.gen)
			rewind_store(o);
		outbox_ready(&o->box, m.u.route.pair, m.u.route.gen);
		return OUTGOING_NOTHING;
	case CONTROL_ENDED:
		*verdict = m.u.ended.verdict;
		return OUTGOING_STOPPED;
	default:
		return OUTGOING_NOTHING;
	}
}

/* ------------------------------------------------------------------------- the oldest */

uint32_t
outgoing_nth(const struct outgoing *o, uint64_t n, const uint8_t **body)
{
	size_t at = o->base;

	for (; n > 0 && at < o->end; n--)
		at += frame_size(o, at);
	if (at >= o->end)
		return 0;
	*body = o->store + at + HEAD;
	return (uint32_t)(frame_size(o, at) - HEAD);
}

uint32_t
outgoing_oldest(const struct outgoing *o, const uint8_t **body)
{
	return outgoing_nth(o, 0, body);
}

struct ident
outgoing_oldest_id(const struct outgoing *o)
{
	return ident_add(&o->box.first, o->box.acked - o->settled);
}

void
outgoing_drop(struct outgoing *o)
{
	const size_t from = o->base;

	if (o->settled > 0)
		o->settled--;
	else
		outbox_give_up(&o->box);
	o->base += frame_size(o, o->base);
	/* What an earlier generation wrote may be acknowledged before it is written again, or while it is. */
	if (!o->stub && o->written > from && o->written < o->base)
		o->stub = o->base;
	if (!o->stub && o->written < o->base)
		o->written = o->base;
	if (o->claimed < o->base)
		o->claimed = o->base;
}
