/*
 * Deleted data is overwritten, so that it is found neither in the files of a database nor in the disk blocks that they
 * had. SQLite overwrites deleted rows (PRAGMA secure_delete). Copies of rows in unused parts of pages go when the whole
 * database is written anew (VACUUM). What is cut off a file is filled with zeros before it is cut.
 */
#ifndef PCHAT_DB_ERASE_H
#define PCHAT_DB_ERASE_H

#include <sqlite3.h>

#include "base/macros.h"

/*
 * Fills a file with zeros from `size` (bytes) to its end, syncs it, and cuts it to `size`: the xTruncate of a file
 * whose own methods are `methods`. Returns SQLite's code of the cut. A disk that refuses the zeros is cut all the same.
 */
int erase_cut(sqlite3_file *file, const sqlite3_io_methods *methods, sqlite3_int64 size);

/*
 * Removes what deleted rows have left in the database and its log. Call it after rows were deleted, while no
 * transaction is open. For a moment it needs about as much room on the disk as the database takes. 0; -EBUSY: a reader
 * is in the way, and some of it may still be in the log; another -errno.
 */
MUST_USE int erase_deleted(sqlite3 *db);

/*
 * Fills a file with zeros, syncs it, and removes it; it is removed even when it cannot be written to. Follows no
 * symbolic link. 0, also when there is no such file; or -errno of the removal.
 */
MUST_USE int erase_file(const char *path);

/* Overwrites a whole file, and syncs it. 0 or -errno. */
MUST_USE int erase_descriptor(int fd);

#endif
