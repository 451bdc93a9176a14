/*
 * The receiving half of a session helper (D1-D5): which message is stored, and what is answered to it. The intake
 * keeps no message. It keeps the answers of this turn, as runs of consecutive ids with one fate.
 *
 * A turn of the loop is:
 *
 *   intake_offer()       for each message; where it says STORE, the message is stored, and
 *   intake_stored()      says what came of it
 *   intake_committed()   after one commit for all of them
 *   intake_answer()      until it returns false: the acknowledgements, in the order of arrival
 *
 * No gap is stored. When a message is refused, those that follow it in its stream are refused as well, as far as they
 * were on their way: the sender tells which message under way is the one before. A sender
 * that does not or cannot tell it has at most WINDOW_MESSAGES under way. So any message after those was sent with knowledge
 * of the refusal. Under a new epoch the sender repeats all, in order, and nothing is on its way any more.
 * Behind a message that may be stored nothing is certain either: what follows may have come before, under an earlier
 * epoch, and be stored as well.
 *
 * Plain state, no I/O, no clock.
 */
#ifndef PCHAT_CORE_INTAKE_H
#define PCHAT_CORE_INTAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/ident.h"
#include "core/limits.h"
#include "core/verdict.h"

#define INTAKE_RUNS 256U                            /* answers of one turn */
#define INTAKE_GAPS (WINDOW_MESSAGES + INTAKE_RUNS) /* each is the last of other messages, of a window and a turn */

/* Consecutive ids with one answer. */
struct intake_run {
	struct ident first;
	uint32_t count;  /* 1 to WINDOW_MESSAGES */
	uint8_t verdict; /* enum verdict */
	bool pending;    /* OK if the commit succeeds */
};

/* The message before `next` was refused. */
struct intake_gap {
	struct ident next;
	uint64_t number; /* of the refused one, in the order of arrival */
	uint8_t verdict; /* what those behind it are refused with */
};

struct intake {
	uint64_t pair; /* that the runs and gaps belong to */
	uint32_t epoch;
	uint32_t run_count;
	uint32_t answered; /* runs that intake_answer() gave already */
	uint32_t gap_head, gap_count;
	uint64_t arrived; /* messages, since the connection was made */
	uint32_t behind;  /* of the one that was offered last */
	struct intake_run run[INTAKE_RUNS];
	struct intake_gap gap[INTAKE_GAPS]; /* oldest first, from gap_head on */
};

/* At first, and when the connection is lost: nothing that it brought can be answered, the sender repeats it. */
void intake_reset(struct intake *i);

enum intake_decision {
	INTAKE_STORE,   /* store it, then call intake_stored() */
	INTAKE_REFUSED, /* it follows one that was refused; its answer is noted */
	INTAKE_COMMIT,  /* end the turn first: commit, answer, and offer it again */
	INTAKE_DROP,    /* of another pair than ours, and not to be answered (R9) */
};

/*
 * A message of `pair` under `epoch` arrived; `ours` is the pair that we are in, 0: none. `behind`: what its sender told
 * (core/courier.h).
 */
enum intake_decision
intake_offer(struct intake *i, uint64_t ours, uint64_t pair, uint32_t epoch, const struct ident *id, uint32_t behind);

enum intake_fate {
	INTAKE_ADDED,   /* stored, if the commit succeeds */
	INTAKE_KNOWN,   /* it was stored before */
	INTAKE_OTHER,   /* not stored: another message of this sender has its id */
	INTAKE_FULL,    /* not stored: over the limits */
	INTAKE_FAILED,  /* not stored: the disk refused */
	INTAKE_UNKNOWN, /* not stored now; whether it was stored before could not be found out */
};

/* What came of the message that was offered last. */
void intake_stored(struct intake *i, const struct ident *id, enum intake_fate fate);

/*
 * The commit succeeded (OK); nothing of this turn is stored (STORAGE); or the disk failed in such a way that it may be
 * (UNCONFIRMED).
 */
void intake_committed(struct intake *i, enum verdict v);

/* The next answer of this turn, under i->pair and i->epoch; false: there is none left. */
bool intake_answer(struct intake *i, struct intake_run *run);

/* Whether there are answers that were not given yet. */
static inline bool
intake_owes(const struct intake *i)
{
	return i->answered < i->run_count;
}

#endif
