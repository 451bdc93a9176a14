#include "session/mailbox/sentbox.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/log.h"
#include "core/window.h"
#include "db/database.h"
#include "session/mailbox/pack.h"

#define FLUSH_SECONDS 1.
#define BATCH_BYTES (1024U * 1024U) /* of a transaction */
#define ROW_BYTES 16384U            /* so long a run is a row: a longer one saves no time, and is in memory thrice */
#define ROW_MS 10                   /* a message of a row is told to have been said so much too early, at most */
#define HELD_BYTES (4U * 1024U * 1024U) /* that wait; then no more may be sent */
#define COPIES_BYTES (WINDOW_BYTES + WINDOW_BYTES / 4)

enum statement { BEGIN, COMMIT, ROLLBACK, NEXT, ADD, STATEMENTS };

static const char *const statements[STATEMENTS] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[NEXT] = "SELECT id + count FROM run ORDER BY id DESC LIMIT 1",
	[ADD] = "INSERT INTO run VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)", /* in the order of SENTBOX_SCHEMA */
};

/* Messages that were acknowledged, about to be a row. */
struct run {
	STAILQ_ENTRY(run) link; /* sentbox::waiting */
	struct ident first;
	uint64_t after;
	int64_t time_ms;
	struct peer to;
	struct pack pack;
};

struct sentbox {
	struct ev_loop *loop;
	ev_timer timer;
	char path[PATH_MAX];
	sqlite3 *db; /* NULL: not opened yet */
	sqlite3_stmt *stmt[STATEMENTS];
	bool failed; /* said so already */
	bool held;
	bool unsettled; /* a process that forgot, or an earlier helper, may have left in memory alone what it wrote */
	bool writing;
	size_t batch; /* bytes of the open transaction */
	int64_t next_id;
	struct window window; /* sizes of the copies */
	uint8_t *copies;      /* of the messages under way, one behind the other; COPIES_BYTES, or NULL */
	size_t begin, end;
	size_t used; /* of the copies' memory */
	struct run run;
	STAILQ_HEAD(run_list, run) waiting; /* runs that ended while it was held, */
	size_t waiting_bytes;
};

static void
complain(struct sentbox *b, int error)
{
	if (!b->failed)
		log_error("cannot keep what was sent in %s: %s", SENTBOX_FILE, strerror(-error));
	b->failed = true;
}

static void
give_up(struct sentbox *b, int error)
{
	complain(b, error);
	if (b->db && !sqlite3_get_autocommit(b->db))
		(void)database_run(b->stmt[ROLLBACK]);
	b->writing = false;
	b->batch = 0;
}

static void
detach(struct sentbox *b)
{
	database_finalize(b->stmt, STATEMENTS);
	database_close(b->db);
	b->db = NULL;
}

static int
attach(struct sentbox *b)
{
	int r;

	if ((r = database_open(&b->db, b->path, DATABASE_LAZY, SENTBOX_SCHEMA)) < 0)
		return r;
	if ((r = database_prepare(b->db, statements, b->stmt, STATEMENTS)) < 0) {
		detach(b);
		return r;
	}
	if ((r = database_row(b->stmt[NEXT])) >= 0)
		b->next_id = r > 0 ? sqlite3_column_int64(b->stmt[NEXT], 0) : 1;
	(void)sqlite3_reset(b->stmt[NEXT]);
	if (r < 0)
		detach(b);
	return r < 0 ? r : 0;
}

/*
 * Writes all that is committed into the file: a sync of whoever wrote it may have failed, and ours is not told of that
 * (fsync(2)). With a reader in the way it is done another time.
 */
static void
settle(struct sentbox *b)
{
	int frames, moved;

	b->unsettled = database_checkpoint(b->db, SQLITE_CHECKPOINT_PASSIVE, &frames, &moved) < 0 || moved != frames;
}

static int
need(struct sentbox *b)
{
	char aside[PATH_MAX + 64];
	int r;

	if (b->db)
		return 0;
	if ((r = attach(b)) != -EUCLEAN)
		return r;
	if ((r = database_set_aside(b->path, aside, sizeof(aside))) < 0)
		return r;
	log_error("%s was damaged: it is kept as %s, a new one was begun", SENTBOX_FILE, strrchr(aside, '/') + 1);
	return attach(b);
}

