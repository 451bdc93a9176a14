/*
 * Text as it lies on a terminal: what moves and is deleted as one, and how wide it is. Pure; reads UTF-8 that may be
 * damaged: a byte that belongs to no character is a cluster of its own.
 *
 * Terminals disagree about widths. For wrapping, a text is as wide as the sum of its code points, each
 * the most that any terminal takes: so no terminal puts more into a row than we believe.
 */
#ifndef PCHAT_PROTO_LAYOUT_H
#define PCHAT_PROTO_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/unicode/unicode.h"

/* Bytes of the cluster (unicode_cluster()) that ends at `at`; 0 when `at` is 0. */
size_t layout_previous(const char *text, size_t at);

/* Columns at most. */
size_t layout_width(const char *text, size_t len);
size_t layout_width_of(uint32_t cp);

/* East Asian Wide or Fullwidth. */
static inline bool
layout_is_wide(const struct unicode *u)
{
	return u->east == EA_W || u->east == EA_F;
}

#endif
