#include "session/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "net/socket.h"
#include "session/database.h"
#include "session/store_impl.h"

#define WAL_FRAMES 1000              /* the log is written back when it is so long, */
#define WAL_BYTES (4L * 1024 * 1024) /* which is how long the file is made beforehand */

#define SCHEMA                                                                                                         \
	"CREATE TABLE IF NOT EXISTS record(id INTEGER PRIMARY KEY, time INTEGER, type INTEGER, body BLOB);"            \
	"CREATE TABLE IF NOT EXISTS stretch(first_record INTEGER PRIMARY KEY, count INTEGER, uid INTEGER, msgid BLOB," \
	" pair INTEGER, name TEXT, account TEXT);"                                                                     \
	"CREATE INDEX IF NOT EXISTS stretch_msgid ON stretch(uid, msgid) WHERE msgid IS NOT NULL;"                     \
	"CREATE TABLE IF NOT EXISTS taken(id INTEGER PRIMARY KEY);"                                                    \
	"CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"                                  \
	"INSERT OR IGNORE INTO meta(key, value) VALUES('identity', hex(randomblob(16)));"

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

/* ------------------------------------------------------------------------- small facts */

static int
meta_set(struct store *s, const char *key, const void *data, size_t n)
{
	sqlite3_stmt *q = s->stmt[META_SET];

	(void)sqlite3_bind_text(q, 1, key, -1, SQLITE_STATIC);
	(void)sqlite3_bind_blob(q, 2, data, (int)n, SQLITE_STATIC);
	return database_run(q);
}

