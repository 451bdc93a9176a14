#include "session/mailbox/rows.h"

#include <errno.h>

#include "db/database.h"

static void
begin(struct rows *r, int64_t from)
{
	(void)sqlite3_reset(r->stmt);
	(void)sqlite3_bind_int64(r->stmt, 1, from);
}

static void
seek(struct rows *r, int64_t to)
{
	begin(r, to);
	r->at = to;
}

void
rows_start(struct rows *r, int64_t from)
{
	r->id = 0;
	r->ended = false;
	seek(r, from < 0 ? 0 : from > ROW_ID_MAX ? ROW_ID_MAX : from);
}

void
rows_stop(struct rows *r)
{
	(void)sqlite3_reset(r->stmt);
}

static bool
is_readable(struct rows *r, int64_t from)
{
	begin(r, from);
	return database_row(r->stmt) >= 0;
}

/* The next id to try, behind `bad`: ever further away. But down from where ids may only just have begun, by halves. */
static int64_t
beyond(const struct rows *r, int64_t bad, int64_t step)
{
	if (!r->down)
		return step < ROW_ID_MAX - r->at ? r->at + step : ROW_ID_MAX;
	return step < r->at && r->at - step > bad / 2 ? r->at - step : bad / 2;
}

/*
 * SQLite does not go on behind a damaged page: stepped on it begins again. Nobody knows which rows the page has. So some
 * id behind it is looked for, then the nearest one by halving what lies between.
 */
static void
leave_behind(struct rows *r)
{
	const int64_t end = r->down ? 0 : ROW_ID_MAX;
	int64_t step = 1, bad = r->at, good = bad;

	while (bad != end && !is_readable(r, good = beyond(r, bad, step))) {
		bad = good;
		step = step < ROW_ID_MAX ? 2 * step : step;
	}
	if (bad == end) {
		r->ended = true;
		return;
	}
	while (good - bad > 1 || bad - good > 1) {
		const int64_t middle = bad + (good - bad) / 2;

		if (is_readable(r, middle))
			good = middle;
		else
			bad = middle;
	}
	seek(r, good);
}

/* Whether it lies behind the one before: an attempt begins at or before its id. */
static bool
is_new(const struct rows *r, int64_t id)
{
	return r->id == 0 || (r->down ? id < r->id : id > r->id);
}

int
rows_next(struct rows *r)
{
	int64_t id;
	int rc;

	if (r->ended)
		return 0;
	do {
		if ((rc = database_row(r->stmt)) == -EUCLEAN)
			leave_behind(r);
		else if (rc <= 0)
			r->ended = true; /* stepped beyond its end, a statement begins again */
		if (rc <= 0)
			return rc;
		id = sqlite3_column_int64(r->stmt, 0);
		if (id < 1 || id > ROW_ID_MAX)
			return -EUCLEAN;
	} while (!is_new(r, id));
	r->id = r->at = id;
	return 1;
}
