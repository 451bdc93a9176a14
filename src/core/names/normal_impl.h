/* The tables of normal.c, in ascending order. */
#ifndef PCHAT_CORE_NAMES_NORMAL_IMPL_H
#define PCHAT_CORE_NAMES_NORMAL_IMPL_H

#include <stddef.h>
#include <stdint.h>

/* What a code point becomes: so many of the pool. */
struct normal_sequence {
	uint32_t cp;
	uint16_t at;
	uint16_t count;
};

struct normal_table {
	const struct normal_sequence *row;
	size_t count;
};

struct normal_pair {
	uint32_t first, second;
	uint32_t composed;
};

extern const uint32_t normal_pool[];
extern const struct normal_table normal_decompositions, normal_folds, normal_prototypes;
extern const struct normal_pair normal_pairs[];
extern const size_t normal_pairs_count;

#endif
