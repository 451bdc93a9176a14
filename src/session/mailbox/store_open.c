/* The inbox as a file: what its tables are, and what of them is held in memory. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/translate.h"
#include "db/image.h"
#include "net/socket.h"
#include "session/mailbox/folder.h"
#include "session/mailbox/store_impl.h"

/* Of a row's type: it is neither a message, nor a pack of them, nor a note. */
#define CAUSED " NOT IN (0, 8, 64)"

/* One commit: an inbox of an earlier version has all that it lacks, or none of it. */
#define SCHEMA                                                                                                         \
	"BEGIN;"                                                                                                       \
	"CREATE TABLE IF NOT EXISTS record(id INTEGER PRIMARY KEY, time INTEGER, type INTEGER, body BLOB);"            \
	"CREATE TABLE IF NOT EXISTS stretch(first_record INTEGER PRIMARY KEY, count INTEGER, uid INTEGER, msgid BLOB," \
	" pair INTEGER, name TEXT, account TEXT);"                                                                     \
	"CREATE INDEX IF NOT EXISTS stretch_msgid ON stretch(uid, msgid) WHERE msgid IS NOT NULL;"                     \
	"CREATE TABLE IF NOT EXISTS taken(id INTEGER PRIMARY KEY);" KINDS_PASSED                                       \
	"CREATE INDEX IF NOT EXISTS record_note ON record(id) WHERE type = 8;"                                         \
	"CREATE INDEX IF NOT EXISTS record_event ON record(id) WHERE type" CAUSED ";"                                  \
	"CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"                                  \
	"COMMIT;"

static const char *const statements[SQL_STATEMENTS] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_VIEW] = "BEGIN",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_META_GET] = "SELECT value FROM meta WHERE key = ?1",
	[SQL_META_SET] = "INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)",
	[SQL_NEWEST] = "SELECT id, type, body FROM record ORDER BY id DESC LIMIT 1",
	[SQL_RECORD_ADD] = "INSERT INTO record(id, time, type, body) VALUES(?1, ?2, ?3, ?4)",
	[SQL_STRETCH_ADD] = "INSERT INTO stretch(first_record, count, uid, msgid, pair, name, account)"
			    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[SQL_STRETCH_GROW] = "UPDATE stretch SET count = ?2 WHERE first_record = ?1",
	[SQL_STRETCH_FIND] = "SELECT first_record, count, msgid FROM stretch WHERE uid = ?1 AND msgid <= ?2"
			     " ORDER BY msgid DESC LIMIT 1",
	[SQL_STRETCH_NEXT] = "SELECT msgid FROM stretch WHERE uid = ?1 AND msgid > ?2 ORDER BY msgid LIMIT 1",
	[SQL_TAKE] = "INSERT OR IGNORE INTO taken(id) VALUES(?1)",
	[SQL_TAKEN] = "SELECT id FROM taken WHERE id >= ?1 ORDER BY id LIMIT 1",
	[SQL_TAKEN_FORGET] = "DELETE FROM taken WHERE id <= ?1",
	[SQL_DATA_VERSION] = "PRAGMA data_version",
};

/* Of a note, `pair` of its stretch says whether its sender is not known to have an account: all such are one sender. */
#define NOTE_COLUMNS \
	"length(r.body) AS bytes, CASE WHEN ?3 THEN s.pair = 1 ELSE s.uid = ?2 AND s.pair = 0 END AS of_sender"

/* As peer_has_account(): all that have none are one. */
#define CAUSED_COLUMNS "r.type = 9 AS offer, CASE WHEN ?3 THEN s.account GLOB 'uid *' ELSE s.uid = ?2 END AS of_peer"

