/* A row of an inbox is a message, or a pack of them, of which some may be meant and others not. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db/database.h"
#include "session/mailbox/forget_impl.h"
#include "session/mailbox/scan.h"

enum statement { REMOVE, UNPASS, ADD, TAKEN_NOW, PASSED_NOW, END_STRETCH, BLANK_STRETCH, STATEMENTS };

static const char *const sql[STATEMENTS] = {
	[REMOVE] = "DELETE FROM record WHERE id = ?1",
	[UNPASS] = "DELETE FROM passed WHERE id = ?1",
	[ADD] = "INSERT INTO record(id, time, type, body) VALUES(?1, ?2, ?3, ?4)",
	[TAKEN_NOW] = "SELECT 1 FROM taken WHERE id = ?1",
	[PASSED_NOW] = "SELECT 1 FROM passed WHERE id = ?1",
	[END_STRETCH] = "DELETE FROM stretch WHERE first_record = ?1 AND msgid IS NULL",
	[BLANK_STRETCH] = "UPDATE stretch SET name = '', account = '', pair = NULL WHERE first_record = ?1",
};

/* A body that stays, in a row of which others go. */
struct rest {
	int64_t id;
	uint8_t *body;
	uint32_t length;
};

/* How many records of a row go, and what stays. */
struct row {
	int64_t id;
	int64_t time_ms;
	uint32_t gone;
	uint32_t count, room;
	struct rest *rest;
};

/* What is to be done when the walk is over. */
struct changes {
	struct row *row;
	size_t rows, rows_room;
	int64_t *stretch; /* of which nothing is left */
	size_t stretches, stretches_room;
};

struct walk {
	sqlite3_stmt *stmt[STATEMENTS];
	const struct choice *choice;
	struct scan scan;
	int64_t mark;
	int64_t stretch; /* the present one's first record; 0: there is none yet */
	bool all_gone;   /* of it */
	struct row row;
	struct changes changes;
	uint64_t count, unread;
};

/* 1, 0 or -errno, which may have ended the transaction. */
static int
is_unread(struct walk *w, const struct record *r)
{
	const bool below = (int64_t)r->id <= w->mark;
	_cleanup_(database_reset) sqlite3_stmt *const q = w->stmt[below ? PASSED_NOW : TAKEN_NOW];
	int found;

	(void)sqlite3_bind_int64(q, 1, (int64_t)r->id);
	found = database_row(q);
	return found < 0 ? found : (found > 0) == below;
}

/* Makes room for one more element behind `count`. */
static void *
grown(void *array, size_t count, size_t *room, size_t size)
{
	const size_t more = *room ? 2 * *room : 64;
	void *p = array;

	if (count < *room)
		return array;
	if (!(p = realloc(array, more * size)))
		return NULL;
	*room = more;
	return p;
}

/* ------------------------------------------------------------------------- rows */

static void
release_row(struct row *row)
{
	for (uint32_t i = 0; i < row->count; i++)
		free(row->rest[i].body);
	free(row->rest);
	*row = (struct row){ 0 };
}

/* Bodies are copied also where no other one of the row goes: that is not known yet. */
static int
stay(struct row *row, const struct record *r)
{
	size_t room = row->room;
	struct rest *p = grown(row->rest, row->count, &room, sizeof(*p));

	if (!p)
		return -ENOMEM;
	row->rest = p;
	row->room = (uint32_t)room;
	p += row->count;
	*p = (struct rest){ .id = (int64_t)r->id, .body = malloc(r->length + 1), .length = r->length };
	if (!p->body)
		return -ENOMEM;
	if (r->length > 0)
		memcpy(p->body, r->body, r->length);
	row->count++;
	return 0;
}

static int
end_row(struct walk *w)
{
	struct changes *c = &w->changes;
	struct row *p;

	if (w->row.gone == 0) {
		release_row(&w->row);
		return 0;
	}
	if (!(p = grown(c->row, c->rows, &c->rows_room, sizeof(*p))))
		return -ENOMEM;
	c->row = p;
	c->row[c->rows++] = w->row;
	w->row = (struct row){ 0 };
	return 0;
}

static int
put_back(struct walk *w, const struct row *row, const struct rest *rest)
{
	sqlite3_stmt *q = w->stmt[ADD];

	(void)sqlite3_bind_int64(q, 1, rest->id);
	(void)sqlite3_bind_int64(q, 2, row->time_ms);
	(void)sqlite3_bind_int(q, 3, RECORD_MESSAGE);
	(void)sqlite3_bind_blob(q, 4, rest->body, (int)rest->length, SQLITE_STATIC);
	return database_run(q);
}

