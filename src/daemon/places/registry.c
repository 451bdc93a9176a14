#include "daemon/places/registry.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "core/names/name.h"
#include "db/database.h"
#include "proto/quote.h"
#include "proto/upstream.h"

#define SCHEMA 1 /* user_version. Tables may be added: an older pchatd does not look at them */

enum statement { BEGIN, COMMIT, ROLLBACK, CLEAR, PUT, REMOVE, SET_PAIR, SET_POLICY, SET_ACCOUNT, SET_META, STATEMENTS };

static const char *const sql[STATEMENTS] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[CLEAR] = "DELETE FROM session",
	[PUT] = "INSERT OR REPLACE INTO session (id, name, uid, since, pair, policy) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[REMOVE] = "DELETE FROM session WHERE id = ?1",
	[SET_PAIR] = "UPDATE session SET pair = ?2 WHERE id = ?1",
	[SET_POLICY] = "UPDATE session SET policy = ?2 WHERE id = ?1",
	[SET_ACCOUNT] = "INSERT OR REPLACE INTO account (uid, name) VALUES (?1, ?2)",
	[SET_META] = "INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)",
};

#define NEXT_PAIR "next_pair"
#define PARTIAL "partial"

/* What a new one is made of, and what is added to one of an older pchatd. */
static const char first_schema[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE session (id BLOB PRIMARY KEY, name TEXT NOT NULL, uid INTEGER NOT NULL,"
    " since INTEGER NOT NULL, pair INTEGER NOT NULL, policy BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
    "PRAGMA user_version = 1;"
    "COMMIT;";
static const char later_schema[] = "CREATE TABLE IF NOT EXISTS account (uid INTEGER PRIMARY KEY, name TEXT NOT NULL);"
				   "DELETE FROM account WHERE uid NOT IN (SELECT uid FROM session);";

struct registry {
	sqlite3 *db;
	sqlite3_stmt *statement[STATEMENTS];
	int failure;  /* the first of the transaction under way, -errno */
	bool behind;  /* a commit failed since registry_clear() */
	bool damaged; /* the file is: the next transaction begins a new one */
	char path[PATH_MAX];
};

static void
close_file(struct registry *r)
{
	database_finalize(r->statement, STATEMENTS);
	database_close(r->db);
	r->db = NULL;
}

static int
open_tables(struct registry *r, enum registry_origin *origin)
{
	int64_t version = 0;
	int rc = database_number(r->db, "PRAGMA user_version", &version);

	if (rc < 0)
		return rc;
	if (version > SCHEMA)
		return -EPROTO;
	*origin = version == SCHEMA ? REGISTRY_FOUND : REGISTRY_NEW;
	rc = *origin == REGISTRY_FOUND ? database_check(r->db) : database_exec(r->db, first_schema);
	if (rc == 0)
		rc = database_exec(r->db, later_schema);
	return rc < 0 ? rc : database_prepare(r->db, sql, r->statement, STATEMENTS);
}

/* -EUCLEAN: damaged; -EPROTO: of a newer version. */
static int
open_file(struct registry *r, enum registry_origin *origin)
{
	int rc;

	if (database_log_damaged(r->path))
		return -EUCLEAN;
	if ((rc = database_open(&r->db, r->path, DATABASE_OWN, "PRAGMA synchronous=OFF;")) < 0)
		return rc;
	return open_tables(r, origin);
}

/* Never deleted: somebody may want to look at it. */
static int
set_aside(struct registry *r)
{
	char aside[PATH_MAX], shown[256], where[320];
	int rc;

	close_file(r);
	if ((rc = database_set_aside(r->path, aside, sizeof(aside))) < 0)
		return rc;
	log_error("registry: '%s' is damaged; it was set aside as '%s'",
	    quote(r->path, strlen(r->path), shown, sizeof(shown)), quote(aside, strlen(aside), where, sizeof(where)));
	return 0;
}

/* A folder that others can write to would let them forge sessions. */
int
registry_check_folder(const char *folder)
{
	_cleanup_(closep) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	return st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH)) ? -EPERM : 0;
}

static bool
path_in(const char *folder, char path[PATH_MAX])
{
	return (size_t)snprintf(path, PATH_MAX, "%s/registry.db", folder) < PATH_MAX;
}

bool
registry_exists(const char *folder)
{
	char path[PATH_MAX];
	struct stat st;

	return path_in(folder, path) && lstat(path, &st) == 0;
}

void
registry_erase(const char *folder)
{
	char path[PATH_MAX];

	if (path_in(folder, path))
		database_remove(path);
}

