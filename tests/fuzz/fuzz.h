/* What the fuzz targets share. A target ends the process at once when something does not hold. */
#ifndef PCHAT_TESTS_FUZZ_H
#define PCHAT_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define fuzz_require(condition)   \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

/* A copy of exactly that size, so that a checker sees one byte too many. The caller frees it. */
static inline void *
fuzz_copy(const void *data, size_t n)
{
	void *copy = malloc(n > 0 ? n : 1);

	fuzz_require(copy);
	memcpy(copy, data, n);
	return copy;
}

#endif
