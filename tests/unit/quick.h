/* As ck_assert(), for loops of many thousands: check writes each assertion that held to a file. */
#ifndef PCHAT_TESTS_QUICK_H
#define PCHAT_TESTS_QUICK_H

#include <check.h>

#define quick_assert(condition)                                         \
	do {                                                            \
		if (!(condition))                                       \
			ck_abort_msg("'%s' does not hold", #condition); \
	} while (0)

#endif
