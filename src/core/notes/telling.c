#include "core/notes/telling.h"

#define PAUSE_MIN_MS 10U
#define PAUSE_MAX_MS 400U

void
telling_begin(struct telling *t, bool repeats, bool later)
{
	*t = (struct telling){ .repeats = repeats, .later = later, .last = VERDICT_TIMED_OUT };
}

void
telling_sent(struct telling *t)
{
	t->under_way = true;
}

/* Whether it is worth another attempt: what stands in the way passes by itself, and nothing was stored. */
static bool
passes(enum verdict v)
{
	switch (v) {
	case VERDICT_ABSENT:
	case VERDICT_FULL:
	case VERDICT_NO_ANSWER:
	case VERDICT_NO_DAEMON: /* of a helper: its daemon may come back */
	case VERDICT_RATE:
	case VERDICT_STARTING:
		return true;
	default:
		return false;
	}
}

/*
 * Whether it holds for all attempts, also for one that was not answered: what is said of the note as such, and what the
 * receiver says, who looks for the id first. A daemon that cannot keep a note does not know whether it has arrived before.
 */
static bool
is_final(const struct telling *t, enum verdict v)
{
	switch (v) {
	case VERDICT_OK:
	case VERDICT_KEPT: /* if it arrived before, it is not taken twice */
	case VERDICT_EMPTY:
	case VERDICT_TOO_LONG:
	case VERDICT_UNCONFIRMED:
		return true;
	case VERDICT_NOTES_FULL:
	case VERDICT_STORAGE:
		return !t->later || (!t->uncertain && !t->repeats);
	case VERDICT_ID_USED:
		return !t->later || !t->uncertain;
	default:
		return !t->uncertain;
	}
}

enum telling_step
telling_answered(struct telling *t, enum verdict v, enum verdict *verdict)
{
	t->under_way = false;
	t->uncertain |= v == VERDICT_STALE; /* it was passed on, and the receiver's helper died, or was lost */
	if (v == VERDICT_STALE || passes(v)) {
		t->attempts++;
		t->last = v == VERDICT_STALE ? VERDICT_ABSENT : v;
		return TELLING_AGAIN;
	}
	*verdict = is_final(t, v) ? v : VERDICT_UNCONFIRMED;
	return TELLING_DONE;
}

void
telling_lost(struct telling *t)
{
	t->uncertain |= t->under_way;
	telling_turned_away(t, VERDICT_TIMED_OUT);
}

void
telling_turned_away(struct telling *t, enum verdict why)
{
	t->under_way = false;
	t->attempts++;
	t->last = why;
}

enum verdict
telling_over(const struct telling *t)
{
	if (t->uncertain || t->under_way || t->repeats)
		return VERDICT_UNCONFIRMED;
	return t->last;
}

enum verdict
telling_stopped(const struct telling *t, enum verdict why)
{
	return t->uncertain || t->under_way ? VERDICT_UNCONFIRMED : why;
}

uint32_t
telling_pause(const struct telling *t, uint32_t random)
{
	const uint32_t doublings = t->attempts < 6 ? t->attempts : 6;
	uint32_t most = PAUSE_MIN_MS << doublings;

	if (most > PAUSE_MAX_MS)
		most = PAUSE_MAX_MS;
	return most / 2 + random % (most / 2 + 1);
}
