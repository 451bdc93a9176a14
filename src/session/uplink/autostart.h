/*
 * The user's own pchatd, for when the host has none: in the user's runtime
 * folder, started by whoever needs it and finds it dead, once however many do.
 * Its registry is there as well: it lives no longer than the sessions' own files, and
 * it is never another daemon's, neither that of another runtime folder nor the host's.
 */
#ifndef PCHAT_SESSION_UPLINK_AUTOSTART_H
#define PCHAT_SESSION_UPLINK_AUTOSTART_H

#include "base/macros.h"

struct session;

#define AUTOSTART_SOCKET "_pchatd.sock" /* no session's: no name begins so */

/*
 * Returns when it listens. 0, also when another helper is starting it just now; -errno, and in `why`, when that is
 * known, what it said itself. Notes that it did.
 */
#define AUTOSTART_WHY 512
MUST_USE int autostart_start(struct session *s, char why[AUTOSTART_WHY]);

#endif
