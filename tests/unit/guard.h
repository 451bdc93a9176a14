/* A copy of some bytes whose end is the end of readable memory: reading one byte too many crashes. */
#ifndef PCHAT_TESTS_GUARD_H
#define PCHAT_TESTS_GUARD_H

#include <stddef.h>
#include <stdint.h>

/* Valid until the next call; a null pointer copies nothing, for a place to write to. n <= 256 KiB. */
uint8_t *guard_copy(const void *data, size_t n);

#endif
