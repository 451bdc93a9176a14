/*
 * After a lost registry (D6): the daemon has forgotten who was here, and its sessions come back one after another, each
 * saying who it is and which pair it was in. Until the grace time is over, nobody logs in anew, so that nobody takes a
 * name unawares; whoever says to be an earlier session is believed, but for names of accounts. And a pair is made again
 * when both of its sides say the same of it. The pair's id alone would not do: it can be guessed, and whoever claims it
 * first would take the partner's place. If the daemon has known a pair of a session since then, it believes nothing
 * that this session says of its pair: that pair may have ended, and the session's helper may have died before it heard
 * so.
 */
#ifndef PCHAT_CORE_CLAIM_H
#define PCHAT_CORE_CLAIM_H

#include <stdbool.h>
#include <stdint.h>

#include "core/limits.h"
#include "core/verdict.h"

/* What a session says of its pair. */
struct claim {
	uint64_t pair; /* 0: it says nothing */
	uint32_t uid;  /* the partner's */
	char name[NAME_MAX_LEN + 1];
};

/* Who a session is, and what it says; claim NULL: nothing. */
struct claimant {
	const char *name;
	uint32_t uid;
	const struct claim *claim;
	bool had_pair; /* the daemon has known a pair of it since the loss */
};

/* Whether both say that they were in one pair, with each other. */
bool claim_agree(const struct claimant *a, const struct claimant *b);

/*
 * Whether a session that the daemon does not know may come in now. `resumes`: it comes back, and wants to be nobody
 * new. `lost`: the registry was lost, and the grace time is not over.
 *
 * OK: as a new session under its old name, or as a new one; STARTING: not yet; EXPIRED: there is nothing to come back to.
 */
enum verdict claim_admit(bool resumes, bool lost);

#endif
