#include "session/search.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "proto/safe.h"
#include "session/database.h"

#define SEARCH_FILE "search.db"
#define SCHEMA \
	"CREATE VIRTUAL TABLE IF NOT EXISTS word USING fts5(body, content='');" \
	"CREATE TABLE IF NOT EXISTS newest(own INTEGER PRIMARY KEY, id INTEGER);"

enum statement { BEGIN, COMMIT, ADD, KEEP, NEWEST, FIND, STATEMENTS };

static const char *const statements[STATEMENTS] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ADD] = "INSERT INTO word(rowid, body) VALUES(?1, ?2)",
    [KEEP] = "INSERT INTO newest(own, id) VALUES(?1, ?2) ON CONFLICT DO UPDATE SET id = excluded.id",
    [NEWEST] = "SELECT id FROM newest WHERE own = ?1",
    [FIND] = "SELECT rowid FROM word WHERE word MATCH ?1 ORDER BY rowid",
};

struct search {
	sqlite3 *db;
	sqlite3_stmt *stmt[STATEMENTS];
	bool writing;
	int64_t newest[2]; /* by `own` */
	int64_t *found;    /* rows, in order */
	size_t count, room;
};

/* Both kinds of messages share the index: an odd row is one of our own. */
static int64_t
row_of(struct search_key key)
{
	return key.id * 2 + key.own;
}

static int
read_newest(struct search *s, bool own)
{
	_cleanup_(database_reset) sqlite3_stmt *const q = s->stmt[NEWEST];
	int r;

	(void)sqlite3_bind_int(q, 1, own);
	if ((r = database_row(q)) < 0)
		return r;
	s->newest[own] = r > 0 ? sqlite3_column_int64(q, 0) : 0;
	return 0;
}

/* What another process indexed meanwhile is known once the transaction has begun. */
static int
begin(struct search *s)
{
	int r;

	if (s->writing)
		return 0;
	if ((r = database_run(s->stmt[BEGIN])) < 0)
		return r;
	s->writing = true;
	if ((r = read_newest(s, false)) < 0)
		return r;
	return read_newest(s, true);
}

static int
open_at(struct search *s, const char *path)
{
	int r;

	if ((r = database_open(&s->db, path, DATABASE_LAZY, SCHEMA)) < 0)
		return r;
	if ((r = database_prepare(s->db, statements, s->stmt, STATEMENTS)) < 0 || (r = begin(s)) < 0) {
		database_finalize(s->stmt, STATEMENTS);
		database_close(s->db);
		s->db = NULL;
		s->writing = false;
	}
	return r;
}

int
search_open(struct search **out, const char *dir)
{
	struct search *s = calloc(1, sizeof(*s));
	char path[PATH_MAX], aside[PATH_MAX];
	int r;

	if (!s)
		return -ENOMEM;
	if (snprintf(path, sizeof(path), "%s/" SEARCH_FILE, dir) >= (int)sizeof(path)) {
		free(s);
		return -ENAMETOOLONG;
	}
	r = open_at(s, path);
	if (r == -EUCLEAN && database_set_aside(path, aside, sizeof(aside)) == 0) {
		log_error("the index of the history was damaged: set aside as %s", strrchr(aside, '/') + 1);
		r = open_at(s, path);
	}
	if (r < 0)
		r = open_at(s, ":memory:");
	if (r < 0) {
		free(s);
		return r;
	}
	*out = s;
	return 0;
}

void
search_close(struct search *s)
{
	if (!s)
		return;
	database_finalize(s->stmt, STATEMENTS);
	database_close(s->db);
	free(s->found);
	free(s);
}

int64_t
search_newest(const struct search *s, bool own)
{
	return s->newest[own];
}

int
search_add(struct search *s, struct search_key key, const uint8_t *body, size_t length)
{
	const bool text = safe_is_text((const char *)body, length);
	int r;

	if (key.id <= s->newest[key.own])
		return 0;
	(void)sqlite3_bind_int64(s->stmt[ADD], 1, row_of(key));
	(void)sqlite3_bind_text(s->stmt[ADD], 2, text ? (const char *)body : "", text ? (int)length : 0, SQLITE_STATIC);
	if ((r = database_run(s->stmt[ADD])) < 0)
		return r;
	s->newest[key.own] = key.id;
	return 0;
}

int
search_commit(struct search *s)
{
	int r = 0;

	for (int own = 0; own < 2 && r >= 0; own++) {
		(void)sqlite3_bind_int(s->stmt[KEEP], 1, own);
		(void)sqlite3_bind_int64(s->stmt[KEEP], 2, s->newest[own]);
		r = database_run(s->stmt[KEEP]);
	}
	if (r >= 0)
		r = database_run(s->stmt[COMMIT]);
	s->writing = r < 0;
	return r;
}

/* Each word as a quoted string of FTS5, so that none is an operator: all of them must be there. */
static char *
query_of(const char *text)
{
	char *query = malloc(3 * strlen(text) + 4), *p = query;
	bool inside = false;

	if (!query)
		return NULL;
	for (; *text; text++) {
		const bool space = *text == ' ' || *text == '\t' || *text == '\n';

		if (space == inside) { /* a word begins or ends */
			*p++ = '"';
			inside = !inside;
		}
		if (*text == '"')
			*p++ = '"';
		*p++ = *text;
	}
	if (inside)
		*p++ = '"';
	*p = '\0';
	return query;
}

static int
keep_found(struct search *s, int64_t row)
{
	if (s->count == s->room) {
		const size_t room = s->room ? 2 * s->room : 1024;
		int64_t *found = realloc(s->found, room * sizeof(*found));

		if (!found)
			return -ENOMEM;
		s->found = found;
		s->room = room;
	}
	s->found[s->count++] = row;
	return 0;
}

int
search_find(struct search *s, const char *text)
{
	_cleanup_(freep) char *query = query_of(text);
	_cleanup_(database_reset) sqlite3_stmt *const q = s->stmt[FIND];
	int r;

	if (!query)
		return -ENOMEM;
	s->count = 0;
	if (query[strspn(query, " \t\n")] == '\0')
		return 0; /* no words: nothing has them */
	(void)sqlite3_bind_text(q, 1, query, -1, SQLITE_STATIC);
	while ((r = database_row(q)) > 0)
		if ((r = keep_found(s, sqlite3_column_int64(q, 0))) < 0)
			break;
	return r;
}

static int
compare(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

bool
search_found(const struct search *s, struct search_key key)
{
	const int64_t row = row_of(key);

	return s->count > 0 && bsearch(&row, s->found, s->count, sizeof(row), compare);
}
