#include "daemon/notes/keeper.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/notes/earlier.h"
#include "daemon/notes/kept_table.h"
#include "daemon/notes/kept_work.h"

#define HOUR 3600.
#define PAUSE_MIN 1.   /* before another attempt: after each it is twice as long, */
#define PAUSE_MAX 300. /* at most so long */

struct keeper {
	const struct keeper_class *class;
	void *context;
	struct ev_loop *loop;
	uint64_t most_bytes;
	uint64_t last; /* number */
	struct kept_table table;
	struct kept_work work;
	struct earlier earlier;
	ev_timer hourly;
	struct kept_list failed; /* the first one is tried next */
	ev_timer again;          /* runs while there are some, or what an earlier daemon has left */
	double pause;
	struct kept_list put_off; /* in no order */
	ev_timer due;             /* runs while there are some, until the first one is */
};

static void go_on(struct keeper *k, const char *name, uint32_t uid);

/* ------ what failed ------ */

static bool
has_to_try(const struct keeper *k)
{
	return !TAILQ_EMPTY(&k->failed) || !earlier_is_over(&k->earlier);
}

static void
again_in(struct keeper *k, double seconds)
{
	ev_timer_stop(k->loop, &k->again);
	if (!has_to_try(k))
		return;
	ev_timer_set(&k->again, seconds, 0.);
	ev_timer_start(k->loop, &k->again);
}

static void
again_soon(struct keeper *k)
{
	if (ev_is_active(&k->again))
		return;
	k->pause = PAUSE_MIN;
	again_in(k, k->pause);
}

/* It was not passed on for a reason that may pass. Its receiver may be there, and stay: no login leads back to it. */
static void
try_later(struct keeper *k, struct kept *e)
{
	if (!e->has_failed)
		TAILQ_INSERT_TAIL(&k->failed, e, failed);
	e->has_failed = true;
	again_soon(k);
}

static void
try_no_more(struct keeper *k, struct kept *e)
{
	if (!e->has_failed)
		return;
	TAILQ_REMOVE(&k->failed, e, failed);
	e->has_failed = false;
	if (!has_to_try(k))
		ev_timer_stop(k->loop, &k->again);
}

/* What failed has been read after all: so may the others. */
static void
has_recovered(struct keeper *k)
{
	k->pause = PAUSE_MIN;
	again_in(k, 0.);
}

/* One of them: where one fails, others would. */
static void
on_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct keeper *k = container_of(w, struct keeper, again);
	struct kept *e = TAILQ_FIRST(&k->failed);

	(void)loop, (void)revents;
	if (!earlier_comes_first(&k->earlier, UINT64_MAX))
		k->pause = k->pause < PAUSE_MAX / 2 ? 2 * k->pause : PAUSE_MAX;
	again_in(k, k->pause);
	if (e) {
		TAILQ_REMOVE(&k->failed, e, failed);
		TAILQ_INSERT_TAIL(&k->failed, e, failed);
		go_on(k, e->to_name, e->to_uid);
	}
	earlier_try(&k->earlier);
}

/* ------ what is put off ------ */

static void
await_due(struct keeper *k)
{
	const uint64_t now = clock_monotonic_ms();
	uint64_t first = UINT64_MAX;
	const struct kept *e;

	TAILQ_FOREACH(e, &k->put_off, put_off)
		first = e->due_ms < first ? e->due_ms : first;
	ev_timer_stop(k->loop, &k->due);
	if (first == UINT64_MAX)
		return;
	ev_timer_set(&k->due, first > now ? (double)(first - now) / 1000. : 0., 0.);
	ev_timer_start(k->loop, &k->due);
}

static void
put_off_no_more(struct keeper *k, struct kept *e)
{
	if (!e->is_put_off)
		return;
	TAILQ_REMOVE(&k->put_off, e, put_off);
	e->is_put_off = false;
	kept_table_yield(&k->table, e, false);
	if (TAILQ_EMPTY(&k->put_off))
		ev_timer_stop(k->loop, &k->due);
}

/*
 * It was passed on, and not taken; or its receiver's connection went, and another one may have taken its place before.
 * Each has a pause of its own: what one receiver refuses, others may take. Whoever wants no notes is asked seldom. It keeps all
 * behind it waiting, or, where it yields, those of its sender.
 */
