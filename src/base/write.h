/* Writing all of something to a descriptor that may take it in parts, and names to the disk. */
#ifndef PCHAT_BASE_WRITE_H
#define PCHAT_BASE_WRITE_H

#include <stddef.h>

#include "base/macros.h"

/* Writes the n bytes at `data` to fd, by as many write(2) as it takes. 0; or -errno, after which some may be written. */
MUST_USE int write_whole(int fd, const void *data, size_t n);

/* Waits until the names in a folder, as they are now, are on the disk (fsync(2)). 0 or -errno. */
MUST_USE int write_names(const char *folder);

#endif
