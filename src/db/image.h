/*
 * A new database that is there whole, or not at all. SQLite itself makes one step by step, and waits for the disk at
 * each step. Here it is made in memory, written as one file under a temporary name, and then renamed.
 */
#ifndef PCHAT_DB_IMAGE_H
#define PCHAT_DB_IMAGE_H

#include "base/macros.h"

/*
 * Makes PATH, which is not there, a database with a write-ahead log that is empty, and with what the statements `sql` put
 * into an empty one. Nobody else may make it at the same time. Whatever of an earlier attempt lies beside it, as PATH.made,
 * is written over. Afterwards the file and its name are on the disk. 0; -ENOSYS: this SQLite cannot; another -errno: it may be
 * there all the same, whole.
 */
MUST_USE int image_make(const char *path, const char *sql);

#endif
