#include "session/mailbox/sent_scan.h"

#include <errno.h>
#include <string.h>

#include "db/database.h"

#define ROWS "SELECT id, after, time, msgid, uid, name, account, bodies FROM run WHERE "
static const char *const sql_rows[] = { ROWS ROWS_UP("run") " ORDER BY id", ROWS ROWS_DOWN " ORDER BY id DESC" };

int
sent_scan_init(struct sent_scan *s, sqlite3 *db, bool down)
{
	memset(s, 0, sizeof(*s));
	s->rows.down = down;
	return database_prepare(db, &sql_rows[down], &s->rows.stmt, 1);
}

void
sent_scan_release(struct sent_scan *s)
{
	(void)sqlite3_finalize(s->rows.stmt);
	pack_view_release(&s->pack);
	memset(s, 0, sizeof(*s));
}

void
sent_scan_seek(struct sent_scan *s, const struct needle *needle)
{
	s->needle = needle;
}

void
sent_scan_start(struct sent_scan *s, int64_t from)
{
	pack_view_release(&s->pack);
	rows_start(&s->rows, from);
	s->from = from;
}

static int
open_run(struct sent_scan *s)
{
	sqlite3_stmt *const q = s->rows.stmt;
	const void *bodies = sqlite3_column_blob(q, 7);
	const size_t n = (size_t)sqlite3_column_bytes(q, 7);
	struct record *r = &s->run;
	int rc;

	*r = (struct record){ .own = true,
		.id = (uint64_t)s->rows.id,
		.time_ms = sqlite3_column_int64(q, 2),
		.peer.uid = (uint32_t)sqlite3_column_int64(q, 4) };
	s->after = (uint64_t)sqlite3_column_int64(q, 1);
	s->has_id = database_ident(q, 3, &r->msgid);
	database_text(q, 5, r->peer.name, sizeof(r->peer.name));
	database_text(q, 6, r->peer.account, sizeof(r->peer.account));
	rc = pack_open(&s->pack, bodies, n);
	pack_start(&s->pack, s->rows.down, s->from - s->rows.id);
	if (s->needle && !needle_possible(s->needle, bodies, n))
		s->pack.left = 0;
	return rc;
}

/* The next body of the run that is wanted; NULL at its end. */
static const uint8_t *
next_body(struct sent_scan *s, uint32_t *index, uint32_t *length)
{
	const uint8_t *body;

	while ((body = pack_next(&s->pack, index, length)))
		if (!s->needle || needle_found(s->needle, body, *length))
			break;
	return body;
}

int
sent_scan_next(struct sent_scan *s, struct record *r)
{
	const uint8_t *body;
	uint32_t index, length;
	int rc;

	while (!(body = next_body(s, &index, &length)))
		if ((rc = rows_next(&s->rows)) <= 0 || (rc = open_run(s)) < 0)
			return rc;
	*r = s->run;
	r->id += index;
	r->msgid = ident_add(&s->run.msgid, index);
	r->body = body;
	r->length = length;
	return length <= MESSAGE_MAX ? 1 : -EUCLEAN;
}
