#include "daemon/registry.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"
#include "core/name.h"
#include "proto/quote.h"
#include "proto/upstream.h"

#define SCHEMA 1 /* user_version */

enum statement { BEGIN, COMMIT, ROLLBACK, CLEAR, PUT, REMOVE, SET_PAIR, SET_POLICY, SET_NEXT, SET_PARTIAL, STATEMENTS };

static const char *const sql[STATEMENTS] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[CLEAR] = "DELETE FROM session",
	[PUT] = "INSERT OR REPLACE INTO session (id, name, uid, since, pair, policy) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[REMOVE] = "DELETE FROM session WHERE id = ?1",
	[SET_PAIR] = "UPDATE session SET pair = ?2 WHERE id = ?1",
	[SET_POLICY] = "UPDATE session SET policy = ?2 WHERE id = ?1",
	[SET_NEXT] = "INSERT OR REPLACE INTO meta (key, value) VALUES ('next_pair', ?1)",
	[SET_PARTIAL] = "INSERT OR REPLACE INTO meta (key, value) VALUES ('partial', ?1)",
};

/* The cache is small: the registry is read once. The lock on the folder makes ours the only process. */
static const char set_up[] = "PRAGMA locking_mode = EXCLUSIVE;"
			     "PRAGMA journal_mode = WAL;"
			     "PRAGMA synchronous = NORMAL;"
			     "PRAGMA cache_size = -128;"
			     "PRAGMA wal_autocheckpoint = 256;";

static const char schema[] = "BEGIN IMMEDIATE;"
			     "CREATE TABLE session (id BLOB PRIMARY KEY, name TEXT NOT NULL, uid INTEGER NOT NULL,"
			     " since INTEGER NOT NULL, pair INTEGER NOT NULL, policy BLOB NOT NULL) WITHOUT ROWID;"
			     "CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
			     "PRAGMA user_version = 1;"
			     "COMMIT;";

struct registry {
	sqlite3 *db;
	sqlite3_stmt *statement[STATEMENTS];
	int failure;  /* the first of the transaction under way, as SQLite calls it */
	bool behind;  /* a commit failed since registry_clear() */
	bool damaged; /* the file is: the next transaction begins a new one */
	char path[PATH_MAX];
};

static int
error_of(const struct registry *r, int rc)
{
	const int system = r->db ? sqlite3_system_errno(r->db) : 0;

	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_ERROR: /* not the tables that we know */
		return -EBADMSG;
	default:
		return system > 0 ? -system : -EIO;
	}
}

static void
close_file(struct registry *r)
{
	for (size_t i = 0; i < STATEMENTS; i++) {
		(void)sqlite3_finalize(r->statement[i]);
		r->statement[i] = NULL;
	}
	(void)sqlite3_close(r->db);
	r->db = NULL;
}

/* One integer that a query gives; SQLITE_ROW when there is one. */
static int
query_int(struct registry *r, const char *query, int64_t *value)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(r->db, query, -1, &st, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		*value = sqlite3_column_int64(st, 0);
	(void)sqlite3_finalize(st);
	return rc;
}

static int
check_integrity(struct registry *r)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(r->db, "PRAGMA quick_check(1)", -1, &st, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		rc = strcmp((const char *)sqlite3_column_text(st, 0), "ok") == 0 ? SQLITE_OK : SQLITE_CORRUPT;
	(void)sqlite3_finalize(st);
	return rc;
}

static int
prepare_all(struct registry *r)
{
	int rc = SQLITE_OK;

	for (size_t i = 0; i < STATEMENTS && rc == SQLITE_OK; i++)
		rc = sqlite3_prepare_v3(r->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &r->statement[i], NULL);
	return rc;
}