static const char *const later[SQL_LATER_STATEMENTS] = {
	[SQL_COUNT_NOTES] = "SELECT count(*), coalesce(sum(bytes), 0), coalesce(sum(of_sender), 0) FROM ("
			    "SELECT " NOTE_COLUMNS " FROM passed AS p JOIN record AS r ON r.id = p.id"
			    " JOIN stretch AS s ON s.first_record = r.id WHERE p.type = 8 UNION ALL "
			    "SELECT " NOTE_COLUMNS " FROM record AS r INDEXED BY record_note"
			    " JOIN stretch AS s ON s.first_record = r.id"
			    " WHERE r.type = 8 AND r.id > ?1 AND r.id NOT IN (SELECT id FROM taken))",
	[SQL_NOTES_DOWN] = "SELECT r.id, s.uid, s.name, s.account,"
			   " (r.id > ?1 AND r.id NOT IN (SELECT id FROM taken)) OR r.id IN (SELECT id FROM passed)"
			   " FROM record AS r INDEXED BY record_note JOIN stretch AS s ON s.first_record = r.id"
			   " WHERE r.type = 8 AND (?2 = 0 OR r.id = ?2) ORDER BY r.id DESC",
	[SQL_PASS] = "INSERT OR IGNORE INTO passed(id, type) SELECT id, type FROM record WHERE id > ?1 AND id <= ?2"
		     " AND NOT (?3 & " KIND_OF("type") ") AND id NOT IN (SELECT id FROM taken)",
	[SQL_PASSED] = "SELECT id FROM passed WHERE id > ?1 AND (?2 & " KIND_OF("type") ") ORDER BY id LIMIT 1",
	[SQL_COUNT_PASSED] = "SELECT count(*) FROM passed",
	[SQL_COUNT_CAUSED] = "SELECT count(*), coalesce(sum(of_peer), 0), coalesce(sum(offer), 0),"
			     " coalesce(sum(offer AND of_peer), 0) FROM ("
			     "SELECT " CAUSED_COLUMNS " FROM passed AS p JOIN record AS r ON r.id = p.id"
			     " JOIN stretch AS s ON s.first_record = r.id WHERE p.type" CAUSED " UNION ALL "
			     "SELECT " CAUSED_COLUMNS " FROM record AS r JOIN stretch AS s ON s.first_record = r.id"
			     " WHERE r.type" CAUSED " AND r.id > ?1 AND r.id NOT IN (SELECT id FROM taken))",
	[SQL_PASSED_FORGET] = "DELETE FROM passed WHERE id >= ?1 AND id <= ?2 AND (?3 & " KIND_OF("type") ")",
	[SQL_PASSED_ADD] = "INSERT OR IGNORE INTO passed(id, type) VALUES(?1, ?2)",
};

