#include "session/history/search.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "core/limits.h"
#include "db/database.h"
#include "session/mailbox/pack.h"
#include "session/mailbox/rows.h"
#include "session/mailbox/scan.h"

#define SCHEMA                                                                                                    \
	"CREATE VIRTUAL TABLE IF NOT EXISTS said USING fts5(text, content='', columnsize=0, tokenize='trigram');" \
	"CREATE TABLE IF NOT EXISTS seen(source TEXT PRIMARY KEY, identity TEXT, last INTEGER) WITHOUT ROWID;"

#define RECEIVED_ALL \
	"SELECT id, type = 64, body FROM record WHERE type IN (0, 64) AND " ROWS_UP("record") " ORDER BY id"
#define SENT_ALL "SELECT id, 1, bodies FROM run WHERE " ROWS_UP("run") " ORDER BY id"
_Static_assert(RECORD_MESSAGE == 0 && RECORD_PACK == 64, "as the statements say");
#define INDEXED_CHARS 3 /* the shortest text that the index knows */

/* Where messages come from: rows of (id of the first, whether it is a pack, body or pack). */
struct source {
	const char *name;
	sqlite3 *db;
	const char *rows;
	const char *identity; /* tells a database from another that took its place */
	int parity;           /* rowid in the index: twice the id, plus this */
};

/* Each message above `after`, in order. */
typedef int message_fn(void *context, int64_t id, const void *body, size_t length);

void
search_hits_release(struct search_hits *h)
{
	free(h->id);
	*h = (struct search_hits){ 0 };
}

static int
add_hit(struct search_hits *h, int64_t id)
{
	const size_t room = h->room ? 2 * h->room : 64;
	int64_t *p = h->id;

	if (h->count == h->room) {
		if (!(p = realloc(h->id, room * sizeof(*p))))
			return -ENOMEM;
		h->id = p;
		h->room = room;
	}
	h->id[h->count++] = id;
	return 0;
}

static int
each_of_row(const struct rows *row, struct pack_view *pack, int64_t after, message_fn *fn, void *context)
{
	const void *bytes = sqlite3_column_blob(row->stmt, 2);
	const size_t n = (size_t)sqlite3_column_bytes(row->stmt, 2);
	int r = 0;

	if (!sqlite3_column_int(row->stmt, 1))
		return row->id > after ? fn(context, row->id, bytes, n) : 0;
	if ((r = pack_open(pack, bytes, n)) == -ENOMEM)
		return r;
	r = 0; /* of a damaged one what stands before the damage */
	for (uint32_t i = 0; r == 0 && i < pack->count; i++) {
		uint32_t length;
		const uint8_t *body = pack_body(pack, i, &length);

		if (row->id + i > after)
			r = fn(context, row->id + i, body, length);
	}
	return r;
}

/* What is damaged is passed over: whoever walks the history is told of it. */
static int
each_message(const struct source *src, int64_t after, message_fn *fn, void *context)
{
	struct pack_view pack = { 0 };
	struct rows row = { 0 };
	int r;

	if (!src->db)
		return 0;
	if ((r = database_prepare(src->db, &src->rows, &row.stmt, 1)) < 0)
		return r;
	rows_start(&row, after + 1);
	while ((r = rows_next(&row)) > 0 || r == -EUCLEAN)
		if (r > 0 && (r = each_of_row(&row, &pack, after, fn, context)) < 0)
			break;
	pack_view_release(&pack);
	database_finalize(&row.stmt, 1);
	return r;
}

/* ------------------------------------------------------------------------- the slow way */

struct look {
	const char *text;
	size_t length;
	struct search_hits *hits;
};

/* The character at *p, whatever its case, as the index has it; what is none stands for itself. */
static int32_t
take_character(const char **p, const char *end)
{
	utf8proc_int32_t c;
	const utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)*p, end - *p, &c);

	*p += n > 0 ? n : 1;
	return n > 0 ? utf8proc_tolower(c) : -(int32_t)(unsigned char)(*p)[-1];
}

