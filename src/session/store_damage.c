/* A damaged inbox: what of it can be read goes into a new one, under the ids that it has; all of it is kept aside. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "session/store_impl.h"

#define NEW ".new" /* one in the making */

/* ------------------------------------------------------------------------- salvage */

static bool
new_path(const struct store *s, char path[PATH_MAX])
{
	return (size_t)snprintf(path, PATH_MAX, "%s" NEW, s->path) < PATH_MAX;
}

/* Its records, past what is damaged; fails when the new one cannot take them. */
static int
copy_records(struct store *fresh, sqlite3 *old, uint64_t *count)
{
	struct scan scan;
	struct record record;
	int r;

	if ((r = scan_init(&scan, old, false)) < 0)
		return 0;
	scan_start(&scan, 0, false);
	while ((r = scan_next(&scan, &record)) > 0 || r == -EUCLEAN) {
		if (r < 0)
			continue;
		if ((r = store_restore(fresh, &record)) < 0)
			break;
		++*count;
	}
	scan_release(&scan);
	return r;
}

/* The rows of `query` as they are, and as far as they can be read. */
static int
copy_rows(sqlite3_stmt *into, sqlite3 *old, const char *query)
{
	sqlite3_stmt *from;
	int r = 0;

	if (database_prepare(old, &query, &from, 1) < 0)
		return 0;
	while (r == 0 && database_row(from) > 0) {
		for (int i = 0; i < sqlite3_column_count(from); i++)
			(void)sqlite3_bind_value(into, i + 1, sqlite3_column_value(from, i));
		r = database_run(into);
	}
	(void)sqlite3_finalize(from);
	return r;
}

/* Ids go on where they were, and what was read stays read; where that is not known, it is shown again. */
static int
place_marks(struct store *fresh, const struct store_tally *known)
{
	int64_t mark, base, newest = fresh->now.newest;
	int r;

	if ((r = store_kept_number(fresh, "mark", &mark)) < 0 || (r = store_kept_number(fresh, "base", &base)) < 0)
		return r;
	if (base > newest && base <= ROW_ID_MAX)
		newest = base;
	if (known->newest > newest)
		newest = known->newest;
	if (mark < known->mark || mark > newest)
		mark = known->mark;
	if ((r = store_keep_number(fresh, "mark", mark)) < 0)
		return r;
	return store_keep_number(fresh, "base", newest);
}

static int
copy_facts(struct store *fresh, sqlite3 *old)
{
	const int r = copy_rows(fresh->stmt[TAKE], old, "SELECT id FROM taken ORDER BY id");

	if (r < 0)
		return r;
	return copy_rows(
	    fresh->stmt[META_SET], old, "SELECT key, value FROM meta WHERE key NOT IN ('identity', 'generation')");
}

/* In one transaction; without `count` no records. */
static int
copy_all(struct store *fresh, const struct store *s, uint64_t *count)
{
	_cleanup_(database_closep) sqlite3 *old = NULL;
	int r = store_begin(fresh);

	if (r == 0 && database_open(&old, s->path, DATABASE_READER, "BEGIN") == 0) {
		r = count ? copy_records(fresh, old, count) : 0;
		r = r < 0 ? r : copy_facts(fresh, old);
	}
	if (r == 0)
		r = place_marks(fresh, &s->committed);
	(void)store_doom(fresh, r);
	r = store_commit(fresh);
	return r == STORE_UNSURE ? -EIO : r;
}

/* From its log into the file itself, which can be given another name then. */
static int
make_one_file(struct store *fresh)
{
	int no = 0;

	(void)sqlite3_file_control(fresh->db, "main", SQLITE_FCNTL_PERSIST_WAL, &no);
	return database_error(
	    fresh->db, sqlite3_wal_checkpoint_v2(fresh->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL));
}

/* Makes the new one, beside the damaged one; `count` of records, without it none. -errno: there is none. */
static int
salvage(const struct store *s, uint64_t *count)
{
	_cleanup_(freep) struct store *fresh = calloc(1, sizeof(*fresh));
	int r;

	if (!fresh)
		return -ENOMEM;
	fresh->log = -1;
	if (!new_path(s, fresh->path))
		return -ENAMETOOLONG;
	database_remove(fresh->path);
	if ((r = store_attach(fresh)) == 0) {
		if ((r = copy_all(fresh, s, count)) == 0)
			r = make_one_file(fresh);
		store_detach(fresh);
		pack_release(&fresh->pack);
	}
	if (r < 0)
		database_remove(fresh->path);
	return r;
}

/* ------------------------------------------------------------------------- in its place */

static int
take_place(const struct store *s)
{
	char path[PATH_MAX];

	return new_path(s, path) && rename(path, s->path) == 0 ? 0 : -errno;
}

void
store_finish_salvage(const struct store *s)
{
	if (access(s->path, F_OK) < 0 && errno == ENOENT)
		(void)take_place(s);
}

/*
 * The damaged one is read in its place: whoever dies before the new one is whole, or has not even room for an empty
 * one, leaves it there.
 */
int
store_anew(struct store *s, char note[STORE_NOTE])
{
	char aside[PATH_MAX + 64], became[100];
	uint64_t count = 0;
	int r;
	const int failure = salvage(s, &count);

	if ((failure < 0 && (r = salvage(s, NULL)) < 0) ||
	    (r = database_set_aside(s->path, aside, sizeof(aside))) < 0 || (r = take_place(s)) < 0)
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
 * written back already. As its records' ids will be given out again, it is another inbox to the index of its texts.
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
	r = database_exec(s->db, "UPDATE meta SET value = hex(randomblob(16)) WHERE key = 'identity'");
	return r == -EUCLEAN ? r : 0;
}

int
store_renew(struct store *s, char note[STORE_NOTE])
{
	note[0] = '\0';
	store_detach(s);
	return store_anew(s, note);
}
