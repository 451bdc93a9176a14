/* What is unread: told in order, but what was taken out of turn; and how far it was read. */
#include <errno.h>
#include <string.h>

#include "session/mailbox/store_impl.h"

/*
 * Begins a transaction that only reads, unless one is open, and reads again what others may have changed. Statements by
 * themselves would lock the file anew, each of them, and might see different states of it. 0 or -errno.
 */
static int
view_begin(struct store *s)
{
	int r = 0;

	if (s->db && !s->alone && !s->writing && (r = database_run(s->stmt[SQL_VIEW])) == 0)
		r = store_refresh(s);
	return r;
}

static void
view_end(struct store *s)
{
	if (s->db && !s->alone && !s->writing && !sqlite3_get_autocommit(s->db) &&
	    database_run(s->stmt[SQL_COMMIT]) < 0)
		(void)database_run(s->stmt[SQL_ROLLBACK]);
}

/* The first record at or above `id` that was read out of turn: 1 and *found, 0, -errno. */
static int
find_taken(struct store *s, int64_t id, int64_t *found)
{
	_cleanup_(database_reset) sqlite3_stmt *const q = s->stmt[SQL_TAKEN];
	int r;

	(void)sqlite3_bind_int64(q, 1, id);
	if ((r = database_row(q)) > 0)
		*found = sqlite3_column_int64(q, 0);
	return r;
}

/* Calls fn for each record from `from` on that was not taken, until fn returns false. */
static int
each_untaken(
    struct store *s, int64_t from, unsigned kinds, bool (*fn)(const struct record *r, void *context), void *context)
{
	int64_t taken = from - 1; /* the next one, once it is known */
	struct record record;
	int r;

	scan_start(&s->scan, from, kinds);
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

/* The first record above `id` that was passed over, and is of these kinds: 1 and *found, 0, -errno. */
static int
find_passed(struct store *s, int64_t id, unsigned kinds, int64_t *found)
{
	_cleanup_(database_reset) sqlite3_stmt *const q = s->later[SQL_PASSED];
	int r;

	if (s->now.passed == 0 || !q)
		return 0;
	(void)sqlite3_bind_int64(q, 1, id);
	(void)sqlite3_bind_int(q, 2, (int)kinds);
	if ((r = database_row(q)) > 0)
		*found = sqlite3_column_int64(q, 0);
	return r;
}

/* Calls fn for each record above `after` that was passed over. 1: fn wants no more; 0; -errno. */
static int
each_passed(
    struct store *s, int64_t after, unsigned kinds, bool (*fn)(const struct record *r, void *context), void *context)
{
	struct record record;
	int64_t id = after;
	int r;

	while ((r = find_passed(s, id, kinds, &id)) > 0) {
		scan_start(&s->scan, id, kinds);
		r = scan_next(&s->scan, &record);
		if (r > 0 && (int64_t)record.id == id && !fn(&record, context))
			break;
		if (r < 0)
			break;
	}
	scan_stop(&s->scan);
	return r;
}

static int
each_unread(
    struct store *s, int64_t after, unsigned kinds, bool (*fn)(const struct record *r, void *context), void *context)
{
	const int64_t from = (after > s->now.mark ? after : s->now.mark) + 1;
	int r = 0;

	if (after < s->now.mark)
		r = each_passed(s, after, kinds, fn, context);
	if (r == 0 && from <= s->now.newest)
		r = each_untaken(s, from, kinds, fn, context);
	return r < 0 ? r : 0;
}

int
store_read(
    struct store *s, uint64_t after, unsigned kinds, bool (*fn)(const struct record *r, void *context), void *context)
{
	const int64_t most = after < ROW_ID_MAX ? (int64_t)after : ROW_ID_MAX; /* it may be anything */
	int r = view_begin(s);

	/* Whoever has so much to read needs memory for it: what a stream was gathered in is given back. */
	if (s->now.unread > WINDOW_MESSAGES && s->pack.count == 0)
		pack_release(&s->pack);
	if (r == 0 && most < s->now.newest && (s->now.mark < s->now.newest || s->now.passed > 0)) {
		if ((r = store_hold(s)) == 0)
			r = each_unread(s, most, kinds, fn, context);
		store_let_go(s);
	}
	view_end(s);
	return r;
}

/* Calls fn for each record above `after`. 0 or -errno. */
static int
each_record(
    struct store *s, int64_t after, unsigned kinds, bool (*fn)(const struct record *r, void *context), void *context)
{
	struct record record;
	int r;

	scan_start(&s->scan, after + 1, kinds);
	do
		r = scan_next(&s->scan, &record);
	while (r > 0 && fn(&record, context));
	scan_stop(&s->scan);
	return r < 0 ? r : 0;
}

int
store_follow(
    struct store *s, uint64_t after, unsigned kinds, bool (*fn)(const struct record *r, void *context), void *context)
{
	const int64_t most = after < ROW_ID_MAX ? (int64_t)after : ROW_ID_MAX; /* it may be anything */
	int r = view_begin(s);