static bool
begins_with(const char *p, const char *end, const char *text, const char *text_end)
{
	while (text < text_end)
		if (p >= end || take_character(&p, end) != take_character(&text, text_end))
			return false;
	return true;
}

static int
look_into(void *context, int64_t id, const void *body, size_t length)
{
	const struct look *l = context;
	const char *const end = (const char *)body + length;

	for (const char *p = body; p < end; p++)
		if (begins_with(p, end, l->text, l->text + l->length))
			return add_hit(l->hits, id);
	return 0;
}

static int
look_through(const struct source *src, const char *text, struct search_hits *hits)
{
	struct look l = { .text = text, .length = strlen(text), .hits = hits };

	hits->count = 0;
	return each_message(src, 0, look_into, &l);
}

/* ------------------------------------------------------------------------- the index */

struct indexer {
	sqlite3_stmt *add;
	int parity;
	int64_t last;
};

/* A copy in which line feeds stand for NULs, at which the index would take the text to end; NULL when memory is short. */
static char *
without_nul(const char *body, size_t length)
{
	char *copy = malloc(length);

	for (size_t i = 0; copy && i < length; i++)
		copy[i] = body[i] ? body[i] : '\n';
	return copy;
}

static int
add_to_index(void *context, int64_t id, const void *body, size_t length)
{
	const bool whole = !memchr(body, '\0', length);
	_cleanup_(freep) char *copy = whole ? NULL : without_nul(body, length);
	struct indexer *x = context;

	if (!whole && !copy)
		return -ENOMEM;
	(void)sqlite3_bind_int64(x->add, 1, 2 * id + x->parity);
	(void)sqlite3_bind_text(x->add, 2, whole ? body : copy, (int)length, SQLITE_STATIC);
	x->last = id;
	return database_run(x->add);
}

static void
identify(const struct source *src, char *out, size_t size)
{
	sqlite3_stmt *q;

	out[0] = '\0';
	if (!src->db || database_prepare(src->db, &src->identity, &q, 1) < 0)
		return;
	if (database_row(q) > 0)
		(void)snprintf(out, size, "%s", (const char *)sqlite3_column_text(q, 0));
	database_finalize(&q, 1);
}

/* How far the source is in the index: 1 and *last; 0 when the index is another source's; -errno. */
static int
progress(sqlite3 *db, const struct source *src, const char *identity, int64_t *last)
{
	static const char *const sql = "SELECT identity, last FROM seen WHERE source = ?1";
	sqlite3_stmt *q;
	int r;

	*last = 0;
	if ((r = database_prepare(db, &sql, &q, 1)) < 0)
		return r;
	(void)sqlite3_bind_text(q, 1, src->name, -1, SQLITE_STATIC);
	if ((r = database_row(q)) > 0) {
		r = strcmp((const char *)sqlite3_column_text(q, 0), identity) == 0;
		*last = sqlite3_column_int64(q, 1);
	} else if (r == 0) {
		r = 1;
	}
	database_finalize(&q, 1);
	return r;
}

