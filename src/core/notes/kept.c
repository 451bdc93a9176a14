#include "core/notes/kept.h"

#include "core/limits.h"

#define DAY_MS (24LL * 60 * 60 * 1000)

enum verdict
kept_has_room(const struct kept_use *u, uint64_t length, uint64_t most)
{
	return u->both < KEPT_NOTES && u->both_bytes + length <= KEPT_BYTES &&
		u->sender_bytes + length <= KEPT_BYTES_SENDER && u->receiver_bytes + length <= KEPT_BYTES_RECEIVER &&
		u->all_bytes + length <= most
	    ? VERDICT_OK
	    : VERDICT_NOTES_FULL;
}

bool
kept_is_over(int64_t time_ms, int64_t now_ms)
{
	return now_ms - time_ms > KEPT_DAYS * DAY_MS;
}

enum kept_fate
kept_fate(enum verdict v)
{
	switch (v) {
	case VERDICT_OK:
	case VERDICT_ID_USED: /* another note of its sender has its id: it was told in another way */
	case VERDICT_REFUSES:
		return KEPT_DONE;
	default:
		return KEPT_LATER;
	}
}
