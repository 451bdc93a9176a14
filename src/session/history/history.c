#include "session/history/history.h"

#include <errno.h>

#include "core/names/name.h"
#include "db/database.h"
#include "session/history/once.h"
#include "session/mailbox/scan.h"
#include "session/mailbox/sent_scan.h"
#include "session/mailbox/sentbox.h"
#include "session/mailbox/store.h"

enum direction { UP, DOWN };

/* The newest record that there is, or was. */
#define NEWEST_RECEIVED "SELECT first_record + count - 1 FROM stretch ORDER BY first_record DESC LIMIT 1"
#define NEWEST_SENT "SELECT id + count - 1 FROM run ORDER BY id DESC LIMIT 1"

/* One side's place in the walk. */
struct place {
	struct record record;
	bool there;
	uint64_t last; /* what came later is not told: a walk has an end also while messages arrive */
};

struct walk {
	const struct control_message *request;
	const char *dir;
	sqlite3 *inbox, *sentbox; /* NULL: there is none, or it is not open */
	struct scan received[2];
	struct sent_scan sent[2];
	struct place place[2]; /* received, own */
	struct once once;
	int damage; /* 0, or -errno of what was left out */
	bool searched;
	struct needle needle; /* when searched */
};

/* ------------------------------------------------------------------------- both sides */

/* What is told of is what happened first. */
static void
note_damage(struct walk *w, int error)
{
	if (w->damage == 0)
		w->damage = error;
}

static void
close_received(struct walk *w)
{
	scan_release(&w->received[UP]);
	scan_release(&w->received[DOWN]);
	database_close(w->inbox);
	w->inbox = NULL;
}

static void
close_sent(struct walk *w)
{
	sent_scan_release(&w->sent[UP]);
	sent_scan_release(&w->sent[DOWN]);
	database_close(w->sentbox);
	w->sentbox = NULL;
}

/* A side that cannot be opened is left out: what can be read is shown. */
static void
open_received(struct walk *w)
{
	int r = database_open_made(&w->inbox, w->dir, STORE_FILE, DATABASE_READER, "BEGIN");

	if (w->inbox &&
	    ((r = scan_init(&w->received[UP], w->inbox, false)) < 0 ||
		(r = scan_init(&w->received[DOWN], w->inbox, true)) < 0))
		close_received(w);
	note_damage(w, r);
}

static void
open_sent(struct walk *w)
{
	int r = database_open_made(&w->sentbox, w->dir, SENTBOX_FILE, DATABASE_READER, "BEGIN");

	if (w->sentbox &&
	    ((r = sent_scan_init(&w->sent[UP], w->sentbox, false)) < 0 ||
		(r = sent_scan_init(&w->sent[DOWN], w->sentbox, true)) < 0))
		close_sent(w);
	note_damage(w, r);
}

/* Without a number everything is told. */
static uint64_t
newest(sqlite3 *db, const char *query)
{
	int64_t id = 0;

	return db && database_number(db, query, &id) == 0 && id > 0 ? (uint64_t)id : UINT64_MAX;
}

static void
open_both(struct walk *w)
{
	open_received(w);
	open_sent(w);
}

static void
close_both(struct walk *w)
{
	close_received(w);
	close_sent(w);
}

static int
next_of(struct walk *w, enum direction d, bool own, struct record *r)
{
	if (own)
		return w->sentbox ? sent_scan_next(&w->sent[d], r) : 0;
	return w->inbox ? scan_next(&w->received[d], r) : 0;
}

/* What is damaged is left out; a side that cannot be read any more is at its end. */
static void
step(struct walk *w, enum direction d, bool own)
{
	struct place *p = &w->place[own];
	int r;

	while ((r = next_of(w, d, own, &p->record)) == -EUCLEAN)
		note_damage(w, r);
	p->there = r > 0 && p->record.id <= p->last;
	if (r < 0)
		note_damage(w, r);
}

/* ------------------------------------------------------------------------- in one order */

static bool
is_wanted(const struct walk *w, const struct record *r)
{
	const struct control_message *m = w->request;

	if ((r->type == RECORD_NOTE || r->type == RECORD_OFFER) && !m->u.history.notes)
		return false;
	if (m->u.history.partner[0] && !name_equal(record_whose(r), m->u.history.partner))
		return false;
	return r->time_ms >= m->u.history.since_ms;
}