static int
note_progress(sqlite3 *db, const struct source *src, const char *identity, int64_t last)
{
	static const char *const sql = "INSERT OR REPLACE INTO seen(source, identity, last) VALUES(?1, ?2, ?3)";
	sqlite3_stmt *q;
	int r;

	if ((r = database_prepare(db, &sql, &q, 1)) < 0)
		return r;
	(void)sqlite3_bind_text(q, 1, src->name, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(q, 2, identity, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(q, 3, last);
	r = database_run(q);
	database_finalize(&q, 1);
	return r;
}

static int
index_source(sqlite3 *db, const struct source *src)
{
	static const char *const add = "INSERT INTO said(rowid, text) VALUES(?1, ?2)";
	struct indexer x = { .parity = src->parity };
	char identity[64];
	int64_t last;
	int r;

	identify(src, identity, sizeof(identity));
	if ((r = progress(db, src, identity, &last)) <= 0)
		return r < 0 ? r : -EUCLEAN;
	if ((r = database_prepare(db, &add, &x.add, 1)) < 0)
		return r;
	x.last = last;
	r = each_message(src, last, add_to_index, &x);
	database_finalize(&x.add, 1);
	return r < 0 || x.last == last ? r : note_progress(db, src, identity, x.last);
}

static int
bring_up_to_date(sqlite3 *db, const struct source src[2])
{
	int r;

	if ((r = database_exec(db, "BEGIN IMMEDIATE")) < 0)
		return r;
	if ((r = index_source(db, &src[0])) == 0 && (r = index_source(db, &src[1])) == 0)
		r = database_exec(db, "COMMIT");
	if (r < 0 && !sqlite3_get_autocommit(db))
		(void)database_exec(db, "ROLLBACK");
	return r;
}

/* The text as one FTS5 string: nothing in it is an operator. */
static void
as_phrase(const char *text, char *out, size_t size)
{
	char *p = out, *const end = out + size - 2;

	*p++ = '"';
	for (; *text && p + 1 < end; text++) {
		if (*text == '"')
			*p++ = '"';
		*p++ = *text;
	}
	*p++ = '"';
	*p = '\0';
}

static int
ask_index(sqlite3 *db, const char *text, struct search_hits hits[2])
{
	static const char *const sql = "SELECT rowid FROM said WHERE said MATCH ?1 ORDER BY rowid";
	char phrase[1024];
	sqlite3_stmt *q;
	int r;

	as_phrase(text, phrase, sizeof(phrase));
	if ((r = database_prepare(db, &sql, &q, 1)) < 0)
		return r;
	(void)sqlite3_bind_text(q, 1, phrase, -1, SQLITE_STATIC);
	while ((r = database_row(q)) > 0) {
		const int64_t id = sqlite3_column_int64(q, 0);

		if ((r = add_hit(&hits[id & 1], id / 2)) < 0)
			break;
	}
	database_finalize(&q, 1);
	return r;
}

static int
use_index(const char *path, const struct source src[2], const char *text, struct search_hits hits[2])
{
	_cleanup_(database_closep) sqlite3 *db = NULL;
	int r;

	if ((r = database_open(&db, path, DATABASE_LAZY, SCHEMA)) < 0)
		return r;
	(void)sqlite3_busy_timeout(db, 60000); /* another history brings it up to date just now */
	if ((r = bring_up_to_date(db, src)) < 0)
		return r;
	return ask_index(db, text, hits);
}

static size_t
characters(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static int
search_index(const char *dir, const struct source src[2], const char *text, struct search_hits hits[2])
{
	char path[PATH_MAX], aside[PATH_MAX + 64];
	int r;

	if (characters(text) < INDEXED_CHARS)
		return -ENOTSUP;
	if ((size_t)snprintf(path, sizeof(path), "%s/search.db", dir) >= sizeof(path))
		return -ENAMETOOLONG;
	/* A damaged index, or that of an inbox that was set aside, is made anew. */
	if ((r = use_index(path, src, text, hits)) == -EUCLEAN && database_set_aside(path, aside, sizeof(aside)) == 0)
		r = use_index(path, src, text, hits);
	return r;
}

int
search_find(const char *dir, sqlite3 *inbox, sqlite3 *sent, const char *text, struct search_hits *received,
    struct search_hits *own)
{
	const struct source src[2] = {
		{ "received", inbox, RECEIVED_ALL, "SELECT value FROM meta WHERE key = 'identity'", 0 },
		{ "sent", sent, SENT_ALL, "SELECT hex(msgid) FROM run WHERE id = 1", 1 },
	};
	struct search_hits hits[2] = { { 0 }, { 0 } };
	int r = search_index(dir, src, text, hits);

	if (r < 0 && (r = look_through(&src[0], text, &hits[0])) == 0)
		r = look_through(&src[1], text, &hits[1]);
	*received = hits[0];
	*own = hits[1];
	return r;
}
