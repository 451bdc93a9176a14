/*
 * systemd's two environment protocols, sd_listen_fds(3) and sd_notify(3), without
 * its library.
 */
#ifndef PCHAT_DAEMON_NOTIFY_H
#define PCHAT_DAEMON_NOTIFY_H

#include <limits.h>

#include "base/macros.h"

/*
 * The listening socket that was passed, non-blocking and close-on-exec; *path receives where it listens. -ENOENT
 * when none was passed to this process; -EINVAL when it is not one listening Unix stream socket.
 */
MUST_USE int notify_listener(char path[PATH_MAX]);

/* Tells the supervisor, if there is one: "READY=1", "STOPPING=1". Never blocks, never fails. */
void notify_state(const char *state);

#endif
