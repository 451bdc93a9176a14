/* A damaged inbox: what of it can be read goes into a new one, under the ids that it has; all of it is kept aside. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "session/mailbox/store_impl.h"

#define NEW ".new"     /* one in the making */
#define SAVED ".saved" /* and when it is whole: it takes the place of what is there */

/* ------------------------------------------------------------------------- salvage */

static bool
path_of(const struct store *s, const char *suffix, char path[PATH_MAX])
{
	return (size_t)snprintf(path, PATH_MAX, "%s%s", s->path, suffix) < PATH_MAX;
}

/* What cannot be read is not there. Without memory nothing is known. */
static int
unless_memory(int error)
{
	return error == -ENOMEM ? error : 0;
}

/* Its records, past what is damaged, and as far as the disk gives them. Fails when the new one cannot take them. */
static int
copy_records(struct store *fresh, sqlite3 *old, uint64_t *count)
{
	struct scan scan;
	struct record record;
	int read, failure = 0;

	if ((read = scan_init(&scan, old, false)) < 0)
		return unless_memory(read);
	scan_start(&scan, 0, KINDS_ALL);
	while (failure == 0 && ((read = scan_next(&scan, &record)) > 0 || read == -EUCLEAN)) {
		if (read < 0 || (int64_t)record.id <= fresh->now.newest)
			continue;
		failure = store_restore(fresh, &record);
		*count += failure == 0;
	}
	scan_release(&scan);
	return failure < 0 ? failure : unless_memory(read);
}

/* The rows of `query` as they are, ?1 being `limit`, and as far as they can be read. */
static int
copy_rows(sqlite3_stmt *into, sqlite3 *old, const char *query, int64_t limit)
{
	sqlite3_stmt *from;
	int read, r = 0;

	if ((read = database_prepare(old, &query, &from, 1)) < 0)
		return unless_memory(read);
	(void)sqlite3_bind_int64(from, 1, limit);
	while (r == 0 && (read = database_row(from)) > 0) {
		for (int i = 0; i < sqlite3_column_count(from); i++)
			(void)sqlite3_bind_value(into, i + 1, sqlite3_column_value(from, i));
		r = database_run(into);
	}
	(void)sqlite3_finalize(from);
	return r < 0 ? r : unless_memory(read);
}

/* A record's id, by `query`; 0 where it cannot be read, or is none. 0 or -ENOMEM. */
static int
id_by(sqlite3 *old, const char *query, int64_t *id)
{
	const int r = database_number(old, query, id);

	if (r < 0 || *id < 1 || *id > ROW_ID_MAX)
		*id = 0;
	return unless_memory(r);
}

static int64_t
larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* The newest record that there ever was, also when it is lost: no other one may get its id. 0 or -ENOMEM. */
static int
newest_ever(const struct store *fresh, sqlite3 *old, const struct store *s, int64_t *id)
{
	int64_t base, latest;
	int r;

	if ((r = id_by(old, "SELECT value FROM meta WHERE key = 'base'", &base)) < 0 ||
	    (r = id_by(
		 old, "SELECT first_record + count - 1 FROM stretch ORDER BY first_record DESC LIMIT 1", &latest)) < 0)
		return r;
	*id = larger(larger(fresh->now.newest, s->committed.newest), larger(base, latest));
	return 0;
}

static int
place_marks(struct store *fresh, int64_t mark, int64_t newest)
{
	const int r = store_keep_number(fresh, "mark", mark);

	return r < 0 ? r : store_keep_number(fresh, "base", newest);
}

/* What was read, and the rules. Where it is not known how far was read, all is shown again. */
static int
copy_facts(struct store *fresh, sqlite3 *old, const struct store *s)
{
	int64_t newest, mark;
	int r;

	if ((r = newest_ever(fresh, old, s, &newest)) < 0 ||
	    (r = id_by(old, "SELECT value FROM meta WHERE key = 'mark'", &mark)) < 0)
		return r;
	if (mark < s->committed.mark || mark > newest)
		mark = s->committed.mark;
	r = copy_rows(fresh->stmt[SQL_TAKE], old, "SELECT id FROM taken WHERE id <= ?1 ORDER BY id", newest);
	if (r == 0)
		r = copy_rows(fresh->later[SQL_PASSED_ADD], old,
		    "SELECT id, type FROM passed WHERE id <= ?1 ORDER BY id", newest);
	if (r == 0)
		r = copy_rows(
		    fresh->stmt[SQL_META_SET], old, "SELECT key, value FROM meta WHERE key != 'generation'", 0);
	return r < 0 ? r : place_marks(fresh, mark, newest);
}

