/*
 * The way to a session's daemon: which one it is, and whether the one who
 * listens there may be told what we have to say.
 */
#ifndef PCHAT_SESSION_UPLINK_ENDPOINT_H
#define PCHAT_SESSION_UPLINK_ENDPOINT_H

#include <stddef.h>

#include "base/macros.h"
#include "net/session_file.h"
#include "session/uplink/autostart.h"

struct session;

/*
 * Notes in the file which daemon it is: the one that was named, else (NULL) the host's where /run/pchat is there, else
 * the user's own. `trusted`: the user named it by --socket, and whoever listens there is trusted.
 */
void endpoint_choose(struct session_file *file, const char *socket, bool trusted);

/*
 * Connects to it: a non-blocking descriptor, or -errno. Whoever needs the user's own daemon and finds it dead starts
 * it again. Fails: -EPERM (neither root's, nor the socket folder's owner's, nor ours, and not named by the user), and
 * as socket_connect(). `why` is as of autostart_start(), else empty.
 */
#define ENDPOINT_WHY AUTOSTART_WHY
MUST_USE int endpoint_daemon(struct session *s, char why[ENDPOINT_WHY]);

/* The same for a login: a daemon that was meant to be there, and refuses or is missing, is waited for. */
MUST_USE int endpoint_await(struct session *s, unsigned wait_ms, char why[ENDPOINT_WHY]);

/* Why it could not be reached, for the one who logs in. */
void endpoint_words(const struct session *s, int error, const char *why, char *words, size_t size);

#endif
