/*
 * What of a session's state is kept with its inbox, as frames of the protocol: a helper that is started anew knows its
 * pair and its rules by that.
 */
#ifndef PCHAT_SESSION_KEPT_H
#define PCHAT_SESSION_KEPT_H

#include "base/macros.h"
#include "session/state/state.h"

struct store;

/* Puts the pair, or that there is none, into the open transaction. What cannot be kept is in the log, by the commit. */
void kept_pair(struct store *store, const struct partner *partner);

/* The pair of an earlier helper; nothing changes when there was none. */
void kept_load_pair(struct store *store, struct partner *partner);

/* Whether no notes are taken, committed. 0 or -errno. And as it was kept: 0, also when it was not, or -errno. */
MUST_USE int kept_notes_off(struct store *store, bool off);
MUST_USE int kept_load_notes_off(struct store *store, bool *off);

/* Why we are away ("": we are not), committed. 0 or -errno. And as an earlier helper kept it; "" when that cannot be read. */
MUST_USE int kept_away(struct store *store, const char *text);
void kept_load_away(struct store *store, char text[AWAY_MAX + 1]);

/* The rules, committed. 0 or -errno. */
MUST_USE int kept_policy(struct store *store, const struct policy *policy);

/* The rules that were kept. 0, also when there are none; -EUCLEAN: they are damaged; -errno: they may be there. */
MUST_USE int kept_load_policy(struct store *store, struct policy *policy);

#endif
