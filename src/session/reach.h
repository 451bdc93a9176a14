/*
 * The way to a session's daemon: which one it is, and whether the one who
 * listens there may be told what we have to say.
 */
#ifndef PCHAT_SESSION_REACH_H
#define PCHAT_SESSION_REACH_H

#include <stddef.h>

#include "base/macros.h"
#include "net/rundir.h"
#include "session/owndaemon.h"

struct session;

/* Notes in the file which daemon it is: the one that was named, else (NULL) the host's, else the user's own. */
void reach_choose(struct session_file *file, const char *socket);

/*
 * Connects to it: a non-blocking descriptor, or -errno. Whoever needs the user's own daemon and finds it dead starts
 * it again. Fails: -EPERM (neither root's, nor the socket folder's owner's, nor ours, and not named by the user), and
 * as socket_connect(). `why` is as of owndaemon_start(), else empty.
 */
#define REACH_WHY OWNDAEMON_WHY
MUST_USE int reach_daemon(struct session *s, char why[REACH_WHY]);

/* Why it could not be reached, for the one who logs in. */
void reach_words(const struct session *s, int error, const char *why, char *words, size_t size);

#endif
