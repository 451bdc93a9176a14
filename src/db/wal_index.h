/*
 * The index of a write-ahead log, which SQLite keeps in PATH-shm and maps into memory. Writing to a mapping needs room
 * on the disk when the file has a hole there, or when the file system writes nothing in place; without that room
 * the process would be killed by SIGBUS. So the room is taken beforehand, where a lack of it is an error.
 */
#ifndef PCHAT_DB_WAL_INDEX_H
#define PCHAT_DB_WAL_INDEX_H

#include <sqlite3.h>

#include "base/macros.h"

/*
 * To be called before SQLite opens PATH. On a file system that would write it elsewhere each time (btrfs) an index that
 * is not there yet is made such that it is written in place. What fails here is found out later.
 */
void wal_index_prepare(const char *path);

/*
 * To be called after SQLite opened the database, and before anything is read from it: from now on the index has its
 * room before it is written to, else SQLite is told SQLITE_FULL. 0 or -ENOMEM.
 */
MUST_USE int wal_index_guard(sqlite3 *db);

#endif
