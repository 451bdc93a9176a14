/*
 * Records of an inbox, up or down by their ids, with whom they are from: the rows, what
 * is packed into one of them, and beside each record the stretch that it belongs to (store.h).
 */
#ifndef PCHAT_SESSION_MAILBOX_SCAN_H
#define PCHAT_SESSION_MAILBOX_SCAN_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "proto/control.h"
#include "session/mailbox/kinds.h"
#include "session/mailbox/needle.h"
#include "session/mailbox/pack.h"
#include "session/mailbox/rows.h"

/* In the column `type`, beside enum record_type: the row is a pack of messages, with ids from its own on. */
#define RECORD_PACK 64

struct scan {
	struct rows rows;
	sqlite3_stmt *stretch; /* the one that begins at or before an id */
	int64_t from;
	const struct needle *needle; /* only messages and notes that hold it are wanted; NULL: all records */
	struct pack_view pack;       /* of the present row */
	int64_t pack_time;           /* of all of them */
	int64_t first;               /* record of the stretch read last; 0: none */
	int64_t end;
	struct ident msgid;
	struct peer peer;
};

/* Fails as database_prepare(). */
MUST_USE int scan_init(struct scan *s, sqlite3 *db, bool down);
void scan_release(struct scan *s);

/* From the next scan_start() on only messages and notes that hold the text are told, which the caller keeps; NULL: all records. */
void scan_seek(struct scan *s, const struct needle *needle);

/* Begins anew, with record `from` or the next one that there is, of those kinds (kinds.h). */
void scan_start(struct scan *s, int64_t from, unsigned kinds);

/*
 * 1 and *r, whose body lives until the next call; 0 at the end; -errno. -EUCLEAN: what comes next is damaged. Whoever
 * goes on gets what is left: of a damaged pack the bodies before the damage, then what lies behind it (rows.h).
 */
MUST_USE int scan_next(struct scan *s, struct record *r);

/* Ends the reading, so that the log can be written back. */
void scan_stop(struct scan *s);

#endif
