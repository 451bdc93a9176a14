/*
 * Own records, up or down by their ids: the runs of a sent.db, and what is packed into
 * each (sentbox.h).
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
	struct rows rows;
	int64_t from;
	const struct needle *needle; /* only messages that hold it are wanted; NULL: all */
	struct pack_view pack;       /* of the present row */
	struct record run;           /* what its records have in common; id and msgid are the first one's */
	uint64_t after;              /* the newest record of the inbox when the run was written */
};

/* Fails as database_prepare(). */
MUST_USE int sent_scan_init(struct sent_scan *s, sqlite3 *db, bool down);
void sent_scan_release(struct sent_scan *s);

/* As scan_seek(). */
void sent_scan_seek(struct sent_scan *s, const struct needle *needle);

/* Begins anew, with record `from` or the next one that there is. */
void sent_scan_start(struct sent_scan *s, int64_t from);

/* As scan_next(). */
MUST_USE int sent_scan_next(struct sent_scan *s, struct record *r);

#endif
