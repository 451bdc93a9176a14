/*
 * 128-bit identifiers. A session id is the secret by which a lost session is
 * resumed; a message id names one message for ever. Both start random; the ids
 * of a stream of messages count up, as one big-endian number, so that
 * consecutive messages are one run.
 */
#ifndef PCHAT_CORE_IDENT_H
#define PCHAT_CORE_IDENT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define IDENT_LEN 16U
#define IDENT_HEX_LEN 32U /* without the NUL */

struct ident {
	uint8_t b[IDENT_LEN]; /* big-endian: memcmp() orders as the number does */
};

static inline bool
ident_equal(const struct ident *a, const struct ident *b)
{
	return memcmp(a->b, b->b, IDENT_LEN) == 0;
}

/* *id + n, modulo 2^128. */
struct ident ident_add(const struct ident *id, uint64_t n);

/*
 * How far `id` lies after `first`: true and *n = id - first when that is below
 * 2^64, else false.
 */
bool ident_distance(const struct ident *first, const struct ident *id, uint64_t *n);

/* Writes IDENT_HEX_LEN lower-case digits and a NUL. */
void ident_format(const struct ident *id, char out[IDENT_HEX_LEN + 1]);

/* Parses exactly IDENT_HEX_LEN hex digits; false (and *id untouched) otherwise. */
bool ident_parse(const char *text, struct ident *id);

#endif
