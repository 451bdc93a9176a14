/* The folder in which a session's inbox and history are kept. */
#ifndef PCHAT_SESSION_MAILBOX_FOLDER_H
#define PCHAT_SESSION_MAILBOX_FOLDER_H

#include <limits.h>
#include <stdbool.h>

#include "base/macros.h"

#define STORE_FILE "inbox.db" /* the file of what was received; sentbox.h has that of what was sent */

/*
 * Writes the path of a session's folder: pchat/NAME, or with a host (neither NULL nor empty) pchat/via/HOST/NAME, below
 * $XDG_STATE_HOME or ~/.local/state (XDG Base Directory Specification). `folded` is the name as name_file() has it.
 * With `create` the folder is made if need be. It belongs to us afterwards, has mode 0700 and is no symbolic link. 0;
 * -EPERM: it is somebody else's; -ENOTDIR: it is a link; another -errno.
 */
MUST_USE int session_folder(const char *host, const char *folded, char out[PATH_MAX], bool create);

/* Removes the search index that older versions kept in the folder `dir`. Failure is ignored. */
void session_folder_tidy(const char *dir);

#endif
