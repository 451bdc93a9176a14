#include "session/mailbox/scan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/names/name.h"
#include "db/database.h"

/* ?2: the kinds that are wanted. */
#define ROWS "SELECT id, time, type, body FROM record WHERE (?2 & " KIND_OF("type") ") AND "
static const char *const sql_rows[] = { ROWS ROWS_UP("record") " ORDER BY id", ROWS ROWS_DOWN " ORDER BY id DESC" };
_Static_assert(
    RECORD_MESSAGE == 0 && RECORD_PACK == 64 && RECORD_NOTE == 8 && RECORD_OFFER == 9 && RECORD_WAITING == 10,
    "as kinds.h says");

int
scan_init(struct scan *s, sqlite3 *db, bool down)
{
	const char *const sql[] = { sql_rows[down],
		"SELECT first_record, count, msgid, name, account, uid FROM stretch"
		" WHERE first_record <= ?1 ORDER BY first_record DESC LIMIT 1" };
	sqlite3_stmt *stmt[ARRAY_SIZE(sql)];
	const int r = database_prepare(db, sql, stmt, ARRAY_SIZE(sql));

	memset(s, 0, sizeof(*s));
	if (r < 0)
		return r;
	s->rows.stmt = stmt[0];
	s->rows.down = down;
	s->stretch = stmt[1];
	return 0;
}

void
scan_release(struct scan *s)
{
	(void)sqlite3_finalize(s->rows.stmt);
	(void)sqlite3_finalize(s->stretch);
	pack_view_release(&s->pack);
	memset(s, 0, sizeof(*s));
}

void
scan_seek(struct scan *s, const struct needle *needle)
{
	s->needle = needle;
}

void
scan_start(struct scan *s, int64_t from, unsigned kinds)
{
	scan_stop(s);
	(void)sqlite3_bind_int(s->rows.stmt, 2, (int)kinds);
	rows_start(&s->rows, from);
	s->from = from;
	s->first = s->end = 0; /* nothing that was learned of stretches is trusted any more */
}

void
scan_stop(struct scan *s)
{
	rows_stop(&s->rows);
	pack_view_release(&s->pack);
}

static int
read_stretch(struct scan *s, int64_t id)
{
	_cleanup_(database_reset) sqlite3_stmt *const q = s->stretch;
	int r;

	(void)sqlite3_bind_int64(q, 1, id);
	s->first = s->end = 0;
	if ((r = database_row(q)) <= 0)
		return r < 0 ? r : -EUCLEAN;
	const int64_t first = sqlite3_column_int64(q, 0), count = sqlite3_column_int64(q, 1);
	if (first < 1 || count > ROW_ID_MAX || count <= id - first)
		return -EUCLEAN; /* a record that no stretch knows */
	(void)database_ident(q, 2, &s->msgid);
	database_text(q, 3, s->peer.name, sizeof(s->peer.name));
	database_text(q, 4, s->peer.account, sizeof(s->peer.account));
	s->peer.uid = (uint32_t)sqlite3_column_int64(q, 5);
	s->first = first;
	s->end = first + count;
	return 0;
}

/* A name of another release's tables is shown to nobody: the account's stands for it, which a note may be from alone. */
static void
name_by_account(struct peer *p, bool note)
{
	const bool possible = name_valid(p->account, strlen(p->account));

	p->name[0] = '\0';
	if (possible && !note)
		(void)snprintf(p->name, sizeof(p->name), "%.*s", (int)NAME_MAX_LEN, p->account);
	else if (!note)
		(void)snprintf(p->name, sizeof(p->name), "uid-%u", (unsigned)p->uid);
	else if (!p->account[0])
		(void)snprintf(p->account, sizeof(p->account), "uid %u", (unsigned)p->uid);
}

/* Whether a record can be from there: a name that has the form of one is no damage. Only a note needs none. */
static bool
is_somebody(struct peer *p, bool note)
{
	const size_t length = strlen(p->name);

	if (name_valid(p->name, length))
		return true;
	if (length == 0)
		return note && p->account[0];
	if (!name_possible(p->name, length))
		return false;
	name_by_account(p, note);
	return true;
}

/* What all records are told from: their ids, and so their stretches. */
static int
identify(struct scan *s, struct record *r, int64_t id, enum record_type type)
{
	int rc;

	if ((id < s->first || id >= s->end) && (rc = read_stretch(s, id)) < 0)
		return rc;
	r->peer = s->peer;
	if (!is_somebody(&r->peer, type == RECORD_NOTE))
		return -EUCLEAN;
	r->id = (uint64_t)id;
	r->type = (uint8_t)type;
	if (type == RECORD_MESSAGE || type == RECORD_NOTE || type == RECORD_OFFER)
		r->msgid = ident_add(&s->msgid, (uint64_t)(id - s->first));
	return r->length <= MESSAGE_MAX ? 1 : -EUCLEAN;
}

/* 0: the pack is at its end. */
static int
next_of_pack(struct scan *s, struct record *r)
{
	uint32_t index, length;
	const uint8_t *body;

	do {
		if (!(body = pack_next(&s->pack, &index, &length)))
			return 0;
	} while (s->needle && !needle_found(s->needle, body, length));
	*r = (struct record){ .time_ms = s->pack_time, .body = body, .length = length };
	return identify(s, r, s->rows.id + index, RECORD_MESSAGE);
}

static int
single(struct scan *s, struct record *r, int type)
{
	sqlite3_stmt *const q = s->rows.stmt;

	if (type < RECORD_MESSAGE || type > RECORD_WAITING)
		return -EUCLEAN;
	*r = (struct record){ .time_ms = sqlite3_column_int64(q, 1),
		.body = sqlite3_column_blob(q, 3),
		.length = (uint32_t)sqlite3_column_bytes(q, 3) };
	return identify(s, r, s->rows.id, (enum record_type)type);
}

static int
open_pack(struct scan *s)
{
	sqlite3_stmt *const q = s->rows.stmt;
	const void *bytes = sqlite3_column_blob(q, 3);
	const size_t n = (size_t)sqlite3_column_bytes(q, 3);
	const int r = pack_open(&s->pack, bytes, n);

	s->pack_time = sqlite3_column_int64(q, 1);
	pack_start(&s->pack, s->rows.down, s->from - s->rows.id);
	if (s->needle && !needle_possible(s->needle, bytes, n))
		s->pack.left = 0;
	return r;
}

/* Whether the present row, which is a record by itself, is passed over. */
static bool
is_passed_over(const struct scan *s, int type)
{
	sqlite3_stmt *const q = s->rows.stmt;

	if (!s->rows.down && s->rows.id < s->from)
		return true;
	return s->needle &&
	    ((type != RECORD_MESSAGE && type != RECORD_NOTE) ||
		!needle_found(s->needle, sqlite3_column_blob(q, 3), (size_t)sqlite3_column_bytes(q, 3)));
}

int
scan_next(struct scan *s, struct record *r)
{
	int rc, type;

	while ((rc = next_of_pack(s, r)) == 0) {
		if ((rc = rows_next(&s->rows)) <= 0)
			return rc;
		if ((type = sqlite3_column_int(s->rows.stmt, 2)) == RECORD_PACK) {
			if ((rc = open_pack(s)) < 0)
				return rc;
		} else if (!is_passed_over(s, type)) {
			return single(s, r, type);
		}
	}
	return rc;
}