int
store_keep_number(struct store *s, const char *key, int64_t value)
{
	sqlite3_stmt *q = s->stmt[META_SET];

	(void)sqlite3_bind_text(q, 1, key, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(q, 2, value);
	return database_run(q);
}

static int
meta_number(struct store *s, const char *key, int64_t *value)
{
	_cleanup_(database_reset) sqlite3_stmt *const q = s->stmt[META_GET];
	int r;

	*value = 0;
	(void)sqlite3_bind_text(q, 1, key, -1, SQLITE_STATIC);
	if ((r = database_row(q)) > 0)
		*value = sqlite3_column_int64(q, 0);
	return r < 0 ? r : 0;
}

ssize_t
store_kept(struct store *s, const char *key, void *out, size_t size)
{
	_cleanup_(database_reset) sqlite3_stmt *const q = s->stmt[META_GET];
	size_t n;
	int r;

	(void)sqlite3_bind_text(q, 1, key, -1, SQLITE_STATIC);
	if ((r = database_row(q)) <= 0)
		return r;
	n = (size_t)sqlite3_column_bytes(q, 0);
	if (n > size)
		return -EUCLEAN;
	if (n > 0)
		memcpy(out, sqlite3_column_blob(q, 0), n);
	return (ssize_t)n;
}

/* ------------------------------------------------------------------------- transactions */

static void
rollback(struct store *s)
{
	if (!sqlite3_get_autocommit(s->db))
		(void)database_run(s->stmt[ROLLBACK]);
	pack_clear(&s->pack);
	s->now = s->committed;
	s->writing = false;
	s->failure = 0;
}

/* One transaction that says which generation writes. */
static int
write_generation(struct store *s, int64_t generation)
{
	int r;

	if ((r = database_run(s->stmt[BEGIN])) < 0)
		return r;
	r = store_keep_number(s, "generation", generation);
	if (r == 0)
		r = database_run(s->stmt[COMMIT]);
	if (r < 0 && !sqlite3_get_autocommit(s->db))
		(void)database_run(s->stmt[ROLLBACK]);
	return r;
}

/* Counts the generation up: from now on nothing of an earlier helper is accepted. */
static int
claim(struct store *s)
{
	int64_t last;
	int r;

	if ((r = meta_number(s, "generation", &last)) < 0)
		return r;
	if (last >= s->generation)
		s->generation = last + 1;
	r = write_generation(s, s->generation);
	s->claimed = r == 0;
	return r;
}

static int
set_durability(struct store *s)
{
	int r;

	if (s->lazy == s->lazily)
		return 0;
	r = database_exec(s->db, s->lazily ? "PRAGMA synchronous=NORMAL" : "PRAGMA synchronous=FULL");
	if (r == 0)
		s->lazy = s->lazily;
	return r;
}

static int
begin_checked(struct store *s)
{
	int64_t generation;
	int r;

	if ((r = set_durability(s)) < 0)
		return r;
	if (!s->claimed && (r = claim(s)) < 0)
		return r;
	if ((r = database_run(s->stmt[BEGIN])) < 0)
		return r;
	if ((r = meta_number(s, "generation", &generation)) < 0)
		return r;
	return generation == s->generation ? 0 : -ESTALE;
}

int
store_begin(struct store *s)
{
	if (!s->writing) {
		s->writing = true;
		s->failure = begin_checked(s);
	}
	return s->failure;
}

int
store_doom(struct store *s, int failure)
{
	if (failure < 0 && s->failure == 0)
		s->failure = failure;
	return failure;
}

bool
store_writing(const struct store *s)
{
	return s->writing;
}

/*
 * A commit whose sync failed may have left whole frames in the log, which a crash would bring
 * to life. Another transaction in their place makes sure that they are not.
 */
static int
after_failed_commit(struct store *s, int failure)
{
	const bool synced = sqlite3_extended_errcode(s->db) != SQLITE_IOERR_FSYNC;

	rollback(s);
	return synced || write_generation(s, s->generation) == 0 ? failure : STORE_UNSURE;
}

int
store_commit(struct store *s)
{
	int r;

	if (!s->writing)
		return 0;
	if (s->failure == 0)
		(void)store_doom(s, store_save_gathered(s));
	if ((r = s->failure) < 0) {
		rollback(s);
		return r;
	}
	if ((r = database_run(s->stmt[COMMIT])) < 0)
		return after_failed_commit(s, r);
	s->writing = false;
	s->committed = s->now;
	return 0;
}

int
store_keep(struct store *s, const char *key, const void *data, size_t n)
{
	const int r = store_begin(s);

	return r < 0 ? r : store_doom(s, meta_set(s, key, data, n));
}

uint64_t
store_unread(const struct store *s)
{
	return s->now.unread;
}

uint64_t
store_newest(const struct store *s)
{
	return (uint64_t)s->now.newest;
}

/* ------------------------------------------------------------------------- opening */

static int
on_commit(void *context, sqlite3 *db, const char *name, int frames)
{
	struct store *s = context;

	(void)db, (void)name;
	s->frames = frames;
	return SQLITE_OK;
}

void
store_tidy(struct store *s)
{
	int frames, moved;

	if (s->writing || s->frames < WAL_FRAMES)
		return;
	s->frames = 0;
	if (sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &frames, &moved) != SQLITE_OK)
		return;
	/* The next commit begins the log anew, with a sync more than others: let none that somebody waits for be it. */
	if (frames == moved && s->claimed)
		(void)write_generation(s, s->generation);
}

void
store_rest(struct store *s)
{
	if (s->pack.count == 0)
		pack_release(&s->pack);
	(void)sqlite3_db_release_memory(s->db);
}

/* Makes the log as long as it may become: writing over blocks that are there is faster to sync than adding some. */
static void
prolong_log(const struct store *s)
{
	char path[PATH_MAX + 4];
	_cleanup_(closep) int fd = -1;
	_cleanup_(freep) char *zeros = NULL;
	struct stat st;
	size_t n;

	(void)snprintf(path, sizeof(path), "%s-wal", s->path);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size >= WAL_BYTES)
		return;
	n = (size_t)(WAL_BYTES - st.st_size);
	zeros = calloc(1, n);
	if (!zeros)
		return;
	if (pwrite(fd, zeros, n, st.st_size) != (ssize_t)n)
		(void)!ftruncate(fd, st.st_size); /* a disk that is nearly full has better uses */
	else
		(void)fdatasync(fd);
}

