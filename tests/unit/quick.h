/*
 * For loops of many thousands: quick_assert() is ck_assert() without the file to which check writes each assertion that
 * held; SPARSE(n) is the step of a loop whose every turn takes the same paths with other values: 1, or n under the sanitizers, which
 * look at the paths, and on an emulated processor (tests/package/arch.sh): both are ten times slower and more. That every value is
 * right is what the plain build shows.
 */
#ifndef PCHAT_TESTS_QUICK_H
#define PCHAT_TESTS_QUICK_H

#include <check.h>

#if defined(__SANITIZE_ADDRESS__) || defined(TESTS_EMULATED)
#define SPARSE(n) (n)
#else
#define SPARSE(n) 1
#endif

#define quick_assert(condition)                                         \
	do {                                                            \
		if (!(condition))                                       \
			ck_abort_msg("'%s' does not hold", #condition); \
	} while (0)

#endif
