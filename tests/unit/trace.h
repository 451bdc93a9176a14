/* What a part did to the others, as text: its callbacks write it down, the test compares it. */
#ifndef PCHAT_TESTS_TRACE_H
#define PCHAT_TESTS_TRACE_H

#include "base/macros.h"

void trace_clear(void);

/* One happening. */
void trace(const char *format, ...) PRINTF_LIKE(1, 2);

/* Since the last time exactly this has happened: happenings, joined by "; ". */
#define trace_is(expected) trace_is_at(__FILE__, __LINE__, expected)
void trace_is_at(const char *file, int line, const char *expected);

#endif
