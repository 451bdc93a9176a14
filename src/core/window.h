/*
 * What a sender has under way (D7): a first-in-first-out queue of the sizes
 * of its unacknowledged messages, bounded in number and bytes. Sender and
 * daemon keep the same one, so neither ever has to trust the other's count.
 */
#ifndef PCHAT_CORE_WINDOW_H
#define PCHAT_CORE_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "core/limits.h"

struct window {
	uint32_t head, count;
	uint32_t bytes;
	uint32_t size[WINDOW_MESSAGES];
};

static inline void
window_reset(struct window *w)
{
	w->head = w->count = w->bytes = 0;
}

static inline bool
window_has_room(const struct window *w, uint32_t size)
{
	return w->count < WINDOW_MESSAGES && size <= WINDOW_BYTES - w->bytes;
}

/* False, and nothing changed, when there is no room. */
static inline bool
window_push(struct window *w, uint32_t size)
{
	if (!window_has_room(w, size))
		return false;
	w->size[(w->head + w->count++) % WINDOW_MESSAGES] = size;
	w->bytes += size;
	return true;
}

/* Forgets the n oldest, or all when there are fewer. */
static inline void
window_pop(struct window *w, uint32_t n)
{
	for (; n > 0 && w->count > 0; n--, w->count--) {
		w->bytes -= w->size[w->head];
		w->head = (w->head + 1) % WINDOW_MESSAGES;
	}
}

#endif
