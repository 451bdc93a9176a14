/* The inbox as a file: what its tables are, and what of them is held in memory. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "net/socket.h"
#include "session/mailbox/folder.h"
#include "session/mailbox/store_impl.h"

#define SCHEMA                                                                                                         \
	"CREATE TABLE IF NOT EXISTS record(id INTEGER PRIMARY KEY, time INTEGER, type INTEGER, body BLOB);"            \
	"CREATE TABLE IF NOT EXISTS stretch(first_record INTEGER PRIMARY KEY, count INTEGER, uid INTEGER, msgid BLOB," \
	" pair INTEGER, name TEXT, account TEXT);"                                                                     \
	"CREATE INDEX IF NOT EXISTS stretch_msgid ON stretch(uid, msgid) WHERE msgid IS NOT NULL;"                     \
	"CREATE TABLE IF NOT EXISTS taken(id INTEGER PRIMARY KEY);"                                                    \
	"CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"

static const char *const statements[STATEMENTS] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[META_GET] = "SELECT value FROM meta WHERE key = ?1",
	[META_SET] = "INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)",
	[NEWEST] = "SELECT id, type, body FROM record ORDER BY id DESC LIMIT 1",
	[RECORD_ADD] = "INSERT INTO record(id, time, type, body) VALUES(?1, ?2, ?3, ?4)",
	[STRETCH_ADD] = "INSERT INTO stretch(first_record, count, uid, msgid, pair, name, account)"
			" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[STRETCH_GROW] = "UPDATE stretch SET count = ?2 WHERE first_record = ?1",
	[STRETCH_FIND] = "SELECT first_record, count, msgid FROM stretch WHERE uid = ?1 AND msgid <= ?2"
			 " ORDER BY msgid DESC LIMIT 1",
	[STRETCH_NEXT] = "SELECT msgid FROM stretch WHERE uid = ?1 AND msgid > ?2 ORDER BY msgid LIMIT 1",
	[TAKE] = "INSERT OR IGNORE INTO taken(id) VALUES(?1)",
	[TAKEN] = "SELECT id FROM taken WHERE id >= ?1 ORDER BY id LIMIT 1",
	[TAKEN_FORGET] = "DELETE FROM taken WHERE id <= ?1",
};

static int
read_newest(struct store *s)
{
	_cleanup_(database_reset) sqlite3_stmt *const q = s->stmt[NEWEST];
	struct pack_view pack = { 0 };
	int r;

	if ((r = database_row(q)) <= 0)
		return r;
	s->now.newest = sqlite3_column_int64(q, 0);
	if (s->now.newest < 1 || s->now.newest > ROW_ID_MAX)
		return -EUCLEAN;
	if (sqlite3_column_int(q, 1) != RECORD_PACK)
		return 0;
	r = pack_open(&pack, sqlite3_column_blob(q, 2), (size_t)sqlite3_column_bytes(q, 2));
	s->now.newest += pack.count - 1;
	pack_view_release(&pack);
	return r;
}

/* What the file says, into memory. */
static int
load(struct store *s)
{
	struct store_count unread;
	int64_t base;
	int r;

	memset(&s->now, 0, sizeof(s->now));
	if ((r = store_kept_number(s, "mark", &s->now.mark)) < 0 || (r = store_kept_number(s, "base", &base)) < 0 ||
	    (r = read_newest(s)) < 0)
		return r;
	if (s->now.newest < base)
		s->now.newest = base;
	if (s->now.newest > ROW_ID_MAX || s->now.mark < 0 || s->now.mark > s->now.newest)
		return -EUCLEAN;
	r = store_count_unread(s, s->now.mark, s->now.newest, &unread);
	s->now.unread = unread.messages;
	s->now.unread_bytes = unread.bytes;
	s->committed = s->now;
	return r;
}

void
store_detach(struct store *s)
{
	store_log_end(s);
	scan_release(&s->scan);
	database_finalize(s->stmt, STATEMENTS);
	database_close(s->db);
	s->db = NULL;
	s->claimed = s->writing = s->lazy = false;
	s->failure = s->frames = 0;
}

int
store_attach(struct store *s)
{
	int r;

	if ((r = database_open(&s->db, s->path, DATABASE_DURABLE, SCHEMA)) < 0)
		return r;
	if ((r = database_prepare(s->db, statements, s->stmt, STATEMENTS)) == 0 &&
	    (r = scan_init(&s->scan, s->db, false)) == 0)
		r = load(s);
	if (r == 0 && (r = store_claim(s)) != -EUCLEAN)
		r = 0; /* a disk that cannot be written now is no reason to read nothing */
	if (r < 0)
		store_detach(s);
	else
		store_log_begin(s);
	return r;
}

static void
store_freep(struct store **s)
{
	store_close(*s);
}

int
store_open(struct store **out, const char *dir, const struct store_limits *limits, char note[STORE_NOTE])
{
	_cleanup_(store_freep) struct store *s = calloc(1, sizeof(*s));
	int n, r;

	note[0] = '\0';
	if (!s)
		return -ENOMEM;
	s->lock = s->log = -1;
	s->limits = *limits;
	n = snprintf(s->path, sizeof(s->path), "%s/" STORE_FILE, dir);
	if (n < 0 || (size_t)n + sizeof(".corrupt-20261123T120000Z-wal") > sizeof(s->path))
		return -ENAMETOOLONG;
	if ((s->lock = socket_lock(s->path, NULL)) < 0)
		return s->lock;
	session_folder_tidy(dir);
	if ((r = store_finish_salvage(s)) < 0)
		return r;
	s->made = access(s->path, F_OK) < 0 && errno == ENOENT;
	r = database_log_damaged(s->path) ? store_leave_log(s, note) : store_attach(s);
	if (r == -EUCLEAN || r == -EISDIR)
		r = store_anew(s, note);
	if (r < 0)
		return r;
	*out = s;
	s = NULL;
	return 0;
}

static void
close_database(struct store *s)
{
	if (!s->db)
		return;
	if (s->writing)
		store_rollback(s);
	store_detach(s);
}

void
store_discard(struct store *s)
{
	if (s && s->made && s->now.newest == 0) {
		close_database(s);
		database_remove(s->path);
	}
	store_close(s);
}

void
store_close(struct store *s)
{
	if (!s)
		return;
	close_database(s);
	pack_release(&s->pack);
	if (s->lock >= 0)
		(void)close(s->lock);
	free(s);
}
