#include "session/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "net/socket.h"
#include "session/database.h"
#include "session/pack.h"
#include "session/scan.h"

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

enum statement {
	BEGIN,
	COMMIT,
	ROLLBACK,
	META_GET,
	META_SET,
	NEWEST,
	RECORD_ADD,
	STRETCH_ADD,
	STRETCH_GROW,
	STRETCH_FIND,
	STRETCH_NEXT,
	TAKE,
	TAKEN,
	TAKEN_FORGET,
	STATEMENTS,
};

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

/* The stretch that the next message may continue. */
struct stretch {
	int64_t record; /* its first; 0: there is none */
	uint64_t count;
	struct ident first;
	struct ident bound; /* the next id that is known already, when bounded */
	bool bounded;
	bool saved; /* its row is there */
	bool dirty; /* and does not say `count` */
	uint64_t pair;
	struct peer peer;
};

/* What a transaction changes in memory, and a rollback restores. */
struct tally {
	int64_t newest; /* record */
	int64_t mark;   /* all records up to it are read */
	uint64_t unread, unread_bytes;
	struct stretch stretch;
};

struct store {
	sqlite3 *db;
	sqlite3_stmt *stmt[STATEMENTS];
	struct scan scan;
	struct pack pack; /* the newest messages, not yet a row of the open transaction */
	int64_t pack_time;
	char path[PATH_MAX];
	int lock;
	bool made; /* by our store_open() */
	struct store_limits limits;
	int64_t generation;
	bool claimed; /* our generation is on the disk */
	bool writing;
	int failure; /* of the open transaction: it will be rolled back */
	int frames;  /* in the log */
	struct tally now, committed;
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

static int
meta_set_number(struct store *s, const char *key, int64_t value)
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
	r = meta_set_number(s, "generation", generation);
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
begin_checked(struct store *s)
{
	int64_t generation;
	int r;

	if (!s->claimed && (r = claim(s)) < 0)
		return r;
	if ((r = database_run(s->stmt[BEGIN])) < 0)
		return r;
	if ((r = meta_number(s, "generation", &generation)) < 0)
		return r;
	return generation == s->generation ? 0 : -ESTALE;
}

/* Opens a transaction unless one is open. The first failure dooms it; store_commit() tells. */
static int
begin(struct store *s)
{
	if (!s->writing) {
		s->writing = true;
		s->failure = begin_checked(s);
	}
	return s->failure;
}

static int
doom(struct store *s, int failure)
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

static int
stretch_add(struct store *s, const struct stretch *t)
{
	sqlite3_stmt *q = s->stmt[STRETCH_ADD];

	(void)sqlite3_bind_int64(q, 1, t->record);
	(void)sqlite3_bind_int64(q, 2, (int64_t)t->count);
	(void)sqlite3_bind_int64(q, 3, t->peer.uid);
	(void)sqlite3_bind_blob(q, 4, t->first.b, IDENT_LEN, SQLITE_STATIC);
	(void)sqlite3_bind_int64(q, 5, (int64_t)t->pair);
	(void)sqlite3_bind_text(q, 6, t->peer.name, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(q, 7, t->peer.account, -1, SQLITE_STATIC);
	return database_run(q);
}

/* Brings the row of the current stretch up to date. */
static int
stretch_save(struct store *s)
{
	struct stretch *t = &s->now.stretch;
	sqlite3_stmt *q = s->stmt[STRETCH_GROW];
	int r;

	if (!t->dirty)
		return 0;
	if (t->saved) {
		(void)sqlite3_bind_int64(q, 1, t->record);
		(void)sqlite3_bind_int64(q, 2, (int64_t)t->count);
		r = database_run(q);
	} else {
		r = stretch_add(s, t);
	}
	if (r == 0) {
		t->saved = true;
		t->dirty = false;
	}
	return r;
}

/* A row of its own, for one record or a pack of them. */
static int
row_add(struct store *s, int64_t id, int type, int64_t time_ms, const void *body, size_t length)
{
	sqlite3_stmt *q = s->stmt[RECORD_ADD];

	(void)sqlite3_bind_int64(q, 1, id);
	(void)sqlite3_bind_int64(q, 2, time_ms);
	(void)sqlite3_bind_int(q, 3, type);
	if (body)
		(void)sqlite3_bind_blob(q, 4, body, (int)length, SQLITE_STATIC);
	else
		(void)sqlite3_bind_null(q, 4);
	return database_run(q);
}

/* Makes the gathered messages a row. */
static int
pack_save(struct store *s)
{
	const struct pack *p = &s->pack;
	const int64_t id = s->now.newest - p->count + 1;
	struct pack_view one = { 0 };
	const uint8_t *body;
	uint32_t length;
	int r;

	if (p->count == 0)
		return 0;
	if (p->count > 1) {
		r = row_add(s, id, RECORD_PACK, s->pack_time, p->bytes, p->length);
	} else if ((r = pack_open(&one, p->bytes, p->length)) == 0) {
		body = pack_body(&one, 0, &length);
		r = row_add(s, id, RECORD_MESSAGE, s->pack_time, body, length);
	}
	pack_view_release(&one);
	pack_clear(&s->pack);
	return r;
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
	if (s->failure == 0 && doom(s, pack_save(s)) == 0)
		(void)doom(s, stretch_save(s));
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
	const int r = begin(s);

	return r < 0 ? r : doom(s, meta_set(s, key, data, n));
}

/* ------------------------------------------------------------------------- receiving */

static int
event_add(struct store *s, enum record_type type, const struct peer *peer, int64_t now_ms)
{
	sqlite3_stmt *q = s->stmt[STRETCH_ADD];
	int r;

	if ((r = pack_save(s)) < 0 || (r = stretch_save(s)) < 0 ||
	    (r = row_add(s, s->now.newest + 1, (int)type, now_ms, NULL, 0)) < 0)
		return r;
	s->now.newest++;
	s->now.stretch.record = 0;
	(void)sqlite3_bind_int64(q, 1, s->now.newest);
	(void)sqlite3_bind_int64(q, 2, 1);
	(void)sqlite3_bind_int64(q, 3, peer->uid);
	(void)sqlite3_bind_null(q, 4);
	(void)sqlite3_bind_null(q, 5);
	(void)sqlite3_bind_text(q, 6, peer->name, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(q, 7, peer->account, -1, SQLITE_STATIC);
	return database_run(q);
}

int
store_event(struct store *s, enum record_type type, const struct peer *peer, int64_t now_ms)
{
	const int r = begin(s);

	if (r == 0 && s->now.newest - s->now.mark >= (int64_t)s->now.unread + INBOX_EVENTS)
		return 0;
	return r < 0 ? r : doom(s, event_add(s, type, peer, now_ms));
}

/* Whether a message is the next one of the current stretch, and so certainly new. */
static bool
stretch_continues(const struct stretch *t, const struct peer *from, const struct msg *m)
{
	uint64_t n;

	return t->record > 0 && ident_distance(&t->first, &m->id, &n) && n == t->count && t->pair == m->pair &&
	    memcmp(t->first.b, m->id.b, IDENT_LEN) < 0 && /* not wrapped around */
	    (!t->bounded || memcmp(m->id.b, t->bound.b, IDENT_LEN) < 0) && t->peer.uid == from->uid &&
	    strcmp(t->peer.name, from->name) == 0;
}

/* The record that holds message `id` of `uid`: 1 and *record, 0 when there is none, -errno. */
static int
find(struct store *s, uint32_t uid, const struct ident *id, int64_t *record)
{
	_cleanup_(database_reset) sqlite3_stmt *const q = s->stmt[STRETCH_FIND];
	struct ident first;
	uint64_t n;
	int r;

	(void)sqlite3_bind_int64(q, 1, uid);
	(void)sqlite3_bind_blob(q, 2, id->b, IDENT_LEN, SQLITE_STATIC);
	if ((r = database_row(q)) <= 0)
		return r;
	if (sqlite3_column_bytes(q, 2) != IDENT_LEN)
		return -EUCLEAN;
	memcpy(first.b, sqlite3_column_blob(q, 2), IDENT_LEN);
	if (!ident_distance(&first, id, &n) || n >= (uint64_t)sqlite3_column_int64(q, 1))
		return 0;
	*record = sqlite3_column_int64(q, 0) + (int64_t)n;
	return 1;
}

/* A stretch of one message that is still to come. */
static int
stretch_start(struct store *s, const struct peer *from, const struct msg *m)
{
	_cleanup_(database_reset) sqlite3_stmt *const q = s->stmt[STRETCH_NEXT];
	struct stretch *t = &s->now.stretch;
	int r;

	(void)sqlite3_bind_int64(q, 1, from->uid);
	(void)sqlite3_bind_blob(q, 2, m->id.b, IDENT_LEN, SQLITE_STATIC);
	if ((r = database_row(q)) < 0)
		return r;
	*t = (struct stretch){
		.record = s->now.newest + 1, .first = m->id, .bounded = r > 0, .pair = m->pair, .peer = *from
	};
	if (t->bounded && sqlite3_column_bytes(q, 0) == IDENT_LEN)
		memcpy(t->bound.b, sqlite3_column_blob(q, 0), IDENT_LEN);
	return 0;
}

static int
message_add(struct store *s, const struct peer *from, const struct msg *m, int64_t now_ms, bool continues)
{
	int r;

	if (!continues && (r = stretch_start(s, from, m)) < 0)
		return r;
	if (s->pack.count > 0 && (s->pack_time != now_ms || !pack_has_room(&s->pack, m->length)) &&
	    (r = pack_save(s)) < 0)
		return r;
	if (!pack_add(&s->pack, m->body, m->length))
		return -ENOMEM;
	s->pack_time = now_ms;
	s->now.newest++;
	s->now.stretch.count++;
	s->now.stretch.dirty = true;
	s->now.unread++;
	s->now.unread_bytes += m->length;
	return 0;
}

/* Whether a message that does not continue the stretch was stored before; STORE_ADDED: it was not. */
static enum store_answer
recall(struct store *s, const struct peer *from, const struct msg *m, bool *found)
{
	int64_t record;
	int r;

	*found = false;
	if (s->failure == 0)
		(void)doom(s, stretch_save(s)); /* so that the lookup sees it */
	r = find(s, from->uid, &m->id, &record);
	if (r < 0)
		return doom(s, r) < 0 ? STORE_UNKNOWN : STORE_FAILED;
	*found = r > 0;
	/* What this transaction added holds only if it is committed. */
	return r > 0 && record <= s->committed.newest ? STORE_KNOWN : STORE_ADDED;
}

enum store_answer
store_message(struct store *s, const struct peer *from, const struct msg *m, int64_t now_ms)
{
	enum store_answer answer;
	bool continues, found;

	(void)begin(s);
	continues = stretch_continues(&s->now.stretch, from, m);
	if (!continues) {
		answer = recall(s, from, m, &found);
		if (found || answer != STORE_ADDED)
			return answer;
	}
	if (s->failure < 0)
		return STORE_FAILED;
	if (s->now.unread >= s->limits.messages || s->now.unread_bytes + m->length > s->limits.bytes)
		return STORE_FULL;
	return doom(s, message_add(s, from, m, now_ms, continues)) < 0 ? STORE_FAILED : STORE_ADDED;
}

/* ------------------------------------------------------------------------- reading */

/* The first record at or above `id` that was read out of turn: 1 and *found, 0, -errno. */
static int
find_taken(struct store *s, int64_t id, int64_t *found)
{
	_cleanup_(database_reset) sqlite3_stmt *const q = s->stmt[TAKEN];
	int r;

	(void)sqlite3_bind_int64(q, 1, id);
	if ((r = database_row(q)) > 0)
		*found = sqlite3_column_int64(q, 0);
	return r;
}

/* Calls fn for each record from `from` on that was not taken, until fn returns false. */
static int
each_unread(
    struct store *s, int64_t from, bool messages, bool (*fn)(const struct record *r, void *context), void *context)
{
	int64_t taken = from - 1; /* the next one, once it is known */
	struct record record;
	int r;

	scan_start(&s->scan, from, messages);
	while ((r = scan_next(&s->scan, &record)) > 0) {
		const int64_t id = (int64_t)record.id;

		if (taken < id && (r = find_taken(s, id, &taken)) <= 0) {
			if (r < 0)
				break;
			taken = INT64_MAX;
		}
		if (id != taken && !fn(&record, context))
			break;
	}
	scan_stop(&s->scan);
	return r < 0 ? r : 0;
}

int
store_read(
    struct store *s, uint64_t after, bool messages, bool (*fn)(const struct record *r, void *context), void *context)
{
	const int64_t mark = after > (uint64_t)s->now.mark ? (int64_t)after : s->now.mark;

	return each_unread(s, mark + 1, messages, fn, context);
}

struct count {
	int64_t last;
	uint64_t messages, bytes;
};

static bool
count_one(const struct record *r, void *context)
{
	struct count *c = context;

	if ((int64_t)r->id > c->last)
		return false;
	c->messages++;
	c->bytes += r->length;
	return true;
}

/* Unread messages among the records above `after`, up to `last`. */
static int
count_unread(struct store *s, int64_t after, int64_t last, struct count *c)
{
	*c = (struct count){ .last = last };
	return each_unread(s, after + 1, true, count_one, c);
}

static int
move_mark(struct store *s, int64_t last)
{
	sqlite3_stmt *q = s->stmt[TAKEN_FORGET];
	struct count passed;
	int64_t taken;
	int r;

	if ((r = count_unread(s, s->now.mark, last, &passed)) < 0)
		return r;
	while ((r = find_taken(s, last + 1, &taken)) > 0 && taken == last + 1)
		last++;
	(void)sqlite3_bind_int64(q, 1, last);
	if (r < 0 || (r = database_run(q)) < 0 || (r = meta_set_number(s, "mark", last)) < 0)
		return r;
	s->now.mark = last;
	s->now.unread -= passed.messages;
	s->now.unread_bytes -= passed.bytes;
	return 0;
}

static int
take_one(struct store *s, int64_t id)
{
	sqlite3_stmt *q = s->stmt[TAKE];
	struct count passed;
	int r;

	if (id == s->now.mark + 1)
		return move_mark(s, id);
	if ((r = count_unread(s, id - 1, id, &passed)) < 0)
		return r;
	(void)sqlite3_bind_int64(q, 1, id);
	if ((r = database_run(q)) < 0)
		return r;
	s->now.unread -= passed.messages;
	s->now.unread_bytes -= passed.bytes;
	return 0;
}

/* What was read is not worth a sync: after a power loss it is shown twice, as promised. */
static int
commit_lazily(struct store *s, int (*change)(struct store *s, int64_t id), int64_t id)
{
	int r, rest;

	if ((r = database_exec(s->db, "PRAGMA synchronous=NORMAL")) < 0)
		return r;
	if ((r = begin(s)) == 0)
		(void)doom(s, change(s, id));
	r = store_commit(s);
	rest = database_exec(s->db, "PRAGMA synchronous=FULL");
	return r < 0 ? r : rest;
}

int
store_mark(struct store *s, uint64_t last)
{
	const int64_t id = last < (uint64_t)s->now.newest ? (int64_t)last : s->now.newest;

	return id <= s->now.mark ? 0 : commit_lazily(s, move_mark, id);
}

int
store_take(struct store *s, uint64_t id)
{
	if (id > (uint64_t)s->now.newest || id <= (uint64_t)s->now.mark)
		return 0;
	return commit_lazily(s, take_one, (int64_t)id);
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
	struct count unread;
	int64_t base;
	int r;

	memset(&s->now, 0, sizeof(s->now));
	if ((r = meta_number(s, "mark", &s->now.mark)) < 0 || (r = meta_number(s, "base", &base)) < 0 ||
	    (r = read_newest(s)) < 0)
		return r;
	if (s->now.newest < base)
		s->now.newest = base;
	r = count_unread(s, s->now.mark, s->now.newest, &unread);
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
	s->claimed = s->writing = false;
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
	if ((r = begin(s)) == 0 && doom(s, meta_set_number(s, "base", newest)) == 0)
		(void)doom(s, meta_set_number(s, "mark", newest));
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
	n = snprintf(s->path, sizeof(s->path), "%s/inbox.db", dir);
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
