/*
 * What is deleted from a database is overwritten, so that it can be found in none of its files, nor in the blocks of the
 * disk that they had: rows by SQLite (secure_delete), copies of them in unused parts of pages by writing
 * all of it anew, and what is cut off a file by zeros before it is cut.
 */
#ifndef PCHAT_DB_ERASE_H
#define PCHAT_DB_ERASE_H

#include <sqlite3.h>

#include "base/macros.h"

/* Writes zeros over what lies behind `size`, then cuts it off; as a file's method for SQLite. */
int erase_cut(sqlite3_file *file, const sqlite3_io_methods *methods, sqlite3_int64 size);

/*
 * To be called when rows were deleted, and no transaction is open. Needs about as much room on the disk as the database
 * has, for a moment. 0; -EBUSY: a reader is in the way, and some may still be in the log; -errno.
 */
MUST_USE int erase_deleted(sqlite3 *db);

/* Overwrites a file, and removes it. 0, also when there is none; or -errno. */
MUST_USE int erase_file(const char *path);

#endif
