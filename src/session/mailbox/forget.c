#include "session/mailbox/forget.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "db/database.h"
#include "db/erase.h"
#include "session/mailbox/folder.h"
#include "session/mailbox/forget_impl.h"
#include "session/mailbox/scan.h"
#include "session/mailbox/sent_scan.h"
#include "session/mailbox/sentbox.h"

#define NEWEST_EVER                                                                                       \
	"INSERT OR REPLACE INTO meta(key, value) VALUES('base', max("                                     \
	"coalesce((SELECT first_record + count - 1 FROM stretch ORDER BY first_record DESC LIMIT 1), 0)," \
	"coalesce((SELECT value FROM meta WHERE key = 'base'), 0)))"

bool
forget_chosen(const struct choice *c, const char *partner, int64_t time_ms)
{
	if (c->what->partner[0] && !name_equal(partner, c->what->partner))
		return false;
	return c->what->before_ms == 0 || time_ms < c->what->before_ms;
}

/* ------------------------------------------------------------------------- files */

/* Copies of damaged files: nobody can tell what is in them, so all of it goes. */
static bool
is_copy(const char *name)
{
	static const char *const of[] = { STORE_FILE, SENTBOX_FILE };

	for (size_t i = 0; i < ARRAY_SIZE(of); i++) {
		const size_t n = strlen(of[i]);

		if (strncmp(name, of[i], n) == 0 &&
		    (strstr(name + n, ".corrupt-") || strncmp(name + n, ".new", 4) == 0 ||
			strncmp(name + n, ".saved", 6) == 0))
			return true;
	}
	return false;
}

static int
erase_copies(const char *dir)
{
	char path[PATH_MAX];
	const struct dirent *e;
	DIR *d = opendir(dir);
	int r = 0;

	if (!d)
		return -errno;
	while (r == 0 && (e = readdir(d)))
		if (is_copy(e->d_name) && (size_t)snprintf(path, sizeof(path), "%s/%s", dir, e->d_name) < sizeof(path))
			r = erase_file(path);
	(void)closedir(d);
	return r;
}

/*
 * Commits, overwrites, and says in the database for as long that this is to be done: who is killed meanwhile leaves no row
 * that tells of it.
 */
static int
commit_and_erase(sqlite3 *db, const char *dir)
{
	int r = database_exec(db, "PRAGMA user_version = 1; COMMIT");

	if (r == 0)
		r = erase_deleted(db);
	if (r == 0)
		r = erase_copies(dir);
	return r < 0 ? r : database_exec(db, "PRAGMA user_version = 0");
}

/* Commits and overwrites what `count` rows held, if they are any, or what was left of others. */
static int
finish(sqlite3 *db, const char *dir, uint64_t count)
{
	int64_t left = 0;
	int r = count > 0 ? 0 : database_number(db, "PRAGMA user_version", &left);

	return r < 0 || (count == 0 && left == 0) ? r : commit_and_erase(db, dir);
}

/* ------------------------------------------------------------------------- both sides */

static int
forget_received(sqlite3 *db, const char *dir, const struct choice *c, uint64_t *count)
{
	uint64_t unread;
	int r;

	/* No other record may get the id of one that was forgotten. What tells the latest one may go with it. */
	if ((r = database_exec(db, NEWEST_EVER)) < 0 || (r = forget_rows(db, c, count, &unread)) < 0)
		return r;
	if (unread > 0 && !c->what->unread) {
		*count = unread;
		return FORGET_UNREAD;
	}
	return finish(db, dir, *count);
}

static int
remove_runs(sqlite3_stmt *const stmt[2], const struct choice *c, uint64_t *count)
{
	int r;

	while ((r = database_row(stmt[0])) > 0) {
		char partner[NAME_MAX_LEN + 1];

		database_text(stmt[0], 3, partner, sizeof(partner));
		if ((uint64_t)sqlite3_column_int64(stmt[0], 0) >= c->own ||
		    !forget_chosen(c, partner, sqlite3_column_int64(stmt[0], 2)))
			continue;
		*count += (uint64_t)sqlite3_column_int64(stmt[0], 1);
		(void)sqlite3_bind_int64(stmt[1], 1, sqlite3_column_int64(stmt[0], 0));
		if ((r = database_run(stmt[1])) < 0)
			break;
	}
	return r;
}

/* A row is of one partner and one time. It is deleted while it is the one that the walk stands at, and has been read. */
static int
forget_own(sqlite3 *db, const char *dir, const struct choice *c, uint64_t *count)
{
	static const char *const sql[] = { "SELECT id, count, time, name FROM run ORDER BY id",
		"DELETE FROM run WHERE id = ?1" };
	sqlite3_stmt *stmt[2];
	uint64_t own = 0;
	int r;

	if ((r = database_prepare(db, sql, stmt, 2)) < 0)
		return r;
	r = remove_runs(stmt, c, &own);
	database_finalize(stmt, 2);
	*count += own;
	return r < 0 ? r : finish(db, dir, own);
}

static int
forget_sides(const char *dir, const struct choice *c, uint64_t *count)
{
	_cleanup_(database_closep) sqlite3 *inbox = NULL;
	_cleanup_(database_closep) sqlite3 *sent = NULL;
	int r;

	*count = 0;
	if ((r = database_open_made(&inbox, dir, STORE_FILE, DATABASE_DURABLE, "BEGIN IMMEDIATE")) < 0)
		return r;
	if (inbox && (r = forget_received(inbox, dir, c, count)) != 0)
		return r;
	/* One behind the other, so that neither keeps a helper from writing for longer than it has to. */
	if ((r = database_open_made(&sent, dir, SENTBOX_FILE, DATABASE_DURABLE, "BEGIN IMMEDIATE")) < 0)
		return r;
	return sent ? forget_own(sent, dir, c, count) : 0;
}

