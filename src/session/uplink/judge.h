/*
 * The names that a daemon says, by R2. The decoder of the frame has checked their form; here the tables of
 * core/names/name.h are applied. The daemon may be another host's, or of a release with other tables: behind this
 * nobody has to look at a name again. (A page of sessions is passed on as it came, and looked at by who reads it:
 * client/who.h.)
 */
#ifndef PCHAT_SESSION_UPLINK_JUDGE_H
#define PCHAT_SESSION_UPLINK_JUDGE_H

#include <stdbool.h>

#include "base/macros.h"
#include "proto/upstream.h"

/*
 * Looks at the names in a message to the session that asked to be `self`. A note from a name that is none becomes one
 * from the account alone: it must not be lost. False: the message is not to be believed.
 */
MUST_USE bool judge_names(struct upstream_message *m, const char *self);

#endif