static int
add_row(struct sentbox *b, const struct run *run)
{
	sqlite3_stmt *q = b->stmt[ADD];
	int r;

	if (!b->writing && b->unsettled)
		settle(b);
	if (!b->writing && (r = database_run(b->stmt[BEGIN])) < 0)
		return r;
	b->writing = true;
	(void)sqlite3_bind_int64(q, 1, b->next_id);
	(void)sqlite3_bind_int64(q, 2, run->pack.count);
	(void)sqlite3_bind_int64(q, 3, (int64_t)run->after);
	(void)sqlite3_bind_int64(q, 4, run->time_ms);
	(void)sqlite3_bind_blob(q, 5, run->first.b, IDENT_LEN, SQLITE_STATIC);
	(void)sqlite3_bind_int64(q, 6, run->to.uid);
	(void)sqlite3_bind_text(q, 7, run->to.name, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(q, 8, run->to.account, -1, SQLITE_STATIC);
	(void)sqlite3_bind_blob(q, 9, run->pack.bytes, (int)run->pack.length, SQLITE_STATIC);
	if ((r = database_run(q)) < 0)
		return r;
	b->next_id += run->pack.count;
	b->batch += run->pack.length;
	return 0;
}

static int
commit(struct sentbox *b)
{
	int r;

	if (!b->writing)
		return 0;
	if ((r = database_run(b->stmt[COMMIT])) < 0)
		return r;
	b->writing = false;
	b->failed = false;
	b->batch = 0;
	return 0;
}

/* 0 or -errno. */
static int
store_run(struct sentbox *b, const struct run *run)
{
	int r;

	if ((r = need(b)) < 0 || (r = add_row(b, run)) < 0) {
		give_up(b, r);
		if (b->db)
			detach(b); /* the next one reads anew where the rows end */
	}
	return r;
}

/* The gathered run waits, in no more memory than it needs. */
static void
put_off(struct sentbox *b)
{
	struct run *run = malloc(sizeof(*run));
	uint8_t *bytes;

	if (!run) {
		complain(b, -ENOMEM);
		return;
	}
	*run = b->run;
	b->run.pack = (struct pack){ .count = 0 };
	if ((bytes = realloc(run->pack.bytes, run->pack.length)))
		run->pack.bytes = bytes;
	STAILQ_INSERT_TAIL(&b->waiting, run, link);
	b->waiting_bytes += sizeof(*run) + run->pack.length;
}

/* Where one cannot be stored nobody waits for the next to fail as well. */
static void
store_waiting(struct sentbox *b)
{
	struct run *run;
	int r = 0;

	while ((run = STAILQ_FIRST(&b->waiting))) {
		STAILQ_REMOVE_HEAD(&b->waiting, link);
		r = r < 0 ? r : store_run(b, run);
		pack_release(&run->pack);
		free(run);
	}
	b->waiting_bytes = 0;
}

/* Makes the gathered run a row. */
static void
end_run(struct sentbox *b)
{
	if (b->run.pack.count == 0)
		return;
	if (b->held)
		put_off(b);
	else
		(void)store_run(b, &b->run);
	pack_clear(&b->run.pack);
}

void
sentbox_flush(struct sentbox *b)
{
	int r;

	ev_timer_stop(b->loop, &b->timer);
	end_run(b);
	if ((r = commit(b)) < 0) {
		give_up(b, r);
		detach(b);
	}
}

static void
on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	sentbox_flush(w->data);
}

/* ------------------------------------------------------------------------- under way */

/* Room for n more bytes of copies. All that may be needed is allocated at once: only what is touched takes memory. */
static bool
reserve(struct sentbox *b, size_t n)
{
	const size_t live = b->end - b->begin, need = live + n;

	if (need > WINDOW_BYTES || (!b->copies && !(b->copies = malloc(COPIES_BYTES))))
		return false;
	/* With a quarter of it free, what is moved to the front is four bytes for each that comes. */
	if (b->used < need + need / 4)
		b->used = need + need / 4;
	if (b->end + n <= b->used)
		return true;
	memmove(b->copies, b->copies + b->begin, live);
	b->begin = 0;
	b->end = live;
	return true;
}

void
sentbox_forwarded(struct sentbox *b, const struct msg *m)
{
	const bool kept = reserve(b, m->length);

	/* Without memory a copy is missing, not its place in the order. */
	if (!window_push(&b->window, kept ? m->length : 0) || !kept)
		return;
	memcpy(b->copies + b->end, m->body, m->length);
	b->end += m->length;
}

