/*
 * The tables behind unicode.c. `make unicode-tables` makes them from the Unicode Character Database and ICU; nobody
 * edits them.
 */
#ifndef PCHAT_CORE_UNICODE_UNICODE_IMPL_H
#define PCHAT_CORE_UNICODE_UNICODE_IMPL_H

#include "core/unicode/unicode.h"

#define UNICODE_BLOCK 128U /* code points in a block */

/* For each block of code points, its row in unicode_block. Equal blocks share a row. */
extern const uint16_t unicode_blocks[(UNICODE_MAX + 1) / UNICODE_BLOCK];

/* For each code point of a block, its record in unicode_records. */
extern const uint16_t unicode_block[][UNICODE_BLOCK];

/* What is known of a code point. Code points with the same properties share a record. */
extern const struct unicode unicode_records[];

/* Sets of scripts, a bit for each, as unicode_scripts() returns them. */
extern const uint64_t unicode_sets[][UNICODE_SET_WORDS];

#endif
