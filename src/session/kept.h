/*
 * The part of a session's state that is kept in its inbox, so that a helper that is started anew knows it: the pair,
 * the rules, whether notes are taken, and why its owner is away. Pair and rules are kept as frames of the protocol.
 */
#ifndef PCHAT_SESSION_KEPT_H
#define PCHAT_SESSION_KEPT_H

#include "base/macros.h"
#include "session/state/state.h"

struct store;

/* Puts the pair, or that there is none, into the open transaction. A failure shows when that is committed. */
void kept_pair(struct store *store, const struct partner *partner);

/* Commits that there is none. 0 or -errno. */
MUST_USE int kept_no_pair(struct store *store);

/*
 * Sets the pair, its peer and whether that is online, from what an earlier helper kept. Leaves *partner when there is
 * none.
 */
void kept_load_pair(struct store *store, struct partner *partner);

/* Keeps whether notes are turned off, and commits. 0 or -errno. */
MUST_USE int kept_notes_off(struct store *store, bool off);

/* Reads that; false when nothing was kept. 0 or -errno. */
MUST_USE int kept_load_notes_off(struct store *store, bool *off);

/* Keeps why the owner is away, "" when he is not, and commits. 0 or -errno. */
MUST_USE int kept_away(struct store *store, const char *text);

/* Reads that; "" also when it cannot be read. */
void kept_load_away(struct store *store, char text[AWAY_MAX + 1]);

/* Keeps the rules, and commits. 0 or -errno. */
MUST_USE int kept_policy(struct store *store, const struct policy *policy);

/*
 * Reads the rules; leaves *policy when none were kept. 0; -EUCLEAN: they are damaged; another -errno: they could not be
 * read, and may be there.
 */
MUST_USE int kept_load_policy(struct store *store, struct policy *policy);

#endif