	if (r == 0 && most < s->now.newest) {
		if ((r = store_hold(s)) == 0)
			r = each_record(s, most, kinds, fn, context);
		store_let_go(s);
	}
	view_end(s);
	return r;
}

static bool
count_one(const struct record *r, void *context)
{
	struct store_count *c = context;

	if ((int64_t)r->id > c->last)
		return false;
	c->messages++;
	c->bytes += r->length;
	return true;
}

int
store_count_unread(struct store *s, int64_t after, int64_t last, struct store_count *c)
{
	*c = (struct store_count){ .last = last };
	return each_untaken(s, after + 1, KIND_MESSAGES, count_one, c);
}

int
store_count_others(struct store *s, const struct note *sender)
{
	_cleanup_(database_reset) sqlite3_stmt *const notes = s->later[SQL_COUNT_NOTES];
	_cleanup_(database_reset) sqlite3_stmt *const passed = s->later[SQL_COUNT_PASSED];
	int r;

	s->now.notes = (struct notes_unread){ .count = 0 };
	s->now.passed = 0;
	if (!notes)
		return 0;
	(void)sqlite3_bind_int64(notes, 1, s->now.mark);
	(void)sqlite3_bind_int64(notes, 2, sender ? (int64_t)sender->from.uid : -1);
	(void)sqlite3_bind_int(notes, 3, sender && sender->stranger);
	if ((r = database_row(notes)) < 0 || (r = database_row(passed)) < 0)
		return r;
	s->now.notes.count = (uint64_t)sqlite3_column_int64(notes, 0);
	s->now.notes.bytes = (uint64_t)sqlite3_column_int64(notes, 1);
	s->now.notes.of_sender = (uint64_t)sqlite3_column_int64(notes, 2);
	s->now.passed = (uint64_t)sqlite3_column_int64(passed, 0);
	return sender ? 0 : store_count_caused(s, NULL);
}

int
store_count_caused(struct store *s, const struct peer *peer)
{
	_cleanup_(database_reset) sqlite3_stmt *const q = s->later[SQL_COUNT_CAUSED];
	uint64_t all, of_peer;
	int r;

	s->now.events = s->now.offers = (struct store_caused){ .count = 0 };
	if (!q)
		return 0;
	(void)sqlite3_bind_int64(q, 1, s->now.mark);
	(void)sqlite3_bind_int64(q, 2, peer ? (int64_t)peer->uid : -1);
	(void)sqlite3_bind_int(q, 3, peer && !peer_has_account(peer));
	if ((r = database_row(q)) < 0)
		return r;
	all = (uint64_t)sqlite3_column_int64(q, 0);
	of_peer = (uint64_t)sqlite3_column_int64(q, 1);
	s->now.offers.count = (uint64_t)sqlite3_column_int64(q, 2);
	s->now.offers.of_peer = (uint64_t)sqlite3_column_int64(q, 3);
	s->now.events.count = all - s->now.offers.count;
	s->now.events.of_peer = of_peer - s->now.offers.of_peer;
	return 0;
}

/* ------------------------------------------------------------------------- who wrote it */

/* The next row of NOTES_DOWN: 1, and whether it is unread; 0; -errno. */
static int
next_note(sqlite3_stmt *q, uint64_t *id, struct peer *peer, bool *unread)
{
	const int r = database_row(q);

	if (r <= 0)
		return r;
	*id = (uint64_t)sqlite3_column_int64(q, 0);
	peer->uid = (uint32_t)sqlite3_column_int64(q, 1);
	database_text(q, 2, peer->name, sizeof(peer->name));
	database_text(q, 3, peer->account, sizeof(peer->account));
	*unread = sqlite3_column_int(q, 4);
	return 1;
}

static sqlite3_stmt *
notes_down(struct store *s, uint64_t id)
{
	sqlite3_stmt *const q = s->later[SQL_NOTES_DOWN];

	(void)sqlite3_bind_int64(q, 1, s->now.mark);
	(void)sqlite3_bind_int64(q, 2, id <= ROW_ID_MAX ? (int64_t)id : ROW_ID_MAX);
	return q;
}

/* The note itself; of the latest one those that are unread are passed over. */
static int
find_writer(struct store *s, uint64_t id, struct store_writer *w)
{
	_cleanup_(database_reset) sqlite3_stmt *const q = notes_down(s, id);
	bool unread;
	int r;

	do
		r = next_note(q, &w->id, &w->peer, &unread);
	while (r > 0 && id == 0 && unread);
	return r;
}

static bool
is_same(const struct peer *a, const struct peer *b)
{
	return a->uid == b->uid && strcmp(a->name, b->name) == 0;
}

/* Whether a newer one by somebody else is unread. */
static int
find_other(struct store *s, struct store_writer *w)
{
	_cleanup_(database_reset) sqlite3_stmt *const q = notes_down(s, 0);
	bool unread = false;
	uint64_t id;
	int r;

	while ((r = next_note(q, &id, &w->other, &unread)) > 0 && id > w->id)
		if (unread && !is_same(&w->other, &w->peer)) {
			w->other_unread = true;
			break;
		}
	return r < 0 ? r : 0;
}

int
store_find_writer(struct store *s, uint64_t id, struct store_writer *w)
{
	int r = s->db && !s->writing ? store_refresh(s) : 0;

	*w = (struct store_writer){ .id = 0 };
	if (r == 0 && (r = store_hold(s)) == 0 && s->later[SQL_NOTES_DOWN] && (r = find_writer(s, id, w)) > 0 &&
	    id == 0 && find_other(s, w) < 0)
		r = -EIO;
	store_let_go(s);
	return r;
}

/* ------------------------------------------------------------------------- what was read */

/* Runs one of the statements about the records above `after` up to `last`, and kinds. */
static int
run_range(sqlite3_stmt *q, int64_t after, int64_t last, unsigned kinds)
{
	(void)sqlite3_bind_int64(q, 1, after);
	(void)sqlite3_bind_int64(q, 2, last);
	(void)sqlite3_bind_int(q, 3, (int)kinds);
	return database_run(q);
}

/* The mark goes up to `last`, and past what was taken behind it; records of other kinds are passed over. */
static int
move_mark(struct store *s, int64_t last, unsigned kinds)
{
	sqlite3_stmt *q = s->stmt[SQL_TAKEN_FORGET];
	struct store_count read;
	int64_t taken;
	int r;

	if ((r = store_count_unread(s, s->now.mark, last, &read)) < 0)
		return r;
	if (kinds != KINDS_ALL && (r = run_range(s->later[SQL_PASS], s->now.mark, last, kinds)) < 0)
		return r;
	while ((r = find_taken(s, last + 1, &taken)) > 0 && taken == last + 1)
		last++;
	(void)sqlite3_bind_int64(q, 1, last);
	if (r < 0 || (r = database_run(q)) < 0 || (r = store_keep_number(s, "mark", last)) < 0)
		return r;
	s->now.mark = last;
	s->now.unread -= read.messages;
	s->now.unread_bytes -= read.bytes;
	return 0;
}

static int
mark_up_to(struct store *s, int64_t last, unsigned kinds)
{
	int r = s->now.passed > 0 ? run_range(s->later[SQL_PASSED_FORGET], 0, last, kinds) : 0;

	if (r == 0 && last > s->now.mark)
		r = move_mark(s, last, kinds);
	return r < 0 ? r : store_count_others(s, NULL);
}

/* Behind the mark, out of turn. */
static int
take_early(struct store *s, int64_t id)
{
	sqlite3_stmt *q = s->stmt[SQL_TAKE];
	struct store_count read;
	int r;

	if ((r = store_count_unread(s, id - 1, id, &read)) < 0)
		return r;
	(void)sqlite3_bind_int64(q, 1, id);
	if ((r = database_run(q)) < 0)
		return r;
	s->now.unread -= read.messages;
	s->now.unread_bytes -= read.bytes;
	return 0;
}

static int
take_one(struct store *s, int64_t id, unsigned kinds)
{
	int r;

	if (id <= s->now.mark)
		r = run_range(s->later[SQL_PASSED_FORGET], id, id, kinds);
	else
		r = id == s->now.mark + 1 ? move_mark(s, id, kinds) : take_early(s, id);
	return r < 0 ? r : store_count_others(s, NULL);
}

/* What was read is not worth a sync: after a power loss it is shown twice, as promised. */
static int
commit_lazily(struct store *s, int (*change)(struct store *s, int64_t id, unsigned kinds), int64_t id, unsigned kinds)
{
	int r;

	s->lazily = true;
	if (store_begin(s) == 0)
		(void)store_fail(s, change(s, id, kinds));
	r = store_commit(s);
	s->lazily = false;
	return r == STORE_UNSURE ? -EIO : r; /* whoever marks cannot say more than that it failed */
}

int
store_mark(struct store *s, uint64_t last, unsigned kinds)
{
	const int64_t id = last < (uint64_t)s->now.newest ? (int64_t)last : s->now.newest;

	return id <= s->now.mark && s->now.passed == 0 ? 0 : commit_lazily(s, mark_up_to, id, kinds);
}

int
store_take(struct store *s, uint64_t id)
{
	if (id > (uint64_t)s->now.newest || (id <= (uint64_t)s->now.mark && s->now.passed == 0))
		return 0;
	return commit_lazily(s, take_one, (int64_t)id, KINDS_ALL);
}