/* Only a pack can lose some and keep others: they are rows of their own from now on. */
static int
change_row(struct walk *w, const struct row *row)
{
	int r;

	(void)sqlite3_bind_int64(w->stmt[REMOVE], 1, row->id);
	(void)sqlite3_bind_int64(w->stmt[UNPASS], 1, row->id);
	if ((r = database_run(w->stmt[REMOVE])) == 0)
		r = database_run(w->stmt[UNPASS]);
	for (uint32_t i = 0; r == 0 && i < row->count; i++)
		r = put_back(w, row, &row->rest[i]);
	return r;
}

/* ------------------------------------------------------------------------- stretches */

static int
enter_stretch(struct walk *w, int64_t first)
{
	struct changes *c = &w->changes;
	int64_t *p;

	if (first == w->stretch)
		return 0;
	if (w->stretch > 0 && w->all_gone) {
		if (!(p = grown(c->stretch, c->stretches, &c->stretches_room, sizeof(*p))))
			return -ENOMEM;
		c->stretch = p;
		c->stretch[c->stretches++] = w->stretch;
	}
	w->stretch = first;
	w->all_gone = true;
	return 0;
}

/* It tells no more who it was with; the ids of its messages stay. */
static int
change_stretch(struct walk *w, int64_t first)
{
	int r;

	(void)sqlite3_bind_int64(w->stmt[END_STRETCH], 1, first);
	(void)sqlite3_bind_int64(w->stmt[BLANK_STRETCH], 1, first);
	r = database_run(w->stmt[END_STRETCH]);
	return r < 0 ? r : database_run(w->stmt[BLANK_STRETCH]);
}

static int
make_changes(struct walk *w)
{
	const struct changes *c = &w->changes;
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->rows; i++)
		r = change_row(w, &c->row[i]);
	for (size_t i = 0; r == 0 && i < c->stretches; i++)
		r = change_stretch(w, c->stretch[i]);
	return r;
}

static void
release_changes(struct changes *c)
{
	for (size_t i = 0; i < c->rows; i++)
		release_row(&c->row[i]);
	free(c->row);
	free(c->stretch);
}

/* ------------------------------------------------------------------------- the walk */

static int
visit(struct walk *w, const struct record *r)
{
	bool gone = r->id < w->choice->received && forget_chosen(w->choice, record_whose(r), r->time_ms);
	const int unread = gone ? is_unread(w, r) : 0;

	if (unread < 0)
		return unread;
	if (unread && w->choice->spare_unread)
		gone = false;
	w->row.time_ms = r->time_ms;
	w->count += gone;
	w->unread += gone && unread > 0;
	w->row.gone += gone;
	w->all_gone &= gone;
	return gone || r->type != RECORD_MESSAGE ? 0 : stay(&w->row, r);
}

static int
walk(struct walk *w)
{
	struct record r;
	int rc;

	scan_start(&w->scan, 0, KINDS_ALL);
	while ((rc = scan_next(&w->scan, &r)) > 0) {
		if (w->scan.rows.id != w->row.id && (rc = end_row(w)) < 0)
			return rc;
		w->row.id = w->scan.rows.id;
		if ((rc = enter_stretch(w, w->scan.first)) < 0 || (rc = visit(w, &r)) < 0)
			return rc;
	}
	if (rc == 0 && (rc = end_row(w)) == 0)
		rc = enter_stretch(w, 0);
	return rc;
}

int
forget_rows(sqlite3 *inbox, const struct choice *c, uint64_t *count, uint64_t *unread)
{
	struct walk w = { .choice = c };
	int r;

	if ((r = database_number(inbox, "SELECT value FROM meta WHERE key = 'mark'", &w.mark)) < 0 ||
	    (r = database_exec(inbox, KINDS_PASSED)) < 0 || (r = database_prepare(inbox, sql, w.stmt, STATEMENTS)) < 0)
		return r;
	if ((r = scan_init(&w.scan, inbox, false)) == 0) {
		r = walk(&w);
		scan_release(&w.scan);
	}
	if (r == 0)
		r = make_changes(&w);
	release_row(&w.row);
	release_changes(&w.changes);
	database_finalize(w.stmt, STATEMENTS);
	*count = w.count;
	*unread = w.unread;
	return r;
}