int
registry_open(const char *folder, struct registry **out, enum registry_origin *origin)
{
	struct registry *r;
	int rc;

	if ((rc = registry_check_folder(folder)) < 0)
		return rc;
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	rc = path_in(folder, r->path) ? open_file(r, origin) : -ENAMETOOLONG;
	if (rc == -EUCLEAN && (rc = set_aside(r)) == 0) {
		rc = open_file(r, origin);
		*origin = REGISTRY_DAMAGED;
	}
	if (rc < 0) {
		registry_close(r);
		return rc;
	}
	*out = r;
	return 0;
}

void
registry_close(struct registry *r)
{
	if (!r)
		return;
	close_file(r);
	free(r);
}

/* ------ reading ------ */

static void
decode_policy(sqlite3_stmt *st, int column, struct policy *p)
{
	struct upstream_message m;
	const struct frame f = {
		.type = UPSTREAM_POLICY,
		.body = sqlite3_column_blob(st, column),
		.length = (uint32_t)sqlite3_column_bytes(st, column),
	};

	memset(p, 0, sizeof(*p));
	if (f.length > 0 && upstream_decode(&f, &m) == 0)
		*p = m.u.policy;
}

/* One that has ended stands there as a negative number, which an older pchatd takes for the id of no pair. */
static int64_t
encode_pair(uint64_t pair, bool over)
{
	return over ? -(int64_t)pair : (int64_t)pair;
}

static bool
decode_pair(int64_t stored, struct registry_row *row)
{
	if (stored == INT64_MIN)
		return false;
	row->over = stored < 0;
	row->pair = (uint64_t)(row->over ? -stored : stored);
	return true;
}

static bool
decode_row(sqlite3_stmt *st, struct registry_row *row)
{
	const char *name = (const char *)sqlite3_column_text(st, 1);
	const int64_t uid = sqlite3_column_int64(st, 2);

	if (!database_ident(st, 0, &row->id) || !name || !name_valid(name, strlen(name)))
		return false;
	if (uid < 0 || uid > UINT32_MAX || !decode_pair(sqlite3_column_int64(st, 4), row))
		return false;
	(void)snprintf(row->name, sizeof(row->name), "%s", name);
	row->uid = (uint32_t)uid;
	row->since_ms = sqlite3_column_int64(st, 3);
	decode_policy(st, 5, &row->policy);
	row->account_told = sqlite3_column_type(st, 6) == SQLITE_TEXT;
	database_text(st, 6, row->account, sizeof(row->account));
	return true;
}

int
registry_load(struct registry *r, void (*fn)(const struct registry_row *row, void *context), void *context)
{
	static const char *const query[] = {
		"SELECT id, session.name, uid, since, pair, policy, account.name FROM session"
		" LEFT JOIN account USING (uid) ORDER BY pair"
	};
	struct registry_row row;
	sqlite3_stmt *st;
	int rc = database_prepare(r->db, query, &st, 1);

	if (rc < 0)
		return rc;
	while ((rc = database_row(st)) > 0)
		if (decode_row(st, &row))
			fn(&row, context);
	database_finalize(&st, 1);
	return rc;
}

int
registry_next_pair(struct registry *r, uint64_t *next)
{
	int64_t n;
	const int rc = database_number(r->db, "SELECT value FROM meta WHERE key = '" NEXT_PAIR "'", &n);

	*next = n > 0 ? (uint64_t)n : 0;
	return rc;
}

int
registry_partial(struct registry *r, bool *partial)
{
	int64_t n;
	const int rc = database_number(r->db, "SELECT value FROM meta WHERE key = '" PARTIAL "'", &n);

	*partial = n != 0;
	return rc;
}

/* ------ writing ------ */

/* Runs a statement whose values are bound; after a failure nothing runs until the end of the transaction. */
static void
run(struct registry *r, enum statement which)
{
	sqlite3_stmt *st = r->statement[which];

	if (r->failure < 0)
		return;
	r->failure = database_run(st);
	(void)sqlite3_clear_bindings(st);
}

static void
start_anew(struct registry *r)
{
	enum registry_origin origin;

	if (set_aside(r) < 0 || open_file(r, &origin) < 0) {
		close_file(r);
		r->failure = -EIO;
		return;
	}
	r->damaged = false;
}

void
registry_begin(struct registry *r)
{
	r->failure = 0;
	if (r->damaged)
		start_anew(r);
	run(r, BEGIN);
}

void
registry_clear(struct registry *r)
{
	run(r, CLEAR);
	r->behind = false; /* if all goes well; a failure sets it again */
}

/* A value that is copied may find no memory: without it the statement would do something else. */
static void
bound(struct registry *r, int rc)
{
	if (rc != SQLITE_OK && r->failure == 0)
		r->failure = -ENOMEM;
}

