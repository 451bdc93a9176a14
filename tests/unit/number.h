/* Ids that count: number(1), number(2), ... */
#ifndef PCHAT_TESTS_NUMBER_H
#define PCHAT_TESTS_NUMBER_H

#include "core/ident.h"

static inline struct ident
number(uint64_t n)
{
	static const struct ident zero;

	return ident_add(&zero, n);
}

#endif
