/*
 * Windows (D7) that are not in use. A sender with several messages under way needs one for a moment. A few are kept for
 * the next sender, until the daemon is at rest.
 */
#ifndef PCHAT_DAEMON_WINDOWS_H
#define PCHAT_DAEMON_WINDOWS_H

#include <stdint.h>

#include "core/window.h"

#define WINDOWS_KEPT 64U

struct windows {
	struct window *window[WINDOWS_KEPT];
	uint32_t count;
};

/* An empty one, or NULL: short of memory. */
struct window *windows_take(struct windows *all);

/* It is used no more. NULL is fine. */
void windows_give(struct windows *all, struct window *w);

/* Frees those that are kept. */
void windows_release(struct windows *all);

#endif