static void
put_off(struct keeper *k, struct kept *e, enum verdict v, bool yields)
{
	const uint32_t most = (uint32_t)(PAUSE_MAX * 1000), least = (uint32_t)(PAUSE_MIN * 1000);

	if (v == VERDICT_NO_NOTES || e->pause_ms > most / 2)
		e->pause_ms = most;
	else
		e->pause_ms = e->pause_ms > 0 ? 2 * e->pause_ms : least;
	e->due_ms = clock_monotonic_ms() + e->pause_ms;
	if (!e->is_put_off)
		TAILQ_INSERT_TAIL(&k->put_off, e, put_off);
	e->is_put_off = true;
	kept_table_yield(&k->table, e, yields);
	await_due(k);
}

static struct kept *
first_due(const struct keeper *k, uint64_t now)
{
	struct kept *e;

	TAILQ_FOREACH(e, &k->put_off, put_off) {
		if (e->due_ms <= now)
			return e;
	}
	return NULL;
}

static void
on_due(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct keeper *k = container_of(w, struct keeper, due);
	const uint64_t now = clock_monotonic_ms();
	struct kept *e;

	(void)loop, (void)revents;
	while ((e = first_due(k, now))) {
		put_off_no_more(k, e);
		go_on(k, e->to_name, e->to_uid);
	}
	await_due(k);
}

/* ------ what becomes of one ------ */

static void
drop(struct keeper *k, struct kept *e)
{
	try_no_more(k, e);
	put_off_no_more(k, e);
	kept_table_remove(&k->table, e);
}

/* It is kept no more: nobody gets it, whatever becomes of its file. */
static void
forget(struct keeper *k, struct kept *e, uint64_t token)
{
	const uint64_t number = e->number;

	drop(k, e);
	if (!kept_work_queue(&k->work, TASK_FORGET, number, token, NULL, 0) && token != 0)
		k->class->told(k->context, token, VERDICT_STORAGE);
}

/* The same for one that nobody has answered. If it was its turn, the next one has it now. */
static void
take_away(struct keeper *k, struct kept *e, uint64_t token)
{
	const bool had_its_turn = e->under_way || e->has_failed || e->is_put_off;
	const struct kept who = *e;

	forget(k, e, token);
	if (had_its_turn)
		go_on(k, who.to_name, who.to_uid);
}

/* A write that certainly failed leaves what an earlier one may have left. */
static void
stored(struct keeper *k, const struct kept_done *d)
{
	struct kept *e = kept_table_find(&k->table, d->number);
	enum kept_result result = d->result;

	if (e && result == RESULT_FAILED && e->file != FILE_NEW)
		result = RESULT_UNSURE;
	if (e && result == RESULT_FAILED)
		drop(k, e);
	else if (e)
		e->file = result == RESULT_DONE ? FILE_SURE : FILE_UNSURE;
	k->class->told(k->context, d->token,
	    result == RESULT_DONE         ? VERDICT_KEPT
		: result == RESULT_FAILED ? VERDICT_STORAGE
					  : VERDICT_UNCONFIRMED);
	if (e && result != RESULT_FAILED)
		go_on(k, e->to_name, e->to_uid); /* it may have logged in meanwhile */
}

/* It cannot be read. The one behind it is next; but a disk that fails, or a reader that died, may do better in a while. */
static void
unreadable(struct keeper *k, struct kept *e, enum kept_result result)
{
	const struct kept who = *e;

	e->under_way = false;
	if (result == RESULT_GONE) { /* it was never written after all */
		drop(k, e);
	} else {
		log_error("a kept note cannot be read: %s/%016llx", k->work.dir, (unsigned long long)e->number);
		if (kept_work_may_pass(result)) {
			try_later(k, e);
			return;
		}
		e->file = FILE_BAD;
		try_no_more(k, e);
	}
	go_on(k, who.to_name, who.to_uid);
}

static void
loaded(struct keeper *k, const struct kept_done *d)
{
	struct kept *e = kept_table_find(&k->table, d->number);
	struct kept_record r;
	enum verdict v;

	if (!e)
		return;
	if (d->result != RESULT_BYTES || kept_file_decode(d->bytes, d->length, &r) < 0) {
		unreadable(k, e, d->result);
		return;
	}
	e->passed = true;
	if (e->anew)
		r.note.msgid = kept_other_id(&e->msgid, e->digest);
	if (e->has_failed) {
		try_no_more(k, e);
		has_recovered(k);
	}
	v = k->class->pass(k->context, d->number, &r);
	if (v != VERDICT_OK)
		keeper_answered(k, d->number, v);
}

