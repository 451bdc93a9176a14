/*
 * How much the daemon keeps of notes for accounts that are not logged in (R11). Uids that are not known to have an
 * account count as one sender. Pure.
 */
#ifndef PCHAT_CORE_NOTES_KEPT_H
#define PCHAT_CORE_NOTES_KEPT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/ident.h"
#include "core/verdict.h"

/* What a note of that length counts as: a short one takes a file and memory, too. */
uint64_t kept_cost(uint64_t length);

/* What is kept already: notes, and what they cost. */
struct kept_use {
	uint64_t all_bytes;
	uint64_t sender_bytes;   /* of that sender */
	uint64_t receiver_bytes; /* for that account */
	uint64_t both, both_bytes;
};

/* Whether another one of `length` bytes may be kept, where all may cost `most`: OK or NOTES_FULL. */
enum verdict kept_has_room(const struct kept_use *u, uint64_t length, uint64_t most);

/* Whether one that was kept at that time is too old. A clock that was set back makes nothing older. */
bool kept_is_over(int64_t time_ms, int64_t now_ms);

/* What becomes of a kept note that its receiver, or its policy, has answered so. */
enum kept_fate {
	KEPT_DONE,     /* delivered, or refused for good: forget it, and go on with the next one */
	KEPT_AT_LOGIN, /* nobody is there: it stays, until the session logs in */
	KEPT_LATER,    /* it stays, and goes again after a pause: the session may be there, and stay for long */
	KEPT_YIELD,    /* likewise; but others' notes go on, as too many of its sender may be unread there */
	KEPT_ANEW,     /* another note of its sender has its id there: it goes once more, under kept_other_id() */
};

/* `anew`: it went under the other id. */
enum kept_fate kept_fate(enum verdict v, bool anew);

/* Tells notes of one sender under one id apart. */
uint64_t kept_digest(const uint8_t *body, uint32_t length);

/*
 * The id of a note that was said to be kept, and whose own one another note of its sender has taken in that inbox. It is
 * made of both, so that it is the same whenever the note is passed on.
 */
struct ident kept_other_id(const struct ident *msgid, uint64_t digest);

#endif
