/*
 * Somebody for whom others wait is told who waits: once for each account, until the chat in the way is over or ten
 * minutes have passed (R12). This remembers of which accounts a session was told. Whether that one takes contact at all
 * is not asked here. Plain state and one question.
 */
#ifndef PCHAT_CORE_WAITING_H
#define PCHAT_CORE_WAITING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/limits.h"

/* All uids that are not known to have an account are one. */
#define WAITING_NO_ACCOUNT UINT32_MAX

struct waiting {
	uint64_t chat; /* the pair in which the accounts below were told */
	uint32_t count;
	struct {
		uint32_t account;
		uint64_t told_ms;
	} told[WAITING_ACCOUNTS];
};

/*
 * Somebody of `account` (a uid, or WAITING_NO_ACCOUNT) waits for the one whose state this is, who is in pair `chat`.
 * True: say so, and it is remembered. False: that account was told already, or so many were that more would be noise.
 * `now_ms` is of the monotonic clock. The state is zeroed at first.
 */
bool waiting_tells(struct waiting *w, uint32_t account, uint64_t chat, uint64_t now_ms);

#endif
