/*
 * Connects to the session's daemon, and starts the user's own one where that is meant. The user's own pchatd, for hosts
 * without one, has its socket and its registry in the folder of the user's sessions (net/rundir.h). So its registry
 * lives no longer than the files of the sessions, and no other daemon uses it. A helper that finds the daemon dead
 * starts it; a lock ensures that only one helper does.
 */
#ifndef PCHAT_SESSION_UPLINK_AUTOSTART_H
#define PCHAT_SESSION_UPLINK_AUTOSTART_H

#include <stddef.h>

#include "base/macros.h"
#include "net/session_file.h"

struct autostart {
	const struct rundir *dir;        /* the folder of the user's own daemon */
	const struct session_file *file; /* whose `socket` is the daemon's; empty: the user's own is meant */
	/* Tells the user that his own daemon was started; `format` has one %s, for `about`. */
	void (*note)(void *context, const char *format, const char *about);
	void *context;
};

#define AUTOSTART_WHY 512 /* bytes of a daemon's own words */

/*
 * Connects to the daemon, and starts the user's own one if need be, for which it may block some seconds. A non-blocking
 * descriptor, the caller's; -EPERM: the daemon is not to be trusted; another -errno of socket_connect(). `why` receives
 * what a daemon that could not be started said, when that is known; else it is empty.
 */
MUST_USE int autostart_connect(const struct autostart *a, char why[AUTOSTART_WHY]);

/*
 * The same for a login: waits at most `wait_ms` for a daemon with a socket of its own that is missing or refuses
 * connections, and blocks meanwhile.
 */
MUST_USE int autostart_await(const struct autostart *a, unsigned wait_ms, char why[AUTOSTART_WHY]);

/*
 * Writes into words[size], for people, why the daemon could not be reached: `error` and `why` are what these functions
 * gave.
 */
void autostart_words(const struct autostart *a, int error, const char *why, char *words, size_t size);

#endif
