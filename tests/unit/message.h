/* What must hold for each message of either socket; upstream.c's and control.c's tests give it theirs. */
#ifndef PCHAT_TESTS_MESSAGE_H
#define PCHAT_TESTS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/frame.h"

struct protocol {
	size_t (*encode)(const void *m, uint8_t *out, size_t cap);
	int (*decode)(const struct frame *f, void *m);
	size_t size; /* of the struct */
};

/* Encoded, decoded and encoded again: the same struct, the same bytes, and not a byte more than fits. */
void message_round_trip(const struct protocol *p, const void *m);

/* Shorter or longer by any number of bytes is refused; or, open-ended, at least all that is shorter than `fixed`. */
void message_lengths(const struct protocol *p, const void *m, size_t fixed);

/* Each byte set to each value: refused, or understood so that it encodes to the very same bytes. */
void message_mutations(const struct protocol *p, const void *m);

/* The bytes, exactly: header and body. */
void message_is(const struct protocol *p, const void *m, const void *bytes, size_t n);

/* The encoder emits nothing for it. */
void message_is_refused(const struct protocol *p, const void *m);

#endif
