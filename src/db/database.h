/*
 * SQLite as daemon and helper use it: one file, WAL, errors as -errno. A database that is
 * damaged is moved aside, never removed. A full disk is an error, never the end of the process.
 */
#ifndef PCHAT_DB_DATABASE_H
#define PCHAT_DB_DATABASE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "core/ident.h"

enum database_mode {
	DATABASE_DURABLE, /* synchronous=FULL: a commit is on the disk */
	DATABASE_LAZY,    /* synchronous=NORMAL: a commit survives our end, not that of the machine */
	DATABASE_OWN,     /* as LAZY, and nobody else opens it while we have it */
	DATABASE_READER,  /* an existing one, beside its writer; as ALONE when the disk is full */
	DATABASE_ALONE,   /* an existing one, to be read, beside nobody: needs no room on the disk */
};

/* Once, before anything else of SQLite: no threads, no statistics. */
void database_setup(void);

/*
 * Opens PATH (made when missing, unless it is to exist), runs `schema` on it, which must be harmless on one that has it.
 * Whoever has it ALONE is waited for, for 2 s. Fails: -ENOENT, -EUCLEAN (damaged, or no database, or not the tables that
 * are expected), -ENOSPC, -EDQUOT, -EROFS, -EACCES, -EIO, -EBUSY, -ENOMEM.
 */
MUST_USE int database_open(sqlite3 **db, const char *path, enum database_mode mode, const char *schema);
void database_close(sqlite3 *db);

/*
 * The same for a file in DIR that may have nothing in it: *db is NULL, and all is well, where it is not there, where a full
 * disk left it empty, and where its making was ended early, by a kill or a full disk, so that it holds no table.
 */
MUST_USE int database_open_made(
    sqlite3 **db, const char *dir, const char *file, enum database_mode mode, const char *begin);

void database_closep(sqlite3 **db);

/* The result of the last call on db as -errno; 0 for OK, ROW and DONE. */
int database_error(sqlite3 *db, int result);

/* Whether there was no room on the disk, or no more of it was allowed. */
bool database_full(int error);

int database_exec(sqlite3 *db, const char *sql);

/*
 * sqlite3_wal_checkpoint_v2() in one of its modes, with the counts that it gives. Who writes the log back at this moment
 * is waited for, for 2 s: no busy handler is asked about that one. 0, also when PASSIVE left frames; -EBUSY; -errno.
 */
MUST_USE int database_checkpoint(sqlite3 *db, int mode, int *frames, int *moved);

/* Reads all of it: 0; -EUCLEAN: it is damaged; -errno. */
MUST_USE int database_check(sqlite3 *db);

/* Prepares `count` statements that will be kept; on failure none is left. -EUCLEAN: the tables are not as expected. */
MUST_USE int database_prepare(sqlite3 *db, const char *const sql[], sqlite3_stmt *stmt[], size_t count);
void database_finalize(sqlite3_stmt *stmt[], size_t count);

/* Steps to the one row that is expected, or to the end: 1 for a row, 0 for none, -errno. Reset is the caller's. */
MUST_USE int database_row(sqlite3_stmt *stmt);

/* The number that `query` gives first; 0 when it gives none. 0 or -errno. */
MUST_USE int database_number(sqlite3 *db, const char *query, int64_t *value);

/* Steps a statement that gives no row, and resets it. */
int database_run(sqlite3_stmt *stmt);

/* A column's text, cut to `size` - 1 bytes; empty for NULL. */
void database_text(sqlite3_stmt *stmt, int column, char *out, size_t size);

/* A column's message id; false, and all zero, when it holds none. */
bool database_ident(sqlite3_stmt *stmt, int column, struct ident *out);

/* Ends the statement's reading, so that its transaction may end. */
void database_reset(sqlite3_stmt *const *stmt);

/*
 * Whether PATH has a log that SQLite would throw away unread: one that does not begin as a log does, or one without
 * the database that it belongs to.
 */
bool database_log_damaged(const char *path);

/* Moves PATH and what belongs to it to PATH.corrupt-TIME...; `aside` receives the new path. */
MUST_USE int database_set_aside(const char *path, char *aside, size_t size);

/* Removes PATH and what belongs to it. Only for one that never had anything in it. */
void database_remove(const char *path);

#endif