/* Whether the next one is an own record: it stands behind the received one that was the newest when it was written. */
static bool
own_is_next(const struct walk *w, enum direction d)
{
	if (!w->place[true].there || !w->place[false].there)
		return w->place[true].there;
	return (w->sent[d].after >= w->place[false].record.id) == (d == DOWN);
}

/* The record at which the walk stands, or NULL at its end. */
static const struct record *
walk_record(const struct walk *w, enum direction d)
{
	const struct place *p = &w->place[own_is_next(w, d)];

	return p->there ? &p->record : NULL;
}

static void
walk_step(struct walk *w, enum direction d)
{
	step(w, d, own_is_next(w, d));
}

static void
walk_start(struct walk *w, enum direction d, int64_t received, int64_t sent)
{
	const struct needle *needle = w->searched ? &w->needle : NULL;

	if (w->inbox) {
		scan_seek(&w->received[d], needle);
		scan_start(&w->received[d], received, KINDS_ALL);
	}
	if (w->sentbox) {
		sent_scan_seek(&w->sent[d], needle);
		sent_scan_start(&w->sent[d], sent);
	}
	step(w, d, false);
	step(w, d, true);
}

/* Of one whose id is damaged nobody can say whether it is a repeated one. */
static bool
has_id(const struct walk *w, enum direction d, const struct record *r)
{
	return r->own && w->sent[d].has_id;
}

static bool
is_shown(const struct walk *w, enum direction d, const struct record *r)
{
	return is_wanted(w, r) && !(has_id(w, d, r) && once_has(&w->once, r));
}

static void
note_shown(struct walk *w, enum direction d, const struct record *r)
{
	if (has_id(w, d, r))
		once_add(&w->once, r);
}

/* Where the latest `limit` records begin: found by walking down until there are so many. */
static void
find_beginning(struct walk *w, uint32_t limit, int64_t *received, int64_t *sent)
{
	const struct record *r;

	*received = *sent = INT64_MAX;
	for (walk_start(w, DOWN, INT64_MAX, INT64_MAX); (r = walk_record(w, DOWN)); walk_step(w, DOWN)) {
		*(r->own ? sent : received) = (int64_t)r->id;
		if (!is_shown(w, DOWN, r))
			continue;
		note_shown(w, DOWN, r);
		if (--limit == 0)
			break;
	}
	once_release(&w->once);
}

/* Nothing is held while the taker waits: no snapshot that keeps a log from being written back, and no lock. */
static int
walk_pause(struct walk *w, const struct history_taker *taker, void *context)
{
	int64_t from[2];
	int r;

	for (int own = 0; own < 2; own++) {
		const struct place *p = &w->place[own];

		from[own] = p->there ? (int64_t)p->record.id : INT64_MAX; /* one that is at its end stays there */
	}
	close_both(w);
	if ((r = taker->wait(context)) < 0)
		return r;
	open_both(w);
	walk_start(w, UP, from[false], from[true]);
	return 0;
}

static int
each_wanted(struct walk *w, const struct history_taker *taker, void *context)
{
	const uint32_t limit = w->request->u.history.limit;
	int64_t received = 0, sent = 0;
	const struct record *r;
	int rc;

	if (limit > 0)
		find_beginning(w, limit, &received, &sent);
	walk_start(w, UP, received, sent);
	while ((r = walk_record(w, UP))) {
		const bool shown = is_shown(w, UP, r);

		rc = shown ? taker->take(context, r) : 0;
		if (rc == -EAGAIN && (rc = walk_pause(w, taker, context)) == 0)
			continue;
		if (rc == -EUCLEAN)
			note_damage(w, rc);
		else if (rc < 0)
			return rc;
		if (shown)
			note_shown(w, UP, r);
		walk_step(w, UP);
	}
	return w->damage;
}

int
history_each(const char *dir, const struct control_message *request, const struct history_taker *taker, void *context)
{
	struct walk w = { .request = request, .dir = dir };
	int r;

	if (request->u.history.grep[0]) {
		w.searched = true;
		needle_init(&w.needle, request->u.history.grep);
	}
	open_both(&w);
	w.place[false].last = newest(w.inbox, NEWEST_RECEIVED);
	w.place[true].last = newest(w.sentbox, NEWEST_SENT);
	r = each_wanted(&w, taker, context);
	close_both(&w);
	once_release(&w.once);
	return r;
}
