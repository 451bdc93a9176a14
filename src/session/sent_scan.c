#include "session/sent_scan.h"

#include <errno.h>
#include <string.h>

#include "session/database.h"

#define ROWS "SELECT id, after, time, msgid, uid, name, account, bodies FROM run WHERE id "
static const char *const rows[] = { ROWS "+ count > ?1 ORDER BY id", ROWS "<= ?1 ORDER BY id DESC" };

int
sent_scan_init(struct sent_scan *s, sqlite3 *db, bool down)
{
	memset(s, 0, sizeof(*s));
	s->down = down;
	return database_prepare(db, &rows[down], &s->rows, 1);
}

void
sent_scan_release(struct sent_scan *s)
{
	(void)sqlite3_finalize(s->rows);
	pack_view_release(&s->pack);
	memset(s, 0, sizeof(*s));
}

void
sent_scan_start(struct sent_scan *s, int64_t from)
{
	(void)sqlite3_reset(s->rows);
	pack_view_release(&s->pack);
	(void)sqlite3_bind_int64(s->rows, 1, from);
	s->from = from;
	s->ended = false;
}

static int
open_run(struct sent_scan *s)
{
	const int64_t id = sqlite3_column_int64(s->rows, 0);
	struct record *r = &s->run;
	int rc;

	if (!PACK_ID_VALID(id))
		return -EUCLEAN;
	*r = (struct record){ .own = true,
		.id = (uint64_t)id,
		.time_ms = sqlite3_column_int64(s->rows, 2),
		.peer.uid = (uint32_t)sqlite3_column_int64(s->rows, 4) };
	s->after = (uint64_t)sqlite3_column_int64(s->rows, 1);
	(void)database_ident(s->rows, 3, &r->msgid);
	database_text(s->rows, 5, r->peer.name, sizeof(r->peer.name));
	database_text(s->rows, 6, r->peer.account, sizeof(r->peer.account));
	rc = pack_open(&s->pack, sqlite3_column_blob(s->rows, 7), (size_t)sqlite3_column_bytes(s->rows, 7));
	pack_start(&s->pack, s->down, s->from - id);
	return rc;
}

int
sent_scan_next(struct sent_scan *s, struct record *r)
{
	const uint8_t *body;
	uint32_t index, length;
	int rc;

	while (!(body = pack_next(&s->pack, &index, &length))) {
		/* A statement that was stepped beyond its end, or a failure, would begin again. */
		rc = s->ended ? 0 : database_row(s->rows);
		s->ended = rc <= 0;
		if (rc <= 0 || (rc = open_run(s)) < 0)
			return rc;
	}
	*r = s->run;
	r->id += index;
	r->msgid = ident_add(&s->run.msgid, index);
	r->body = body;
	r->length = length;
	return 1;
}
