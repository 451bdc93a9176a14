#include "core/notes/kept.h"

#include "core/limits.h"

#define DAY_MS (24LL * 60 * 60 * 1000)

uint64_t
kept_cost(uint64_t length)
{
	return length > KEPT_LEAST ? length : KEPT_LEAST;
}

enum verdict
kept_has_room(const struct kept_use *u, uint64_t length, uint64_t most)
{
	const uint64_t cost = kept_cost(length);

	return u->both < KEPT_NOTES && u->both_bytes + cost <= KEPT_BYTES &&
		u->sender_bytes + cost <= KEPT_BYTES_SENDER && u->receiver_bytes + cost <= KEPT_BYTES_RECEIVER &&
		u->all_bytes + cost <= most
	    ? VERDICT_OK
	    : VERDICT_NOTES_FULL;
}

bool
kept_is_over(int64_t time_ms, int64_t now_ms)
{
	return now_ms - time_ms > KEPT_DAYS * DAY_MS;
}

enum kept_fate
kept_fate(enum verdict v, bool anew)
{
	switch (v) {
	case VERDICT_OK:
	case VERDICT_REFUSES:
		return KEPT_DONE;
	case VERDICT_ID_USED:
		return anew ? KEPT_DONE : KEPT_ANEW;
	case VERDICT_ABSENT:
		return KEPT_AT_LOGIN;
	case VERDICT_NOTES_FULL:
		return KEPT_YIELD;
	default:
		return KEPT_LATER;
	}
}

/* FNV-1a. */
uint64_t
kept_digest(const uint8_t *body, uint32_t length)
{
	uint64_t h = 0xcbf29ce484222325U;

	for (uint32_t i = 0; i < length; i++)
		h = (h ^ body[i]) * 0x100000001b3U;
	return h;
}

struct ident
kept_other_id(const struct ident *msgid, uint64_t digest)
{
	struct ident other = *msgid;

	for (size_t i = 0; i < sizeof(other.b); i++)
		other.b[i] ^= (uint8_t)(digest >> (i % 8 * 8));
	return other;
}
