#include "core/outbox.h"

#include <string.h>

static inline uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t
most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

void
outbox_init(struct outbox *o, const struct ident *first)
{
	memset(o, 0, sizeof(*o));
	o->first = *first;
}

void
outbox_restart(struct outbox *o, const struct ident *first)
{
	o->first = *first;
	o->acked = o->sent = o->added = o->uncertain = 0;
	window_reset(&o->window);
}

bool
outbox_add(struct outbox *o, uint32_t size)
{
	if (!window_push(&o->window, size))
		return false;
	o->added++;
	return true;
}

bool
outbox_next(struct outbox *o, uint64_t *index, struct ident *id)
{
	if (o->held || o->sent == o->added)
		return false;
	*index = o->sent++;
	*id = ident_add(&o->first, *index);
	return true;
}

uint32_t
outbox_acked(struct outbox *o, const struct ident *first, uint32_t count)
{
	uint64_t begin, end;
	uint32_t gone;

	if (!ident_distance(&o->first, first, &begin) || begin > o->acked)
		return 0;
	end = least(begin + count, most(o->sent, o->uncertain));
	if (end <= o->acked)
		return 0;
	gone = (uint32_t)(end - o->acked);
	window_pop(&o->window, gone);
	o->acked = end;
	o->sent = most(o->sent, end);
	return gone;
}

void
outbox_give_up(struct outbox *o)
{
	window_pop(&o->window, 1);
	o->acked++;
	o->sent = most(o->sent, o->acked);
}

void
outbox_held(struct outbox *o, uint64_t pair, uint32_t gen, uint32_t forwarded)
{
	if (pair != 0)
		o->pair = pair;
	o->uncertain = most(o->uncertain, least(o->acked + forwarded, o->sent));
	o->sent = o->acked;
	o->gen = gen;
	o->held = true;
}

void
outbox_ready(struct outbox *o, uint64_t pair, uint32_t gen)
{
	o->pair = pair;
	if (!o->held && gen == o->gen)
		return; /* the greeting: it only names the pair */
	o->sent = o->acked;
	o->gen = gen;
	o->held = false;
}

void
outbox_disconnected(struct outbox *o, bool heard)
{
	if (o->pair != 0 || heard)
		o->uncertain = most(o->uncertain, o->sent);
	o->sent = o->acked;
	o->gen = 0;
	o->held = false;
}

/* The truth as far as the messages of this attempt go. */
static enum verdict
verdict_of_attempt(const struct outbox *o, enum verdict why)
{
	const bool uncertain = o->acked < o->uncertain;
	const bool under_way = o->acked < o->sent;

	switch (why) {
	case VERDICT_OK:
	case VERDICT_EMPTY:
	case VERDICT_TOO_LONG:
	case VERDICT_INBOX_FULL: /* the receiver looks for the id before it refuses: no copy is there */
	case VERDICT_STORAGE:
	case VERDICT_ID_USED:
		return why;
	case VERDICT_NOT_PAIRED:
	case VERDICT_WRONG_PARTNER:
	case VERDICT_LEFT:
	case VERDICT_PARTNER_QUIT:
	case VERDICT_GONE: /* every acknowledgement of this generation came before the end */
		return uncertain ? VERDICT_UNCONFIRMED : why;
	default:
		return uncertain || under_way ? VERDICT_UNCONFIRMED : why;
	}
}

/* Whether `why` leaves open what became of an earlier attempt under the same id. */
static bool
leaves_open(enum verdict why)
{
	return why == VERDICT_LEFT || why == VERDICT_PARTNER_QUIT || why == VERDICT_GONE || why == VERDICT_TIMED_OUT ||
	    why == VERDICT_FAILED;
}

enum verdict
outbox_verdict(const struct outbox *o, enum verdict why)
{
	const enum verdict v = verdict_of_attempt(o, why);

	return o->repeats && leaves_open(v) ? VERDICT_UNCONFIRMED : v;
}