/* A database that cannot be read keeps no typed line. */
static int
forget_all(const char *dir, const struct choice *c, uint64_t *count)
{
	const int r = forget_sides(dir, c, count);
	int typed;

	if (r == FORGET_UNREAD)
		return r;
	typed = forget_typed(dir, c, *count > 0);
	if (r < 0 || typed < 0)
		return r < 0 ? r : typed;
	return typed > 0 && *count == 0 ? FORGET_TYPED : 0;
}

int
forget(const char *dir, const struct forget *what, uint64_t *count)
{
	const struct choice choice = {
		.what = what,
		.received = UINT64_MAX,
		.own = UINT64_MAX,
		.typed_before = what->before_ms > 0 ? what->before_ms : INT64_MAX,
	};

	return forget_all(dir, &choice, count);
}

/* ------------------------------------------------------------------------- a rule */

static int
put_number(sqlite3 *db, const char *key, int64_t value)
{
	static const char *const sql = "INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)";
	sqlite3_stmt *q;
	int r;

	if ((r = database_prepare(db, &sql, &q, 1)) < 0)
		return r;
	(void)sqlite3_bind_text(q, 1, key, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(q, 2, value);
	r = database_run(q);
	database_finalize(&q, 1);
	return r;
}

int
forget_set_keep(const char *dir, const struct keep *keep)
{
	_cleanup_(database_closep) sqlite3 *db = NULL;
	int r;

	if ((r = database_open_made(&db, dir, STORE_FILE, DATABASE_DURABLE, "BEGIN IMMEDIATE")) < 0)
		return r;
	if (!db)
		return -ENOENT;
	if ((r = put_number(db, "keep_age", keep->age_ms)) < 0 ||
	    (r = put_number(db, "keep_records", (int64_t)keep->records)) < 0)
		return r;
	return database_exec(db, "COMMIT");
}

static int
read_keep(sqlite3 *inbox, struct keep *keep)
{
	int64_t age, records;
	int r;

	if ((r = database_number(inbox, "SELECT value FROM meta WHERE key = 'keep_age'", &age)) < 0 ||
	    (r = database_number(inbox, "SELECT value FROM meta WHERE key = 'keep_records'", &records)) < 0)
		return r;
	keep->age_ms = age > 0 ? age : 0;
	keep->records = records > 0 ? (uint64_t)records : 0;
	return 0;
}

/* Down from the latest record, by turns as they were said, until so many are kept; below them begins what is not. */
static int
find_latest(sqlite3 *inbox, sqlite3 *sent, uint64_t records, struct choice *c)
{
	struct sent_scan own = { .after = 0 };
	struct record in, out;
	struct scan received;
	int64_t oldest = 0;
	int r, has_in, has_out = 0;

	if ((r = scan_init(&received, inbox, true)) < 0)
		return r;
	scan_start(&received, INT64_MAX, KINDS_ALL);
	has_in = scan_next(&received, &in);
	if (sent && (r = sent_scan_init(&own, sent, true)) == 0) {
		sent_scan_start(&own, INT64_MAX);
		has_out = sent_scan_next(&own, &out);
	}
	for (; r == 0 && records > 0 && (has_in > 0 || has_out > 0); records--) {
		if (has_out > 0 && (has_in <= 0 || own.after >= in.id)) {
			c->own = (uint64_t)own.rows.id;
			oldest = out.time_ms;
			has_out = sent_scan_next(&own, &out);
		} else {
			c->received = in.id;
			oldest = in.time_ms;
			has_in = scan_next(&received, &in);
		}
	}
	if (records == 0 && oldest > c->typed_before)
		c->typed_before = oldest;
	scan_release(&received);
	sent_scan_release(&own);
	return r < 0 ? r : has_in < 0 ? has_in : has_out < 0 ? has_out : 0;
}

/* What the rule does not keep. */
static int
choose_expired(const char *dir, int64_t now_ms, struct forget *what, struct choice *c, bool *any)
{
	_cleanup_(database_closep) sqlite3 *inbox = NULL;
	_cleanup_(database_closep) sqlite3 *sent = NULL;
	struct keep keep = { 0 };
	int r;

	*any = false;
	if ((r = database_open_made(&inbox, dir, STORE_FILE, DATABASE_READER, "BEGIN")) < 0 || !inbox ||
	    (r = read_keep(inbox, &keep)) < 0 ||
	    (r = database_open_made(&sent, dir, SENTBOX_FILE, DATABASE_READER, "BEGIN")) < 0)
		return r;
	*any = keep.age_ms > 0 || keep.records > 0;
	what->before_ms = keep.age_ms > 0 ? now_ms - keep.age_ms : 0;
	c->typed_before = what->before_ms;
	return keep.records > 0 ? find_latest(inbox, sent, keep.records, c) : 0;
}

int
forget_expired(const char *dir, int64_t now_ms, uint64_t *count)
{
	struct forget what = { .unread = false };
	struct choice choice = { .what = &what, .spare_unread = true, .received = UINT64_MAX, .own = UINT64_MAX };
	bool any;
	const int r = choose_expired(dir, now_ms, &what, &choice, &any);

	*count = 0;
	return r < 0 || !any ? r : forget_all(dir, &choice, count);
}
