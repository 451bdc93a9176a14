/*
 * Base64 (RFC 4648, with padding): for message bodies that JSON cannot hold. Pure.
 */
#ifndef PCHAT_CLI_OUTPUT_BASE64_H
#define PCHAT_CLI_OUTPUT_BASE64_H

#include <stddef.h>
#include <stdint.h>

/* Bytes that n bytes take, without a NUL. */
static inline size_t
base64_length(size_t n)
{
	return (n + 2) / 3 * 4;
}

/* Writes base64_length(n) bytes and a NUL. */
void base64_encode(const uint8_t *data, size_t n, char *out);

#endif
