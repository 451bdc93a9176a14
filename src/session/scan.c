#include "session/scan.h"

#include <errno.h>
#include <string.h>

#include "session/database.h"

int
scan_init(struct scan *s, sqlite3 *db, const char *rows)
{
	const char *const sql[] = { rows,
		"SELECT first_record, count, msgid, name, account, uid FROM stretch"
		" WHERE first_record <= ?1 ORDER BY first_record DESC LIMIT 1" };
	sqlite3_stmt *stmt[ARRAY_SIZE(sql)];
	const int r = database_prepare(db, sql, stmt, ARRAY_SIZE(sql));

	memset(s, 0, sizeof(*s));
	if (r < 0)
		return r;
	s->rows = stmt[0];
	s->stretch = stmt[1];
	return 0;
}

void
scan_release(struct scan *s)
{
	(void)sqlite3_finalize(s->rows);
	(void)sqlite3_finalize(s->stretch);
	memset(s, 0, sizeof(*s));
}

void
scan_start(struct scan *s, int64_t first, int64_t second)
{
	(void)sqlite3_reset(s->rows);
	(void)sqlite3_bind_int64(s->rows, 1, first);
	(void)sqlite3_bind_int64(s->rows, 2, second);
	s->first = s->end = 0;
}

void
scan_stop(struct scan *s)
{
	(void)sqlite3_reset(s->rows);
}

static void
copy_text(sqlite3_stmt *stmt, int column, char *out, size_t size)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);
	const size_t len = text ? strnlen(text, size - 1) : 0;

	if (len > 0)
		memcpy(out, text, len);
	out[len] = '\0';
}

static int
read_stretch(struct scan *s, int64_t id)
{
	_cleanup_(database_reset) sqlite3_stmt *const q = s->stretch;
	int r;

	(void)sqlite3_bind_int64(q, 1, id);
	if ((r = database_row(q)) <= 0)
		return r < 0 ? r : -EUCLEAN;
	s->first = sqlite3_column_int64(q, 0);
	s->end = s->first + sqlite3_column_int64(q, 1);
	memset(&s->msgid, 0, sizeof(s->msgid));
	if (sqlite3_column_bytes(q, 2) == IDENT_LEN)
		memcpy(s->msgid.b, sqlite3_column_blob(q, 2), IDENT_LEN);
	copy_text(q, 3, s->peer.name, sizeof(s->peer.name));
	copy_text(q, 4, s->peer.account, sizeof(s->peer.account));
	s->peer.uid = (uint32_t)sqlite3_column_int64(q, 5);
	return id < s->end ? 0 : -EUCLEAN; /* a record that no stretch knows */
}

int
scan_next(struct scan *s, struct record *r)
{
	const int row = database_row(s->rows);
	int64_t id;
	int rc;

	if (row <= 0)
		return row;
	id = sqlite3_column_int64(s->rows, 0);
	if ((id < s->first || id >= s->end) && (rc = read_stretch(s, id)) < 0)
		return rc;
	memset(r, 0, sizeof(*r));
	r->id = (uint64_t)id;
	r->time_ms = sqlite3_column_int64(s->rows, 1);
	r->type = (uint8_t)sqlite3_column_int(s->rows, 2);
	r->peer = s->peer;
	if (r->type == RECORD_MESSAGE)
		r->msgid = ident_add(&s->msgid, (uint64_t)(id - s->first));
	r->body = sqlite3_column_blob(s->rows, 3);
	r->length = (uint32_t)sqlite3_column_bytes(s->rows, 3);
	return r->length <= MESSAGE_MAX && r->type <= RECORD_GONE ? 1 : -EUCLEAN;
}
