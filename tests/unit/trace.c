#include "trace.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static char seen[16384];

void
trace_clear(void)
{
	seen[0] = '\0';
}

void
trace(const char *format, ...)
{
	size_t at = strlen(seen);
	va_list args;

	if (at > 0)
		at += (size_t)snprintf(seen + at, sizeof(seen) - at, "; ");
	ck_assert_uint_lt(at, sizeof(seen) - 256);
	va_start(args, format);
	(void)vsnprintf(seen + at, sizeof(seen) - at, format, args);
	va_end(args);
}

void
trace_is_at(const char *file, int line, const char *expected)
{
	if (strcmp(seen, expected) != 0)
		ck_abort_msg("%s:%d: happened \"%s\", expected \"%s\"", file, line, seen, expected);
	trace_clear();
}
