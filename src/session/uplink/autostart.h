/*
 * Reaches the session's daemon. The user's own pchatd, for when the host has none, lies in the user's
 * runtime folder; whoever needs it and finds it dead starts it again, once however many do.
 * Its registry is there as well: it lives no longer than the sessions' own files, and
 * it is never another daemon's, neither that of another runtime folder nor the host's.
 */
#ifndef PCHAT_SESSION_UPLINK_AUTOSTART_H
#define PCHAT_SESSION_UPLINK_AUTOSTART_H

#include <stddef.h>

#include "base/macros.h"
#include "net/session_file.h"

struct autostart {
	const struct rundir *dir;        /* there the user's own daemon listens */
	const struct session_file *file; /* says which daemon it is */
	/* The user's own daemon was started: a line for the user. */
	void (*note)(void *context, const char *format, const char *about);
	void *context;
};

/*
 * Connects to the daemon: a non-blocking descriptor, or -errno as socket_connect(); -EPERM: it is not to be
 * trusted. `why` is what a daemon of our own
 * that could not be started said itself, when that is known; else empty.
 */
#define AUTOSTART_WHY 512
MUST_USE int autostart_connect(const struct autostart *a, char why[AUTOSTART_WHY]);

/* The same for a login: a daemon that was meant to be there, and refuses or is missing, is waited for. */
MUST_USE int autostart_await(const struct autostart *a, unsigned wait_ms, char why[AUTOSTART_WHY]);

/* Why it could not be reached, for the one who logs in. */
void autostart_words(const struct autostart *a, int error, const char *why, char *words, size_t size);

#endif
