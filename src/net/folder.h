/*
 * Folders below the user's own: nothing is ever made below a folder that belongs to somebody else. After `sudo -E`, for
 * example, HOME is the folder of another user.
 */
#ifndef PCHAT_NET_FOLDER_H
#define PCHAT_NET_FOLDER_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"

/*
 * Opens the folder, and with `create` makes it and those above it that are missing, 0700, each below one that belongs
 * to the effective uid. Returns the descriptor, or -errno; then the path is cut to the folder that is to blame. -EPERM:
 * that one is somebody else's, and something would have to be made in it.
 */
MUST_USE int folder_open(char path[PATH_MAX], bool create);

/* 0 when the descriptor is a folder of the effective uid; -EPERM: it is somebody else's; -errno. */
MUST_USE int folder_owned(int fd);

/*
 * The path of `below` in the state folder, ${XDG_STATE_HOME:-~/.local/state}/pchat. 0; -ENOENT: the environment names
 * neither; -ENAMETOOLONG; -EPERM: HOME would be used and belongs to somebody else, and `out` is its path.
 */
MUST_USE int folder_state(const char *below, char out[PATH_MAX]);

#endif