/* -EBADMSG: damaged; -EPROTO: of a newer version. */
static int
open_file(struct registry *r, enum registry_origin *origin)
{
	int64_t version = 0;
	int rc =
	    sqlite3_open_v2(r->path, &r->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_exec(r->db, set_up, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = query_int(r, "PRAGMA user_version", &version) == SQLITE_ROW ? SQLITE_OK : SQLITE_CORRUPT;
	if (rc == SQLITE_OK && version > SCHEMA)
		return -EPROTO;
	*origin = version == SCHEMA ? REGISTRY_FOUND : REGISTRY_NEW;
	if (rc == SQLITE_OK)
		rc = *origin == REGISTRY_FOUND ? check_integrity(r) : sqlite3_exec(r->db, schema, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = prepare_all(r);
	return error_of(r, rc);
}

static int
rename_file(const char *path, const char *suffix, const char *mark)
{
	char from[PATH_MAX], to[PATH_MAX];

	if ((size_t)snprintf(from, sizeof(from), "%s%s", path, suffix) >= sizeof(from) ||
	    (size_t)snprintf(to, sizeof(to), "%s.%s%s", path, mark, suffix) >= sizeof(to))
		return -ENAMETOOLONG;
	return rename(from, to) < 0 && errno != ENOENT ? -errno : 0;
}

/* Never deleted: somebody may want to look at it. */
static int
set_aside(struct registry *r)
{
	char mark[48], shown[256];
	int rc;

	close_file(r);
	(void)snprintf(mark, sizeof(mark), "corrupt-%lld", (long long)clock_wall_ms());
	if ((rc = rename_file(r->path, "", mark)) < 0 || (rc = rename_file(r->path, "-wal", mark)) < 0)
		return rc;
	(void)quote(r->path, strlen(r->path), shown, sizeof(shown));
	log_error("registry: '%s' is damaged; it was set aside as '%s.%s'", shown, shown, mark);
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
	if ((size_t)snprintf(r->path, sizeof(r->path), "%s/registry.db", folder) >= sizeof(r->path))
		rc = -ENAMETOOLONG;
	else
		rc = open_file(r, origin);
	if (rc == -EBADMSG && (rc = set_aside(r)) == 0) {
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

static bool
decode_row(sqlite3_stmt *st, struct registry_row *row)
{
	const void *id = sqlite3_column_blob(st, 0);
	const char *name = (const char *)sqlite3_column_text(st, 1);
	const int64_t uid = sqlite3_column_int64(st, 2);

	if (!id || sqlite3_column_bytes(st, 0) != IDENT_LEN || !name || !name_valid(name, strlen(name)))
		return false;
	if (uid < 0 || uid > UINT32_MAX)
		return false;
	memcpy(row->id.b, id, IDENT_LEN);
	(void)snprintf(row->name, sizeof(row->name), "%s", name);
	row->uid = (uint32_t)uid;
	row->since_ms = sqlite3_column_int64(st, 3);
	row->pair = (uint64_t)sqlite3_column_int64(st, 4);
	decode_policy(st, 5, &row->policy);
	return true;
}

int
registry_load(struct registry *r, void (*fn)(const struct registry_row *row, void *context), void *context)
{
	sqlite3_stmt *st = NULL;
	struct registry_row row;
	int rc = sqlite3_prepare_v2(
	    r->db, "SELECT id, name, uid, since, pair, policy FROM session ORDER BY pair", -1, &st, NULL);

	if (rc == SQLITE_OK)
		while ((rc = sqlite3_step(st)) == SQLITE_ROW)
			if (decode_row(st, &row))
				fn(&row, context);
	(void)sqlite3_finalize(st);
	return error_of(r, rc);
}

uint64_t
registry_next_pair(struct registry *r)
{
	int64_t next = 0;

	return query_int(r, "SELECT value FROM meta WHERE key = 'next_pair'", &next) == SQLITE_ROW && next > 0
	    ? (uint64_t)next
	    : 0;
}

bool
registry_partial(struct registry *r)
{
	int64_t partial = 0;

	return query_int(r, "SELECT value FROM meta WHERE key = 'partial'", &partial) == SQLITE_ROW && partial != 0;
}

/* ------ writing ------ */

/* Runs a statement whose values are bound; after a failure nothing runs until the end of the transaction. */
static void
run(struct registry *r, enum statement which)
{
	sqlite3_stmt *st = r->statement[which];
	int rc;

	if (r->failure != SQLITE_OK)
		return;
	rc = sqlite3_step(st);
	if (rc != SQLITE_DONE)
		r->failure = rc == SQLITE_OK || rc == SQLITE_ROW ? SQLITE_MISUSE : rc;
	(void)sqlite3_reset(st);
	(void)sqlite3_clear_bindings(st);
}

static void
start_anew(struct registry *r)
{
	enum registry_origin origin;

	if (set_aside(r) < 0 || open_file(r, &origin) < 0) {
		close_file(r);
		r->failure = SQLITE_CANTOPEN;
		return;
	}
	r->damaged = false;
}

void
registry_begin(struct registry *r)
{
	r->failure = SQLITE_OK;
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
		(void)sqlite3_bind_blob(
		    r->statement[which], column, frame + FRAME_HEADER, (int)(n - FRAME_HEADER), SQLITE_TRANSIENT);
}

static void
bind_id(struct registry *r, enum statement which, const struct ident *id)
{
	(void)sqlite3_bind_blob(r->statement[which], 1, id->b, IDENT_LEN, SQLITE_TRANSIENT);
}

void
registry_put(struct registry *r, const struct registry_row *row)
{
	sqlite3_stmt *st = r->statement[PUT];

	if (r->failure != SQLITE_OK)
		return;
	bind_id(r, PUT, &row->id);
	(void)sqlite3_bind_text(st, 2, row->name, -1, SQLITE_TRANSIENT);
	(void)sqlite3_bind_int64(st, 3, row->uid);
	(void)sqlite3_bind_int64(st, 4, row->since_ms);
	(void)sqlite3_bind_int64(st, 5, (int64_t)row->pair);
	bind_policy(r, PUT, 6, &row->policy);
	run(r, PUT);
}

void
registry_remove(struct registry *r, const struct ident *id)
{
	if (r->failure != SQLITE_OK)
		return;
	bind_id(r, REMOVE, id);
	run(r, REMOVE);
}

void
registry_set_pair(struct registry *r, const struct ident *id, uint64_t pair)
{
	if (r->failure != SQLITE_OK)
		return;
	bind_id(r, SET_PAIR, id);
	(void)sqlite3_bind_int64(r->statement[SET_PAIR], 2, (int64_t)pair);
	run(r, SET_PAIR);
}

void
registry_set_policy(struct registry *r, const struct ident *id, const struct policy *policy)
{
	if (r->failure != SQLITE_OK)
		return;
	bind_id(r, SET_POLICY, id);
	bind_policy(r, SET_POLICY, 2, policy);
	run(r, SET_POLICY);
}

void
registry_set_next_pair(struct registry *r, uint64_t next)
{
	if (r->failure != SQLITE_OK)
		return;
	(void)sqlite3_bind_int64(r->statement[SET_NEXT], 1, (int64_t)next);
	run(r, SET_NEXT);
}

void
registry_set_partial(struct registry *r, bool partial)
{
	if (r->failure != SQLITE_OK)
		return;
	(void)sqlite3_bind_int(r->statement[SET_PARTIAL], 1, partial);
	run(r, SET_PARTIAL);
}

int
registry_commit(struct registry *r)
{
	int failure;

	run(r, COMMIT);
	failure = r->failure;
	if (failure == SQLITE_OK)
		return 0;
	r->behind = true;
	r->damaged |= (failure & 0xff) == SQLITE_CORRUPT || (failure & 0xff) == SQLITE_NOTADB || !r->db;
	if (r->db && !sqlite3_get_autocommit(r->db)) {
		r->failure = SQLITE_OK;
		run(r, ROLLBACK);
	}
	r->failure = SQLITE_OK;
	return failure == SQLITE_CANTOPEN && !r->db ? -EIO : error_of(r, failure);
}

bool
registry_behind(const struct registry *r)
{
	return r->behind;
}
