/*
 * SipHash-2-4 of 128 bits (Aumasson and Bernstein): a hash for which nobody without the key can find two texts with
 * equal results. Pure.
 */
#ifndef PCHAT_CORE_NAMES_SIPHASH_H
#define PCHAT_CORE_NAMES_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct siphash {
	uint64_t half[2];
};

struct siphash siphash(const uint64_t key[2], const void *data, size_t len);

#endif
