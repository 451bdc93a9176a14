/* What is unread: told in order, but what was taken out of turn; and how far it was read. */
#include "session/mailbox/store_impl.h"

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
	const int64_t most = after < ROW_ID_MAX ? (int64_t)after : ROW_ID_MAX; /* it may be anything */
	int r = s->db && !s->writing ? store_refresh(s) : 0;
	const int64_t mark = most > s->now.mark ? most : s->now.mark;

	if (r < 0 || mark >= s->now.newest)
		return r;
	if ((r = store_hold(s)) == 0)
		r = each_unread(s, mark + 1, messages, fn, context);
	store_let_go(s);
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
	return each_unread(s, after + 1, true, count_one, c);
}

static int
move_mark(struct store *s, int64_t last)
{
	sqlite3_stmt *q = s->stmt[TAKEN_FORGET];
	struct store_count passed;
	int64_t taken;
	int r;

	if ((r = store_count_unread(s, s->now.mark, last, &passed)) < 0)
		return r;
	while ((r = find_taken(s, last + 1, &taken)) > 0 && taken == last + 1)
		last++;
	(void)sqlite3_bind_int64(q, 1, last);
	if (r < 0 || (r = database_run(q)) < 0 || (r = store_keep_number(s, "mark", last)) < 0)
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
	struct store_count passed;
	int r;

	if (id == s->now.mark + 1)
		return move_mark(s, id);
	if ((r = store_count_unread(s, id - 1, id, &passed)) < 0)
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
	int r;

	s->lazily = true;
	if (store_begin(s) == 0)
		(void)store_doom(s, change(s, id));
	r = store_commit(s);
	s->lazily = false;
	return r;
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
