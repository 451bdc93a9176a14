/*
 * Which daemon is meant, and whether the process that listens there may be trusted with messages.
 */
#ifndef PCHAT_NET_ENDPOINT_H
#define PCHAT_NET_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"

#define ENDPOINT_FOLDER "/run/pchat"
#define ENDPOINT_HOST ENDPOINT_FOLDER "/pchat.sock" /* the host's daemon */
#define ENDPOINT_OWN "_pchatd.sock" /* the user's own, in the runtime folder; no name of a session begins with '_' */

/*
 * The path of the daemon's socket: `named` if that is not NULL, else the host's when /run/pchat exists or cannot be
 * looked for. NULL: the user's own daemon is meant. Nothing is allocated.
 */
const char *endpoint_path(const char *named);

/*
 * Whether the daemon at the other end of `fd` may be trusted. It may when the kernel says that its uid is 0, or ours,
 * or that of a system account (below 1000, see login.defs(5)) that owns the folder of the socket `path`. With `path`
 * NULL, the user's own daemon, only 0 and ours will do. With `explicit` anybody is trusted: the user gave --socket. 0;
 * -EPERM: it may not; another -errno as of socket_peer().
 */
MUST_USE int endpoint_trusted(int fd, const char *path, bool explicit);

/*
 * Writes a sentence for people into words[size]: why the daemon at `path` could not be reached, and what to do. `error`
 * is the -errno of connect(2); -EPERM stands for "not trusted". May ask the user database (getgrgid(3)).
 */
void endpoint_words(const char *path, int error, char *words, size_t size);

#endif