static int
read_newest(struct store *s)
{
	_cleanup_(database_reset) sqlite3_stmt *const q = s->stmt[SQL_NEWEST];
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

static int
read_version(struct store *s, int64_t *version)
{
	_cleanup_(database_reset) sqlite3_stmt *const q = s->stmt[SQL_DATA_VERSION];
	const int r = database_row(q);

	*version = r > 0 ? sqlite3_column_int64(q, 0) : 0;
	return r < 0 ? r : 0;
}

/* What the file says, into memory. */
static int
load(struct store *s)
{
	struct store_count unread;
	int64_t base;
	int r;

	memset(&s->now, 0, sizeof(s->now));
	if ((r = read_version(s, &s->version)) < 0)
		return r;
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
	if (r == 0)
		r = store_count_others(s, NULL);
	s->committed = s->now;
	return r;
}

int
store_refresh(struct store *s)
{
	int64_t version;
	int r;

	if ((r = read_version(s, &version)) < 0 || version == s->version)
		return r;
	if ((r = load(s)) < 0) {
		s->now = s->committed;
		s->version = 0;
	}
	return r;
}

static void
close_file(struct store *s)
{
	store_log_end(s);
	scan_release(&s->scan);
	database_finalize(s->stmt, SQL_STATEMENTS);
	database_finalize(s->later, SQL_LATER_STATEMENTS);
	database_close(s->db);
	s->db = NULL;
	s->alone = false;
}

void
store_detach(struct store *s)
{
	/* What was written back stays in the log: by it a file that was emptied is known to be damaged. */
	if (s->db && !s->alone)
		(void)database_exec(s->db, "PRAGMA journal_size_limit=-1");
	close_file(s);
	s->claimed = s->synced = s->writing = s->lazy = s->used = s->unbegun = false;
	s->failure = s->frames = 0;
}

static int
open_file(struct store *s, enum database_mode mode, const char *schema)
{
	int r;

	if ((r = database_open(&s->db, s->path, mode, schema)) < 0)
		return r;
	if ((r = database_prepare(s->db, statements, s->stmt, SQL_STATEMENTS)) == 0)
		r = scan_init(&s->scan, s->db, false);
	if (r == 0 && (r = database_prepare(s->db, later, s->later, SQL_LATER_STATEMENTS)) < 0 &&
	    mode == DATABASE_ALONE)
		r = 0;
	if (r < 0)
		close_file(s);
	return r;
}

int
store_hold(struct store *s)
{
	int r = 0;

	if (!s->db && (r = open_file(s, DATABASE_ALONE, "BEGIN")) == 0)
		s->alone = true;
	return r;
}

void
store_let_go(struct store *s)
{
	if (s->alone)
		close_file(s);
}

bool
store_is_empty(const struct store *s)
{
	struct stat st;

	return !s->db && stat(s->path, &st) == 0 && st.st_size == 0;
}

static int
read_once(struct store *s)
{
	int r;

	if (store_is_empty(s)) {
		memset(&s->now, 0, sizeof(s->now));
		s->committed = s->now;
		return 0;
	}
	if ((r = store_hold(s)) == 0)
		r = load(s);
	store_let_go(s);
	return r;
}

/* Whether nothing is there, nor what SQLite would take for a part of what is made. */
static bool
is_new(const struct store *s, bool left)
{
	char journal[sizeof(s->path) + 8];

	(void)snprintf(journal, sizeof(journal), "%s-journal", s->path);
	return !left && access(s->path, F_OK) < 0 && errno == ENOENT && access(journal, F_OK) < 0 && errno == ENOENT;
}

/*
 * Makes it with our generation in it, in one piece, while somebody waits for the login. Where that fails, SQLite makes it
 * step by step, or finds the same reason not to.
 */
static bool
make_file(struct store *s)
{
	const int64_t generation = s->generation > 0 ? s->generation : 1;
	char sql[sizeof(SCHEMA) + 96];

	(void)snprintf(
	    sql, sizeof(sql), SCHEMA "INSERT INTO meta(key, value) VALUES('generation', %" PRId64 ");", generation);
	if (image_make(s->path, sql) < 0)
		return false;
	s->generation = generation;
	return true;
}

static int
attach(struct store *s)
{
	const bool left = store_log_left(s), made = is_new(s, left) && make_file(s);
	int r;

	if ((r = open_file(s, DATABASE_DURABLE, SCHEMA)) < 0)
		return r;
	r = load(s);
	s->synced = !left;
	/* Where SQLite could open it for reading alone (sqlite3_open_v2), a claim is what will find that out. */
	s->claimed = made && r == 0 && sqlite3_db_readonly(s->db, "main") == 0;
	if (r == 0 && !made && (r = store_claim_lazily(s)) != -EUCLEAN)
		r = 0; /* a disk that cannot be written now is no reason to read nothing */
	s->unbegun = s->claimed;
	if (r < 0)
		store_detach(s);
	else
		store_log_begin(s);
	return r;
}

int
store_attach(struct store *s)
{
	const int r = attach(s);
	int read;

	if (!database_full(r))
		return r;
	/* One that holds nothing readable was not made to its end, for want of room, or needs some to be mended. */
	read = read_once(s);
	return read == -EUCLEAN ? r : read;
}

int
store_reach(struct store *s)
{
	if (s->alone)
		return -ENOSPC;
	return s->db ? 0 : attach(s);
}

static void
note_unwritable(const struct store *s, char note[STORE_NOTE])
{
	if (!s->claimed && !note[0])
		(void)snprintf(note, STORE_NOTE, "%s",
		    s->db ? N_("the inbox can be read, but not be written to: its disk refuses it; until it can, this "
			       "session takes no messages")
			  : N_("the inbox can be read, but not be written to: its disk is full; until it can, this "
			       "session takes no messages"));
}

static void
store_freep(struct store **s)
{
	store_discard(*s);
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
	s->made = access(s->path, F_OK) < 0 && errno == ENOENT && !store_log_left(s);
	r = database_log_damaged(s->path) ? store_leave_log(s, note) : store_attach(s);
	if (r == -EUCLEAN || r == -EISDIR)
		r = store_anew(s, note);
	if (r < 0)
		return r;
	note_unwritable(s, note);
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

/* The folder as well, if nothing else is in it. */
static void
remove_made(struct store *s)
{
	char *slash;

	close_database(s);
	database_remove(s->path);
	socket_lock_remove(s->path, s->lock);
	s->lock = -1;
	if ((slash = strrchr(s->path, '/'))) {
		*slash = '\0';
		(void)rmdir(s->path);
	}
}

void
store_discard(struct store *s)
{
	if (s && s->made && s->now.newest == 0)
		remove_made(s);
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
