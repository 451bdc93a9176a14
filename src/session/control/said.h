/*
 * What this session said and was delivered, for the chats that follow it (reading.h): the latest SAID_BYTES of it, in the
 * order in which it was delivered. One that falls behind further than that finds a gap in the numbers.
 */
#ifndef PCHAT_SESSION_CONTROL_SAID_H
#define PCHAT_SESSION_CONTROL_SAID_H

#include <stdint.h>

#include "base/macros.h"
#include "proto/control.h"

#define SAID_BYTES (512U * 1024U)

struct said;

/* NULL: short of memory. */
MUST_USE struct said *said_new(void);
void said_free(struct said *s);

/* Copies the record, and numbers it, by its id, from 1 on; record `after` was the newest then. Without memory a number is left out. */
void said_add(struct said *s, const struct record *r, uint64_t after);

/* The number of the latest one; 0: there was none. */
uint64_t said_newest(const struct said *s);

/* The first one behind `number`, valid until anything else is added; NULL: there is none. */
const struct record *said_next(const struct said *s, uint64_t number, uint64_t *after);

/* Nobody wants it any more. Numbers go on. */
void said_clear(struct said *s);

#endif
