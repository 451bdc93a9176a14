/*
 * Which daemon is meant, and whether the one who listens there may be told what we have to say.
 */
#ifndef PCHAT_NET_ENDPOINT_H
#define PCHAT_NET_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"

#define ENDPOINT_FOLDER "/run/pchat"
#define ENDPOINT_HOST ENDPOINT_FOLDER "/pchat.sock" /* the host's daemon */
#define ENDPOINT_OWN "_pchatd.sock" /* the user's own, in the runtime folder: no session's name begins so */

/*
 * The path of the daemon's socket: `named` if it is not NULL, else the host's where /run/pchat is there. NULL: it is
 * the user's own.
 */
const char *endpoint_path(const char *named);

/*
 * Whether the daemon at the other end of `fd` may be trusted: it is root's, or ours, or that of a system account (below
 * 1000) that owns the folder of the socket `path` (NULL: the user's own daemon, which must be ours). `explicit`: the
 * user named the socket by --socket, and trusts whoever is there. 0; -EPERM; or as socket_peer().
 */
MUST_USE int endpoint_trusted(int fd, const char *path, bool explicit);

/* Why the daemon at `path` could not be reached (`error` as of connect(2), -EPERM: not trusted), and what to do. */
void endpoint_words(const char *path, int error, char *words, size_t size);

#endif