void
sentbox_forget(struct sentbox *b)
{
	window_reset(&b->window);
	b->begin = b->end = 0;
}

/* The time of this turn: what is acknowledged in one is said at one time. */
static int64_t
now_ms(const struct sentbox *b)
{
	return (int64_t)(ev_now(b->loop) * 1000.);
}

static bool
is_soon(const struct run *run, int64_t now)
{
	return now >= run->time_ms && now - run->time_ms <= ROW_MS;
}

static bool
continues(const struct run *run, const struct ident *id, const struct peer *to, uint64_t after, uint32_t length)
{
	uint64_t n;

	return run->pack.count > 0 && run->after == after && ident_distance(&run->first, id, &n) &&
	    n == run->pack.count && run->pack.length < ROW_BYTES && pack_has_room(&run->pack, length) &&
	    run->to.uid == to->uid && strcmp(run->to.name, to->name) == 0;
}

static void
begin_run(struct sentbox *b, const struct ident *id, const struct peer *to, uint64_t after)
{
	struct run *run = &b->run;

	end_run(b);
	run->first = *id;
	run->to = *to;
	run->after = after;
	run->time_ms = now_ms(b);
}

static void
gather(struct sentbox *b, const struct ident *id, const struct peer *to, uint64_t after, uint32_t length)
{
	if (!continues(&b->run, id, to, after, length) || !is_soon(&b->run, now_ms(b)))
		begin_run(b, id, to, after);
	if (!pack_add(&b->run.pack, b->copies + b->begin, length))
		complain(b, -ENOMEM);
}

void
sentbox_each(const struct sentbox *b, uint32_t count,
    void (*fn)(uint32_t n, const uint8_t *body, uint32_t length, void *context), void *context)
{
	const struct window *w = &b->window;
	size_t at = b->begin;

	for (uint32_t n = 0; n < count && n < w->count; n++) {
		const uint32_t length = w->size[(w->head + n) % WINDOW_MESSAGES];

		if (length > 0)
			fn(n, b->copies + at, length, context);
		at += length;
	}
}

void
sentbox_acked(struct sentbox *b, const struct ident *first, uint32_t count, const struct peer *to, uint64_t after)
{
	struct ident id = *first;

	for (; count > 0 && b->window.count > 0; count--) {
		const uint32_t length = b->window.size[b->window.head];

		if (to && length > 0)
			gather(b, &id, to, after, length);
		b->begin += length;
		window_pop(&b->window, 1);
		id = ident_add(&id, 1);
	}
	if (b->batch >= BATCH_BYTES)
		sentbox_flush(b);
	else if (b->run.pack.count > 0 && !ev_is_active(&b->timer)) {
		ev_timer_set(&b->timer, FLUSH_SECONDS, 0.);
		ev_timer_start(b->loop, &b->timer);
	}
}

/* ------------------------------------------------------------------------- as a whole */

void
sentbox_be_held(struct sentbox *b, bool held)
{
	if (held)
		sentbox_flush(b);
	b->unsettled |= b->held && !held;
	b->held = held;
	if (held)
		return;
	store_waiting(b);
	sentbox_flush(b);
}

bool
sentbox_has_room(const struct sentbox *b)
{
	return b->waiting_bytes < HELD_BYTES;
}

void
sentbox_rest(struct sentbox *b)
{
	if (b->window.count == 0) {
		free(b->copies);
		b->copies = NULL;
		b->begin = b->end = b->used = 0;
	}
	if (b->run.pack.count == 0)
		pack_release(&b->run.pack);
	if (b->db && !b->writing)
		detach(b);
}

struct sentbox *
sentbox_new(struct ev_loop *loop, const char *dir)
{
	struct sentbox *b = calloc(1, sizeof(*b));
	int n;

	if (!b)
		return NULL;
	n = snprintf(b->path, sizeof(b->path), "%s/" SENTBOX_FILE, dir);
	if (n < 0 || (size_t)n >= sizeof(b->path)) {
		free(b);
		return NULL;
	}
	b->loop = loop;
	b->unsettled = true;
	STAILQ_INIT(&b->waiting);
	ev_timer_init(&b->timer, on_timer, FLUSH_SECONDS, 0.);
	b->timer.data = b;
	return b;
}

void
sentbox_free(struct sentbox *b)
{
	if (!b)
		return;
	sentbox_be_held(b, false);
	detach(b);
	free(b->copies);
	pack_release(&b->run.pack);
	free(b);
}
