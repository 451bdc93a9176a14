/*
 * Two protocols of systemd without its library: sockets that it passes (sd_listen_fds(3)) and messages to it
 * (sd_notify(3)).
 */
#ifndef PCHAT_DAEMON_NOTIFY_H
#define PCHAT_DAEMON_NOTIFY_H

#include <limits.h>

#include "base/macros.h"

/*
 * The listening socket that was passed to this process, made non-blocking and close-on-exec; `path` receives the path
 * where it listens. Removes LISTEN_PID and LISTEN_FDS from the environment, so that no child believes them. -ENOENT:
 * none was passed; -EINVAL: it is not exactly one listening Unix stream socket; another -errno.
 */
MUST_USE int notify_listener(char path[PATH_MAX]);

/*
 * Tells the supervisor `state`, "READY=1" or "STOPPING=1", if NOTIFY_SOCKET names one. Never blocks; what cannot be
 * sent is dropped.
 */
void notify_state(const char *state);

#endif
