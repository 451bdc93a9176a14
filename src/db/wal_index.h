/*
 * The index of a write-ahead log, which SQLite keeps in PATH-shm and maps into memory. Writing to a mapping takes room
 * on the disk when the file has a hole there, or when the file system writes nothing in place. On a full disk such a
 * write kills the process by SIGBUS. So the room is taken beforehand, where a lack of it is an error that SQLite
 * handles.
 */
#ifndef PCHAT_DB_WAL_INDEX_H
#define PCHAT_DB_WAL_INDEX_H

#include <sqlite3.h>

#include "base/macros.h"

/*
 * Call it before SQLite opens PATH. On btrfs, which writes nothing in place, it makes the index with that turned off
 * (FS_NOCOW_FL), unless there is an index already. What fails here shows later, as SQLITE_FULL.
 */
void wal_index_prepare(const char *path);

/*
 * Call it after SQLite opened the database and before anything is read from it. From then on the index has its room
 * before it is written to, or SQLite is told SQLITE_FULL. An index that could be opened for reading only, though it may be
 * written to, as no descriptor was free, is SQLITE_CANTOPEN; one on a read-only disk is read. What SQLite cuts off the
 * database file is overwritten (erase_cut()). What all this takes is freed when SQLite closes the file. 0 or -ENOMEM.
 */
MUST_USE int wal_index_guard(sqlite3 *db);

#endif
