/*
 * Records of an inbox, with whom they are from: the rows that a statement
 * chooses, and beside each the stretch that it belongs to (store.h).
 */
#ifndef PCHAT_SESSION_SCAN_H
#define PCHAT_SESSION_SCAN_H

#include <sqlite3.h>
#include <stdint.h>

#include "base/macros.h"
#include "proto/control.h"

struct scan {
	sqlite3_stmt *rows;    /* id, time, type, body */
	sqlite3_stmt *stretch; /* the one that begins at or before an id */
	int64_t first;         /* record of the stretch read last; 0: none */
	int64_t end;
	struct ident msgid;
	struct peer peer;
};

/* `rows` is a SELECT of id, time, type, body FROM record, with parameters ?1 and ?2. Fails as database_prepare(). */
MUST_USE int scan_init(struct scan *s, sqlite3 *db, const char *rows);
void scan_release(struct scan *s);

/* Begins anew with other parameters. Nothing that was learned of stretches is trusted any more. */
void scan_start(struct scan *s, int64_t first, int64_t second);

/* 1 and *r, whose body lives until the next call; 0 at the end; -errno. */
MUST_USE int scan_next(struct scan *s, struct record *r);

/* Ends the reading, so that the log can be written back. */
void scan_stop(struct scan *s);

#endif