static void
forgotten(const struct keeper *k, const struct kept_done *d)
{
	const bool good = d->result == RESULT_DONE;

	if (!good)
		log_error("a note that is kept no more cannot be removed: %s/%016llx", k->work.dir,
		    (unsigned long long)d->number);
	if (d->token != 0 && (!good || !kept_work_goes_on(&k->work, d->token)))
		k->class->told(k->context, d->token, good ? VERDICT_OK : VERDICT_STORAGE);
}

/*
 * A child of an earlier daemon that was killed may still be at a file: none of ours has its number. Numbers go on from
 * there by the clock.
 */
static void
begin_numbers(struct keeper *k)
{
	const uint64_t now = (uint64_t)clock_wall_ms() << 10;

	k->last = k->earlier.newest > now ? k->earlier.newest : now;
}

static void
tried(struct keeper *k, const struct kept_done *d)
{
	const enum earlier_outcome outcome = earlier_tried(&k->earlier, d);
	const struct kept *e;

	if (outcome == EARLIER_FAILED)
		again_soon(k);
	if (outcome == EARLIER_LISTED) {
		begin_numbers(k);
		log_notice("notes are kept again in '%s'", k->work.dir);
		has_recovered(k);
	}
	if (outcome == EARLIER_READ) {
		has_recovered(k);
		if ((e = kept_table_find(&k->table, d->number)))
			go_on(k, e->to_name, e->to_uid);
	}
}

static void
on_done(void *context, const struct kept_done *d)
{
	struct keeper *k = context;

	switch (d->task) {
	case TASK_STORE:
		stored(k, d);
		break;
	case TASK_LOAD:
		loaded(k, d);
		break;
	case TASK_FORGET:
		forgotten(k, d);
		break;
	case TASK_FIND:
	case TASK_LIST:
		tried(k, d);
		break;
	}
}

static const struct kept_work_class work_class = { .done = on_done };

/* ------ what comes and goes ------ */

/* One of that id is there, or may be: then it is written once more. */
static enum verdict
keep_again(struct keeper *k, uint64_t token, const struct kept *e, const struct kept_record *r)
{
	uint8_t bytes[KEPT_FILE_MAX];
	size_t n;

	if (e->digest != kept_digest(r->note.body, r->note.length))
		return VERDICT_ID_USED;
	if (e->file == FILE_SURE)
		return VERDICT_KEPT;
	if (e->file == FILE_BAD)
		return VERDICT_UNCONFIRMED; /* another daemon may be able to read it */
	/* Not while somebody looks whether it is there: what is not is forgotten then. */
	if (e->file == FILE_NEW || e->under_way || (n = kept_file_encode(r, bytes, sizeof(bytes))) == 0 ||
	    !kept_work_queue(&k->work, TASK_STORE, e->number, token, bytes, n))
		return VERDICT_FULL; /* it is under way: ask again */
	return VERDICT_QUEUED;
}

bool
keeper_keeps(const struct keeper *k)
{
	return k->most_bytes > 0;
}

enum verdict
keeper_keep(struct keeper *k, uint64_t token, const struct kept_record *r)
{
	const struct kept_use use = kept_table_use(&k->table, r);
	struct kept *e = kept_table_find_same(&k->table, r);
	uint8_t bytes[KEPT_FILE_MAX];
	size_t n;

	if (!k->earlier.listed)
		return VERDICT_STORAGE;
	if (e)
		return keep_again(k, token, e, r);
	if (kept_has_room(&use, r->note.length, k->most_bytes) != VERDICT_OK)
		return VERDICT_NOTES_FULL;
	if ((n = kept_file_encode(r, bytes, sizeof(bytes))) == 0 || !(e = kept_table_add(&k->table, ++k->last, r)))
		return VERDICT_FULL;
	if (kept_work_queue(&k->work, TASK_STORE, e->number, token, bytes, n))
		return VERDICT_QUEUED;
	drop(k, e);
	return VERDICT_FULL;
}

static void
go_on(struct keeper *k, const char *name, uint32_t uid)
{
	struct kept *e = kept_table_next_for(&k->table, name, uid);

	if (!e)
		return;
	if (earlier_comes_first(&k->earlier, e->number)) {
		try_later(k, e);
		return;
	}
	e->under_way = true;
	if (kept_work_queue(&k->work, TASK_LOAD, e->number, 0, NULL, 0))
		return;
	e->under_way = false;
	try_later(k, e);
}

