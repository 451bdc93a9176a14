/*
 * Rows of a table by their ids, up or down, and past what of the file is damaged.
 */
#ifndef PCHAT_SESSION_MAILBOX_ROWS_H
#define PCHAT_SESSION_MAILBOX_ROWS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"

/* The largest id that a row may have: ids of all that is packed into it, and twice as much, are numbers still. */
#define ROW_ID_MAX (INT64_MAX / 4)

/* The condition of a walk: up from the last row at or before ?1, which may be a pack that holds it; or down from there. */
#define ROWS_UP(table) "id >= coalesce((SELECT id FROM " table " WHERE id <= ?1 ORDER BY id DESC LIMIT 1), 0)"
#define ROWS_DOWN "id <= ?1"

struct rows {
	sqlite3_stmt *stmt; /* column 0: the id. By ROWS_UP() or ROWS_DOWN, and in the order of ids. */
	bool down;
	bool ended;
	int64_t id; /* of the present row; 0: there was none yet */
	int64_t at; /* where we stand: that row, or where the latest attempt begins */
};

/* Begins anew, at or before `from`. */
void rows_start(struct rows *r, int64_t from);

/*
 * 1: there is another row, with its id in r->id; 0: the end; -errno, which is the end as well. But -EUCLEAN: rows of a
 * damaged page, or a row that cannot be one, have been left out; whoever goes on gets those behind them.
 */
MUST_USE int rows_next(struct rows *r);

/* Ends the reading, so that the log can be written back. */
void rows_stop(struct rows *r);

#endif
