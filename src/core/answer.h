/*
 * What may be believed of an answer. A message, a note or an offer is answered by the helper of whoever gets it, and
 * nobody vouches for what a helper says but its own user: it may be any program. So only answers that a receiver can
 * truly give to that kind are passed on. Any other answer is replaced by the verdict that it amounts to. The daemon
 * asks here before it passes an answer on, and the sender's helper before it believes one: the daemon between may be of
 * an older release. Pure.
 */
#ifndef PCHAT_CORE_ANSWER_H
#define PCHAT_CORE_ANSWER_H

#include "core/verdict.h"

/* Of a message: OK, or why it was certainly not stored. All else is UNCONFIRMED. */
enum verdict answer_to_message(enum verdict v);

/* Of a note: as of a message. */
enum verdict answer_to_note(enum verdict v);

/* Of an offer: OK, it can be taken, or why it was not stored. All else is NOT_TAKEN: that is certain, no channel was made. */
enum verdict answer_to_offer(enum verdict v);

/* What a daemon tells of an offer: what its receiver says, or the daemon itself. All else is NOT_TAKEN. */
enum verdict answer_of_offer(enum verdict v);

#endif