static void
bind_policy(struct registry *r, enum statement which, int column, const struct policy *p)
{
	struct upstream_message m;
	uint8_t frame[FRAME_HEADER + 64 + sizeof(*p)];
	size_t n;

	m.type = UPSTREAM_POLICY;
	m.u.policy = *p;
	n = upstream_encode(&m, frame, sizeof(frame));
	if (n > 0)
		bound(r,
		    sqlite3_bind_blob(
			r->statement[which], column, frame + FRAME_HEADER, (int)(n - FRAME_HEADER), SQLITE_TRANSIENT));
}

static void
bind_id(struct registry *r, enum statement which, const struct ident *id)
{
	bound(r, sqlite3_bind_blob(r->statement[which], 1, id->b, IDENT_LEN, SQLITE_TRANSIENT));
}

static void
set_account(struct registry *r, uint32_t uid, const char *account)
{
	if (r->failure < 0)
		return;
	(void)sqlite3_bind_int64(r->statement[SET_ACCOUNT], 1, uid);
	bound(r, sqlite3_bind_text(r->statement[SET_ACCOUNT], 2, account, -1, SQLITE_TRANSIENT));
	run(r, SET_ACCOUNT);
}

void
registry_put(struct registry *r, const struct registry_row *row)
{
	sqlite3_stmt *st = r->statement[PUT];

	if (r->failure < 0)
		return;
	bind_id(r, PUT, &row->id);
	bound(r, sqlite3_bind_text(st, 2, row->name, -1, SQLITE_TRANSIENT));
	(void)sqlite3_bind_int64(st, 3, row->uid);
	(void)sqlite3_bind_int64(st, 4, row->since_ms);
	(void)sqlite3_bind_int64(st, 5, encode_pair(row->pair, row->over));
	bind_policy(r, PUT, 6, &row->policy);
	run(r, PUT);
	if (row->account_told)
		set_account(r, row->uid, row->account);
}

void
registry_remove(struct registry *r, const struct ident *id)
{
	if (r->failure < 0)
		return;
	bind_id(r, REMOVE, id);
	run(r, REMOVE);
}

static void
set_pair(struct registry *r, const struct ident *id, int64_t stored)
{
	if (r->failure < 0)
		return;
	bind_id(r, SET_PAIR, id);
	(void)sqlite3_bind_int64(r->statement[SET_PAIR], 2, stored);
	run(r, SET_PAIR);
}

void
registry_set_pair(struct registry *r, const struct ident *id, uint64_t pair)
{
	set_pair(r, id, encode_pair(pair, false));
}

void
registry_end_pair(struct registry *r, const struct ident *id, uint64_t pair)
{
	set_pair(r, id, encode_pair(pair, true));
}

void
registry_set_policy(struct registry *r, const struct ident *id, const struct policy *policy)
{
	if (r->failure < 0)
		return;
	bind_id(r, SET_POLICY, id);
	bind_policy(r, SET_POLICY, 2, policy);
	run(r, SET_POLICY);
}

static void
set_meta(struct registry *r, const char *key, int64_t value)
{
	if (r->failure < 0)
		return;
	(void)sqlite3_bind_text(r->statement[SET_META], 1, key, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(r->statement[SET_META], 2, value);
	run(r, SET_META);
}

void
registry_set_next_pair(struct registry *r, uint64_t next)
{
	set_meta(r, NEXT_PAIR, (int64_t)next);
}

void
registry_set_partial(struct registry *r, bool partial)
{
	set_meta(r, PARTIAL, partial);
}

int
registry_commit(struct registry *r)
{
	int failure;

	run(r, COMMIT);
	if ((failure = r->failure) == 0)
		return 0;
	r->behind = true;
	r->damaged |= failure == -EUCLEAN || !r->db;
	r->failure = 0;
	if (r->db && !sqlite3_get_autocommit(r->db))
		run(r, ROLLBACK);
	r->failure = 0;
	return failure;
}

bool
registry_behind(const struct registry *r)
{
	return r->behind;
}

static void
import_row(const struct registry_row *row, void *context)
{
	registry_put(context, row);
}

int
registry_import(struct registry *r, struct registry *from)
{
	uint64_t next = 0;
	bool partial = false;
	int rc;

	registry_begin(r);
	if ((rc = registry_load(from, import_row, r)) == 0 && (rc = registry_next_pair(from, &next)) == 0)
		rc = registry_partial(from, &partial);
	registry_set_next_pair(r, next);
	registry_set_partial(r, partial);
	if (rc < 0)
		r->failure = rc;
	return registry_commit(r);
}
