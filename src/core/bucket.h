/*
 * A token bucket: so many requests a second, with bursts. The caller brings
 * the time, in milliseconds of the monotonic clock.
 */
#ifndef PCHAT_CORE_BUCKET_H
#define PCHAT_CORE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct bucket {
	uint64_t full_at; /* ms: when the bucket will be full again */
};

/* Takes one token of a bucket that holds `burst` and gains `rate` a second; false when it is empty. */
static inline bool
bucket_take(struct bucket *b, uint64_t now_ms, uint32_t rate, uint32_t burst)
{
	const uint64_t cost = 1000 / rate;
	const uint64_t base = b->full_at > now_ms ? b->full_at : now_ms;

	if (base + cost > now_ms + burst * cost)
		return false;
	b->full_at = base + cost;
	return true;
}

#endif
