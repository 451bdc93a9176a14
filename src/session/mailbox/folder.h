/* Where a session's inbox and history are kept. */
#ifndef PCHAT_SESSION_MAILBOX_FOLDER_H
#define PCHAT_SESSION_MAILBOX_FOLDER_H

#include <limits.h>
#include <stdbool.h>

#include "base/macros.h"

#define STORE_FILE "inbox.db" /* in the folder: what was received; sentbox.h has what was sent */

/*
 * The folder of the session of that name, at that host (NULL or empty: here), below XDG_STATE_HOME (XDG Base Directory Specification) or ~/.local/state;
 * made with `create`: 0700, ours. 0 or -errno (-EPERM: somebody else's).
 */
MUST_USE int session_folder(const char *host, const char *folded, char out[PATH_MAX], bool create);

/* Removes what older versions kept in the folder `dir` and nobody needs any more: an index of what was said. */
void session_folder_tidy(const char *dir);

#endif
