/*
 * How much the daemon keeps of notes for accounts that are not logged in (R11). Uids that are not known to have an
 * account count as one sender. Pure.
 */
#ifndef PCHAT_CORE_NOTES_KEPT_H
#define PCHAT_CORE_NOTES_KEPT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/verdict.h"

/* What is kept already: notes, and bytes of them. */
struct kept_use {
	uint64_t all_bytes;
	uint64_t sender_bytes;   /* of that sender */
	uint64_t receiver_bytes; /* for that account */
	uint64_t both, both_bytes;
};

/* Whether another one of `length` bytes may be kept, of `most` bytes in all: OK or NOTES_FULL. */
enum verdict kept_has_room(const struct kept_use *u, uint64_t length, uint64_t most);

/* Whether one that was kept at that time is too old. A clock that was set back makes nothing older. */
bool kept_is_over(int64_t time_ms, int64_t now_ms);

/* What becomes of a kept note that its receiver, or its policy, has answered so. */
enum kept_fate {
	KEPT_DONE,  /* delivered, or refused for good: forget it, and go on with the next one */
	KEPT_LATER, /* it stays, until the session logs in again */
};

enum kept_fate kept_fate(enum verdict v);

#endif