void
keeper_arrived(struct keeper *k, const char *name, uint32_t uid)
{
	struct kept *e, *next;

	for (e = TAILQ_FIRST(&k->put_off); e; e = next) {
		next = TAILQ_NEXT(e, put_off);
		if (kept_is_for(e, name, uid))
			put_off_no_more(k, e);
	}
	go_on(k, name, uid);
}

void
keeper_answered(struct keeper *k, uint64_t number, enum verdict v)
{
	struct kept *e = kept_table_find(&k->table, number);
	char name[NAME_MAX_LEN + 1];
	enum kept_fate fate;
	uint32_t uid;

	if (!e)
		return;
	e->under_way = e->passed = false;
	fate = kept_fate(v, e->anew);
	memcpy(name, e->to_name, sizeof(name));
	uid = e->to_uid;
	if (fate == KEPT_LATER || fate == KEPT_YIELD)
		put_off(k, e, v, fate == KEPT_YIELD);
	else if (fate == KEPT_ANEW)
		e->anew = true;
	else if (fate == KEPT_DONE)
		forget(k, e, 0);
	if (fate != KEPT_LATER && fate != KEPT_AT_LOGIN)
		go_on(k, name, uid);
}

enum verdict
keeper_cancel(struct keeper *k, uint64_t token, uint32_t uid, const struct ident *msgid)
{
	enum verdict v = earlier_is_over(&k->earlier) ? VERDICT_NOTHING : VERDICT_STORAGE;
	struct kept *e;

	if (kept_table_is_in_use(&k->table, uid, msgid))
		return VERDICT_UNCONFIRMED;
	for (; (e = kept_table_first_of(&k->table, uid, msgid)); v = VERDICT_QUEUED)
		take_away(k, e, token);
	return v;
}

enum verdict
keeper_list(const struct keeper *k, uint32_t uid, uint64_t cursor, struct kept_page *page)
{
	kept_table_page(&k->table, uid, cursor, page);
	return k->earlier.listed ? VERDICT_OK : VERDICT_STORAGE;
}

/* ------ as a whole ------ */

static void
forget_old(struct keeper *k)
{
	const int64_t now = clock_wall_ms();
	struct kept *e;

	while ((e = kept_table_first_old(&k->table, now)))
		take_away(k, e, 0);
}

static void
on_hour(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	forget_old(container_of(w, struct keeper, hourly));
}

/* What is in the folder is kept. */
static bool
take_over(void *context, uint64_t number, const struct kept_record *r)
{
	struct keeper *k = context;
	struct kept *e = kept_table_add(&k->table, number, r);

	if (e)
		e->file = FILE_UNSURE; /* nobody has said yet that its name is synced */
	return e;
}

static const struct earlier_class earlier_class = { .found = take_over };

/* What an earlier daemon has left. */
static void
take_over_all(struct keeper *k)
{
	const int r = earlier_read(&k->earlier);

	if (r < 0) {
		log_error("no notes can be kept in '%s': %s", k->work.dir, strerror(-r));
	} else {
		begin_numbers(k);
		forget_old(k);
	}
	if (!earlier_is_over(&k->earlier))
		again_soon(k);
}

int
keeper_new(struct keeper **out, const struct keeper_class *class, void *context, struct ev_loop *loop, const char *dir,
    uint64_t most_bytes)
{
	struct keeper *k = calloc(1, sizeof(*k));
	int r;

	if (!k)
		return -ENOMEM;
	k->class = class;
	k->context = context;
	k->loop = loop;
	k->most_bytes = most_bytes;
	if ((r = kept_work_init(&k->work, &work_class, k, loop, dir)) < 0) {
		free(k);
		return r;
	}
	kept_table_init(&k->table);
	earlier_init(&k->earlier, &earlier_class, k, &k->work);
	TAILQ_INIT(&k->failed);
	TAILQ_INIT(&k->put_off);
	ev_timer_init(&k->hourly, on_hour, 0., HOUR);
	ev_timer_init(&k->again, on_again, PAUSE_MIN, 0.);
	ev_timer_init(&k->due, on_due, PAUSE_MIN, 0.);
	take_over_all(k);
	ev_timer_again(loop, &k->hourly);
	*out = k;
	return 0;
}

void
keeper_free(struct keeper *k)
{
	struct kept *e;

	if (!k)
		return;
	ev_timer_stop(k->loop, &k->hourly);
	kept_work_end(&k->work);
	while ((e = TAILQ_FIRST(&k->table.all)))
		drop(k, e);
	ev_timer_stop(k->loop, &k->again);
	earlier_end(&k->earlier);
	free(k);
}
