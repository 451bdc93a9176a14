#include "session/mailbox/store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "db/database.h"
#include "session/mailbox/store_impl.h"

#define SMALL_BYTES (4L * 1024 * 1024)
#define INDEX_FRAMES 3000 /* fewer than the first part of the index of a log is for, with a transaction's to spare */
#define MINUTE_MS 60000U
#define HOUR_MS (60U * MINUTE_MS)

/* ------------------------------------------------------------------------- small facts */

static int
meta_set(struct store *s, const char *key, const void *data, size_t n)
{
	sqlite3_stmt *q = s->stmt[SQL_META_SET];

	(void)sqlite3_bind_text(q, 1, key, -1, SQLITE_STATIC);
	(void)sqlite3_bind_blob(q, 2, data, (int)n, SQLITE_STATIC);
	return database_run(q);
}

int
store_keep_number(struct store *s, const char *key, int64_t value)
{
	sqlite3_stmt *q = s->stmt[SQL_META_SET];

	(void)sqlite3_bind_text(q, 1, key, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(q, 2, value);
	return database_run(q);
}

int
store_kept_number(struct store *s, const char *key, int64_t *value)
{
	_cleanup_(database_reset) sqlite3_stmt *const q = s->stmt[SQL_META_GET];
	int r;

	*value = 0;
	(void)sqlite3_bind_text(q, 1, key, -1, SQLITE_STATIC);
	if ((r = database_row(q)) > 0)
		*value = sqlite3_column_int64(q, 0);
	return r < 0 ? r : 0;
}

static ssize_t
meta_get(struct store *s, const char *key, void *out, size_t size)
{
	_cleanup_(database_reset) sqlite3_stmt *const q = s->stmt[SQL_META_GET];
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

ssize_t
store_kept(struct store *s, const char *key, void *out, size_t size)
{
	ssize_t r;

	if (store_is_empty(s))
		return 0;
	if ((r = store_hold(s)) == 0)
		r = meta_get(s, key, out, size);
	store_let_go(s);
	return r;
}

/* ------------------------------------------------------------------------- transactions */

void
store_rollback(struct store *s)
{
	if (s->db && !s->alone && !sqlite3_get_autocommit(s->db))
		(void)database_run(s->stmt[SQL_ROLLBACK]);
	pack_clear(&s->pack);
	s->now = s->committed;
	s->writing = false;
	s->failure = 0;
}

int
store_write_generation(struct store *s, int64_t generation)
{
	int64_t present;
	int r;

	if ((r = database_run(s->stmt[SQL_BEGIN])) < 0)
		return r;
	if ((r = store_kept_number(s, "generation", &present)) == 0 && present > generation)
		r = -ESTALE;
	if (r == 0)
		r = store_keep_number(s, "generation", generation);
	if (r == 0)
		r = database_run(s->stmt[SQL_COMMIT]);
	if (r < 0 && !sqlite3_get_autocommit(s->db))
		(void)database_run(s->stmt[SQL_ROLLBACK]);
	return r;
}

static int
set_durability(struct store *s, bool lazily)
{
	int r;

	if (s->lazy == lazily)
		return 0;
	r = database_exec(s->db, lazily ? "PRAGMA synchronous=NORMAL" : "PRAGMA synchronous=FULL");
	if (r == 0)
		s->lazy = lazily;
	return r;
}

int
store_claim(struct store *s)
{
	int64_t last;
	int r;

	if ((r = store_kept_number(s, "generation", &last)) < 0)
		return r;
	if (last >= s->generation)
		s->generation = last + 1;
	r = store_write_generation(s, s->generation);
	s->claimed = r == 0;
	return r;
}

int
store_claim_lazily(struct store *s)
{
	const int r = set_durability(s, true);

	return r < 0 ? r : store_claim(s);
}

/* Copies all that is committed from the log into the file, and begins the log anew. 0; -EBUSY; -errno. */
static int
begin_log_anew(struct store *s)
{
	int r, frames, moved;

	r = database_checkpoint(s->db, SQLITE_CHECKPOINT_PASSIVE, &frames, &moved);
	if (r == 0 && frames != moved)
		r = -EBUSY;
	if (r == 0)
		r = s->claimed ? store_write_generation(s, s->generation) : store_claim(s);
	if (r < 0)
		return r;
	return frames > 0 && s->frames > frames ? -EBUSY : 0; /* a reader kept it from being begun anew */
}

/*
 * After a commit that failed, or whose log was lost: writes all that is committed into the file itself and empties the
 * log. So nothing of what failed can come back, and nothing counts as stored that only memory holds. Call it outside of
 * a transaction. 0, and nothing is unsure any more; -EBUSY: a reader is in the way; another -errno.
 */
static int
settle(struct store *s)
{
	int r = 0;

	if (s->db && store_log_lost(s))
		r = store_log_rescue(s);
	if (r == 0 && !s->db)
		r = -EIO;
	if (r == 0)
		r = set_durability(s, false);
	if (r == 0)
		r = begin_log_anew(s);
	if (r == 0 && store_log_lost(s))
		r = -EIO;
	if (r < 0)
		return r;
	s->unsure = false;
	s->synced = true;
	return 0;
}

/*
 * A process that forgot had the files. Where a sync of it failed, what it wrote may be in memory alone, and nobody else is told
 * of that for sure. So it is written into the file; with a reader in the way our own sync has to tell (fsync(2): each open
 * file is told of an error once).
 */
static void
take_back(struct store *s)
{
	const int r = settle(s);

	s->given_back = false;
	s->unsure |= r < 0 && r != -EBUSY;
	s->synced &= r == 0;
}

static int
begin_checked(struct store *s)
{
	int64_t generation;
	int r;

	if (s->held)
		return -EBUSY;
	if ((r = store_reach(s)) < 0)
		return r;
	if (s->given_back)
		take_back(s);
	/* What is committed behind what only memory holds would be lost with it. */
	if (!s->unsure && !s->synced && !(s->synced = store_log_sync(s) == 0))
		s->unsure = true;
	if ((s->unsure && (r = settle(s)) < 0) || (r = set_durability(s, s->lazily)) < 0)
		return r;
	if (!s->claimed && (r = store_claim(s)) < 0)
		return r;
	if ((r = database_run(s->stmt[SQL_BEGIN])) < 0)
		return r;
	if ((r = store_kept_number(s, "generation", &generation)) < 0)
		return r;
	return generation == s->generation ? store_refresh(s) : -ESTALE;
}

/*
 * SQLite ends a transaction by itself when something in it, be it a question, lacks memory or the disk
 * (https://sqlite.org/lang_transaction.html, section 3). What were written then would be on its own, and there at once.
 */
static void
notice_end(struct store *s)
{
	if (s->writing && s->failure == 0 && sqlite3_get_autocommit(s->db))
		s->failure = -EIO;
}

int
store_begin(struct store *s)
{
	notice_end(s);
	if (!s->writing) {
		s->failure = begin_checked(s);
		/* What SQLite could not open for writing once it goes on to read alone. */
		if (s->failure == -EROFS) {
			store_detach(s);
			s->failure = begin_checked(s);
		}
		s->writing = true;
	}
	return s->failure;
}

int
store_fail(struct store *s, int failure)
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
 * Whether a commit failed before its last frame was in the log. Once the log needs a further part of its index, room for
 * that is looked for behind the sync.
 */
static bool
failed_early(const struct store *s, int result)
{
	return result == SQLITE_IOERR_WRITE || (result == SQLITE_FULL && s->frames < INDEX_FRAMES);
}

/* Another commit that failed may have left whole frames in the log, which a crash would bring to life. */
static int
after_failed_commit(struct store *s, int failure)
{
	const bool early = failed_early(s, sqlite3_extended_errcode(s->db));
	int r;

	store_rollback(s);
	if (early || (r = settle(s)) == 0)
		return failure;
	return r == -ESTALE ? r : STORE_UNSURE;
}

/* What was committed counts only where the next helper finds it. */
static int
after_lost_log(struct store *s)
{
	const int64_t newest = s->now.newest, mark = s->now.mark;

	if (store_log_rescue(s) < 0 || s->now.newest < newest || s->now.mark < mark)
		return STORE_UNSURE;
	return 0;
}

static int
commit(struct store *s)
{
	int r;

	notice_end(s);
	if (s->failure == 0)
		(void)store_fail(s, store_save_gathered(s));
	if ((r = s->failure) < 0) {
		store_rollback(s);
		return r;
	}
	if ((r = database_run(s->stmt[SQL_COMMIT])) < 0)
		return after_failed_commit(s, r);
	s->writing = false;
	s->committed = s->now;
	s->unbegun &= s->lazy;
	return store_log_lost(s) ? after_lost_log(s) : 0;
}

int
store_commit(struct store *s)
{
	int r;

	if (!s->writing)
		return 0;
	r = commit(s);
	/* A message that comes again may be the one whose commit is unsure: its refusal now would be no truth. */
	if (r < 0 && s->unsure && r != -ESTALE && r != -EUCLEAN)
		r = STORE_UNSURE;
	s->unsure |= r == STORE_UNSURE; /* until settle() */
	return r;
}

int
store_keep(struct store *s, const char *key, const void *data, size_t n)
{
	const int r = store_begin(s);

	return r < 0 ? r : store_fail(s, meta_set(s, key, data, n));
}

uint64_t
store_unread(struct store *s)
{
	if (s->db && !s->writing)
		(void)store_refresh(s); /* what fails is met again by whoever reads */
	return s->now.unread;
}

uint64_t
store_notes(const struct store *s)
{
	return s->now.notes.count;
}

uint64_t
store_newest(const struct store *s)
{
	return (uint64_t)s->now.newest;
}

/* To forget takes the longer the more is kept. */
bool
store_forget_due(struct store *s)
{
	int64_t age = 0, records = 0;
	struct stat st;

	if (!s->db || s->writing || clock_monotonic_ms() < s->forget_at)
		return false;
	s->forget_at =
	    clock_monotonic_ms() + (stat(s->path, &st) == 0 && st.st_size < SMALL_BYTES ? MINUTE_MS : HOUR_MS);
	return (store_kept_number(s, "keep_age", &age) == 0 && age > 0) ||
	    (store_kept_number(s, "keep_records", &records) == 0 && records > 0);
}

void
store_be_held(struct store *s, bool held)
{
	s->given_back |= s->held && !held;
	s->held = held;
}

void
store_rest(struct store *s)
{
	if (s->pack.count == 0)
		pack_release(&s->pack);
	if (!s->db)
		return;
	if (!s->held)
		store_log_rest(s);
	(void)sqlite3_db_release_memory(s->db);
}