/* In one transaction; without `count` no records. */
static int
copy_all(struct store *fresh, const struct store *s, uint64_t *count)
{
	_cleanup_(database_closep) sqlite3 *old = NULL;
	int r = database_open(&old, s->path, DATABASE_READER, "BEGIN");

	if (r < 0 && r != -EUCLEAN && r != -EISDIR) /* those have nothing to give */
		return r;
	r = store_begin(fresh);
	if (r == 0 && old && count)
		r = copy_records(fresh, old, count);
	if (r == 0 && old)
		r = copy_facts(fresh, old, s);
	else if (r == 0)
		r = place_marks(fresh, s->committed.mark, s->committed.newest);
	(void)store_fail(fresh, r);
	r = store_commit(fresh);
	return r == STORE_UNSURE ? -EIO : r;
}

/* From its log into the file itself, which can be given another name then. */
static int
make_one_file(struct store *fresh)
{
	int no = 0, frames, moved;

	(void)sqlite3_file_control(fresh->db, "main", SQLITE_FCNTL_PERSIST_WAL, &no);
	return database_checkpoint(fresh->db, SQLITE_CHECKPOINT_TRUNCATE, &frames, &moved);
}

/* Makes the new one, beside the damaged one; `count` of records, without it none. -errno: there is none. */
static int
salvage(const struct store *s, uint64_t *count)
{
	_cleanup_(freep) struct store *fresh = calloc(1, sizeof(*fresh));
	char saved[PATH_MAX];
	int r;

	if (!fresh)
		return -ENOMEM;
	fresh->log = -1;
	if (!path_of(s, NEW, fresh->path) || !path_of(s, SAVED, saved))
		return -ENAMETOOLONG;
	database_remove(fresh->path);
	if ((r = store_attach(fresh)) == 0) {
		if ((r = copy_all(fresh, s, count)) == 0)
			r = make_one_file(fresh);
		store_detach(fresh);
		pack_release(&fresh->pack);
	}
	if (r == 0 && rename(fresh->path, saved) < 0)
		r = -errno;
	if (r < 0)
		database_remove(fresh->path);
	return r;
}

/* ------------------------------------------------------------------------- in its place */

/* Whoever is stopped in here has done a part of it: the next one that opens the inbox begins here. */
static int
exchange(const struct store *s, char *aside, size_t size)
{
	char saved[PATH_MAX];
	int r;

	if (!path_of(s, SAVED, saved))
		return -ENAMETOOLONG;
	if ((r = database_set_aside(s->path, aside, size)) < 0) {
		/* Where the damaged one stays in use, a later start must not exchange what is in it by then. */
		if (access(s->path, F_OK) == 0)
			(void)unlink(saved);
		return r;
	}
	return rename(saved, s->path) < 0 ? -errno : 0;
}

int
store_finish_salvage(const struct store *s)
{
	char saved[PATH_MAX], aside[PATH_MAX + 64];

	if (!path_of(s, SAVED, saved) || access(saved, F_OK) < 0)
		return 0;
	return exchange(s, aside, sizeof(aside));
}

int
store_anew(struct store *s, char note[STORE_NOTE])
{
	char aside[PATH_MAX + 64], became[100];
	uint64_t count = 0;
	const int failure = salvage(s, &count);
	int r = failure;

	/* With no room for its records, one without; with none for that either the damaged one stays where it is. */
	if (failure < 0 && (r = salvage(s, NULL)) < 0)
		return r;
	if ((r = exchange(s, aside, sizeof(aside))) < 0)
		return r;
	if (failure < 0)
		(void)snprintf(became, sizeof(became), "its records could not be copied (%s)", strerror(-failure));
	else
		(void)snprintf(became, sizeof(became), "%lu of its records were saved", (unsigned long)count);
	(void)snprintf(note, STORE_NOTE, "the inbox was damaged: it is kept as %.100s, a new one was begun; %s",
	    strrchr(aside, '/') + 1, became);
	return store_attach(s);
}

/*
 * A damaged log that SQLite would pass over in silence, and write over: it is kept, and the inbox goes on with what was
 * written back already.
 */
int
store_leave_log(struct store *s, char note[STORE_NOTE])
{
	char log[sizeof(s->path) + 4], aside[PATH_MAX + 64];
	int r;

	(void)snprintf(log, sizeof(log), "%s-wal", s->path);
	if ((r = database_set_aside(log, aside, sizeof(aside))) < 0 || (r = store_attach(s)) < 0)
		return r;
	(void)snprintf(note, STORE_NOTE,
	    "the log of the inbox was damaged: it is kept as %.100s, the latest records are missing",
	    strrchr(aside, '/') + 1);
	return 0;
}

int
store_renew(struct store *s, char note[STORE_NOTE])
{
	int r;

	note[0] = '\0';
	store_detach(s);
	if ((r = store_anew(s, note)) == 0)
		s->unsure = false; /* what of it is there was written anew */
	return r;
}