static int
read_newest(struct store *s)
{
	_cleanup_(database_reset) sqlite3_stmt *const q = s->stmt[NEWEST];
	struct pack_view pack = { 0 };
	int r;

	if ((r = database_row(q)) <= 0)
		return r;
	s->now.newest = sqlite3_column_int64(q, 0);
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
	if ((r = meta_number(s, "mark", &s->now.mark)) < 0 || (r = meta_number(s, "base", &base)) < 0 ||
	    (r = read_newest(s)) < 0)
		return r;
	if (s->now.newest < base)
		s->now.newest = base;
	r = store_count_unread(s, s->now.mark, s->now.newest, &unread);
	s->now.unread = unread.messages;
	s->now.unread_bytes = unread.bytes;
	s->committed = s->now;
	return r;
}

static void
detach(struct store *s)
{
	scan_release(&s->scan);
	database_finalize(s->stmt, STATEMENTS);
	database_close(s->db);
	s->db = NULL;
	s->claimed = s->writing = s->lazy = false;
	s->failure = s->frames = 0;
}

static int
attach(struct store *s)
{
	int r;

	if ((r = database_open(&s->db, s->path, DATABASE_DURABLE, SCHEMA)) < 0)
		return r;
	(void)sqlite3_wal_hook(s->db, on_commit, s);
	if ((r = database_prepare(s->db, statements, s->stmt, STATEMENTS)) == 0 &&
	    (r = scan_init(&s->scan, s->db, false)) == 0)
		r = load(s);
	if (r == 0 && (r = claim(s)) != -EUCLEAN)
		r = 0; /* a disk that cannot be written now is no reason to read nothing */
	if (r < 0)
		detach(s);
	else
		prolong_log(s);
	return r;
}

/*
 * A damaged log that SQLite would pass over in silence, and write over: it is kept, and the inbox goes on with what was
 * written back already. As its records' ids will be given out again, it is another inbox to the index of its texts.
 */
static int
attach_without_log(struct store *s, char note[STORE_NOTE])
{
	char log[sizeof(s->path) + 4], aside[PATH_MAX + 64];
	int r;

	(void)snprintf(log, sizeof(log), "%s-wal", s->path);
	if ((r = database_set_aside(log, aside, sizeof(aside))) < 0 || (r = attach(s)) < 0)
		return r;
	(void)snprintf(note, STORE_NOTE,
	    "the log of the inbox was damaged: it is kept as %.100s, the latest records are missing",
	    strrchr(aside, '/') + 1);
	r = database_exec(s->db, "UPDATE meta SET value = hex(randomblob(16)) WHERE key = 'identity'");
	return r == -EUCLEAN ? r : 0;
}

static int
begin_anew(struct store *s, char note[STORE_NOTE])
{
	char aside[PATH_MAX + 64];
	int r;

	if ((r = database_set_aside(s->path, aside, sizeof(aside))) < 0)
		return r;
	(void)snprintf(note, STORE_NOTE, "the inbox was damaged: it is kept as %.100s, a new one was begun",
	    strrchr(aside, '/') + 1);
	return attach(s);
}

int
store_renew(struct store *s, char note[STORE_NOTE])
{
	const int64_t newest = s->committed.newest;
	int r;

	note[0] = '\0';
	detach(s);
	if ((r = begin_anew(s, note)) < 0)
		return r;
	if ((r = store_begin(s)) == 0 && store_doom(s, store_keep_number(s, "base", newest)) == 0)
		(void)store_doom(s, store_keep_number(s, "mark", newest));
	r = store_commit(s);
	return r < 0 ? r : load(s);
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
	s->lock = -1;
	s->limits = *limits;
	n = snprintf(s->path, sizeof(s->path), "%s/" STORE_FILE, dir);
	if (n < 0 || (size_t)n + sizeof(".corrupt-20261123T120000Z-wal") > sizeof(s->path))
		return -ENAMETOOLONG;
	if ((s->lock = socket_lock(s->path, NULL)) < 0)
		return s->lock;
	s->made = access(s->path, F_OK) < 0 && errno == ENOENT;
	r = database_log_damaged(s->path) ? attach_without_log(s, note) : attach(s);
	if (r == -EUCLEAN || r == -EISDIR)
		r = begin_anew(s, note);
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
		rollback(s);
	detach(s);
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
