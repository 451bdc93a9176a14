/* The tables of unicode.c. */
#ifndef PCHAT_CORE_UNICODE_UNICODE_IMPL_H
#define PCHAT_CORE_UNICODE_UNICODE_IMPL_H

#include "core/unicode/unicode.h"

#define UNICODE_BLOCK 128U /* code points of a block */

/* A code point's block, its place there, and the record that many share. */
extern const uint16_t unicode_blocks[(UNICODE_MAX + 1) / UNICODE_BLOCK];
extern const uint16_t unicode_block[][UNICODE_BLOCK];
extern const struct unicode unicode_records[];
extern const uint64_t unicode_sets[][UNICODE_SET_WORDS];

#endif
