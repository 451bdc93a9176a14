/*
 * Goes through own records in the order of their ids, up or down. A sent.db (sentbox.h) holds them in rows, each a run
 * of records that are packed together.
 */
#ifndef PCHAT_SESSION_MAILBOX_SENT_SCAN_H
#define PCHAT_SESSION_MAILBOX_SENT_SCAN_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "proto/control.h"
#include "session/mailbox/needle.h"
#include "session/mailbox/pack.h"
#include "session/mailbox/rows.h"

struct sent_scan {
	struct rows rows;            /* the rows of the database */
	int64_t from;                /* the id to begin with */
	const struct needle *needle; /* only messages that contain it are wanted; NULL: all */
	struct pack_view pack;       /* the records of the present row */
	struct record run;           /* what these have in common; id and msgid are those of the first */
	bool has_id;                 /* that msgid could be read */
	uint64_t after;              /* the newest record of the inbox when the run was written */
};

/*
 * Prepares to read `db`, downwards if `down`. Freed by sent_scan_release(), also after failure. Fails as
 * database_prepare().
 */
MUST_USE int sent_scan_init(struct sent_scan *s, sqlite3 *db, bool down);
void sent_scan_release(struct sent_scan *s);

/* Only messages that contain the needle are wanted from now on, as by scan_seek(). The needle stays the caller's. */
void sent_scan_seek(struct sent_scan *s, const struct needle *needle);

/* Begins anew at record `from`, or at the next one in the direction of the scan. */
void sent_scan_start(struct sent_scan *s, int64_t from);

/* Fills in the next record, as scan_next() does. */
MUST_USE int sent_scan_next(struct sent_scan *s, struct record *r);

#endif
