/*
 * Which notes (R11) are taken: by the daemon, while they are on their way, and by the receiver's helper, until they are
 * read. Uids that are not known to have an account count as one. Pure.
 */
#ifndef PCHAT_CORE_NOTES_H
#define PCHAT_CORE_NOTES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/verdict.h"

/* Notes on their way through the daemon, not answered yet. */
struct notes_way {
	uint32_t all;
	uint32_t of_sender;   /* by that uid */
	uint32_t to_receiver; /* to that session */
	uint32_t of_both;     /* by that uid to that session */
};

/* Whether another one may go: OK, or what passes: FULL; ABSENT, the receiver takes no more just now. */
enum verdict notes_may_go(const struct notes_way *w);

/* Notes that are unread in an inbox. */
struct notes_unread {
	uint64_t count, bytes;
	uint64_t of_sender; /* by that uid */
};

/* Whether there is room for another one of `length` bytes: OK or NOTES_FULL. */
enum verdict notes_have_room(const struct notes_unread *u, uint64_t length);

/* Connections that only tell, see quota.h. */
struct notes_tellers {
	uint32_t all, unknown; /* unknown: of all uids that are not known to have an account */
	uint32_t of_sender;
	uint32_t connections; /* that the daemon may have */
};

/* Whether another one may stay. */
enum verdict notes_may_tell(const struct notes_tellers *t, bool known);

#endif
