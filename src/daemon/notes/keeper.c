#include "daemon/notes/keeper.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "core/names/name.h"
#include "core/notes/kept.h"
#include "net/worker.h"

#define WORK_MS 5000U /* a child that takes longer is killed */
#define JOBS_MAX 256U /* that wait */
#define HOUR 3600.
#define HEADS 256U     /* lists of each kind */
#define PAUSE_MIN 1.   /* before another attempt: after each it is twice as long, */
#define PAUSE_MAX 300. /* at most so long */
#define LOAD_TRIES 3U  /* at a daemon's start */

/* What is known of its file. */
enum file_state {
	FILE_NEW, /* it is being written */
	FILE_UNSURE, /* whoever was to write it died, or could not sync it, or it was found: it may be there, synced or not */
	FILE_SURE, /* it is there */
	FILE_BAD,  /* it is there, and cannot be read: it is left alone, and is nobody's */
};

/* One that is kept. It stands in four lists, in the order in which they were kept. */
struct kept {
	TAILQ_ENTRY(kept) link;
	TAILQ_ENTRY(kept) numbered, sent, awaited; /* with the same hash of its number, its sender, its receiver */
	TAILQ_ENTRY(kept) failed;                  /* if it has */
	TAILQ_ENTRY(kept) put_off;                 /* if it is, */
	uint64_t due_ms;                           /* until then */
	uint32_t pause_ms;                         /* the latest; 0: it never was */
	uint64_t number;
	struct ident msgid;
	uint64_t digest; /* of its body */
	int64_t time_ms;
	uint32_t from_uid, to_uid;
	uint32_t length;
	bool stranger;  /* its sender is not known to have an account */
	uint8_t file;   /* enum file_state */
	bool under_way; /* it is read, or passed on and not answered: */
	bool passed;
	bool has_failed; /* for a reason that may pass: it waits for another attempt, or has it */
	bool is_put_off; /* its receiver does not take it now, */
	bool yields;     /* but may take those of other senders */
	bool behind;     /* one of its sender that yields */
	bool anew;       /* under its id its receiver has another note of its sender: it goes under kept_other_id() */
	char to_name[NAME_MAX_LEN + 1];
};

/*
 * WORK_FIND: like WORK_LOAD, of a file of an earlier daemon, which could not be read. WORK_LIST: which files are there,
 * from the number on.
 */
enum work { WORK_STORE, WORK_LOAD, WORK_FORGET, WORK_FIND, WORK_LIST };

/* For a child. */
struct job {
	TAILQ_ENTRY(job) link;
	enum work work;
	uint64_t number, token;
	const char *dir;
	size_t length;
	uint8_t bytes[];
};

TAILQ_HEAD(kept_list, kept);
TAILQ_HEAD(job_list, job);

struct keeper {
	const struct keeper_class *class;
	void *context;
	struct ev_loop *loop;
	char dir[PATH_MAX];
	uint64_t most_bytes;
	uint64_t last; /* number */
	struct kept_list kept;
	struct kept_list numbered[HEADS], sent[HEADS], awaited[HEADS];
	uint64_t all_bytes, stranger_bytes; /* what all cost, and those without an account */
	struct job_list jobs;               /* the first one is being worked on */
	uint32_t job_count;
	struct worker worker;
	ev_timer hourly;
	bool listed; /* the folder was read: else nothing is known of what is kept */
	/* The files of earlier daemons that are not read yet, in their order: from first on, before end. */
	uint64_t *missed;
	size_t missed_first, missed_end, missed_next;
	bool finding;            /* one of them is tried, or the folder */
	struct kept_list failed; /* the first one is tried next */
	ev_timer again;          /* runs while there are some, or some missed, or the folder */
	double pause;
	struct kept_list put_off; /* in no order */
	ev_timer due;             /* runs while there are some, until the first one is */
};

/*
 * What a child answers in one byte; to WORK_LOAD the note, which is longer, or GONE: it is not there; to WORK_LIST the numbers
 * of at most so many files, or DONE: there are no more.
 */
enum { DONE = 'd', FAILED = 'f', UNSURE = 'u', GONE = 'g' };
#define LIST_MOST (WORKER_ANSWER / sizeof(uint64_t) / 2)

/* ------ in the child ------ */

static void
answer(int out, const void *bytes, size_t n)
{
	(void)!write(out, bytes, n); /* the pipe has room for it */
}

static void
list_from(const char *dir, uint64_t number, int out)
{
	_cleanup_(freep) uint64_t *all = NULL;
	const ssize_t count = kept_file_list(dir, &all);
	ssize_t first = 0, n;

	while (first < count && all[first] < number)
		first++;
	n = count - first < (ssize_t)LIST_MOST ? count - first : (ssize_t)LIST_MOST;
	if (n > 0)
		answer(out, all + first, (size_t)n * sizeof(*all));
	else
		answer(out, count < 0 ? "f" : "d", 1);
}

static void
work(const void *task, int out)
{
	const struct job *j = task;
	uint8_t bytes[KEPT_FILE_MAX];
	ssize_t n;
	int r;

	if (j->work == WORK_LIST) {
		list_from(j->dir, j->number, out);
		return;
	}
	if (j->work == WORK_LOAD || j->work == WORK_FIND) {
		if ((n = kept_file_load(j->dir, j->number, bytes, sizeof(bytes))) >= 0)
			answer(out, bytes, (size_t)n);
		else if (n == -ENOENT && kept_file_forget(j->dir, j->number) == 0) /* what was not finished */
			answer(out, "g", 1);
		else
			answer(out, "f", 1);
		return;
	}
	r = j->work == WORK_STORE ? kept_file_store(j->dir, j->number, j->bytes, j->length)
				  : kept_file_forget(j->dir, j->number);
	answer(out, r == 0 ? "d" : r > 0 ? "u" : "f", 1);
}

/* ------ what is kept ------ */

static uint32_t
hash(uint32_t uid)
{
	return (uid * 0x9e3779b1U) >> 24;
}

static struct kept *
find(const struct keeper *k, uint64_t number)
{
	struct kept *e;

	TAILQ_FOREACH(e, &k->numbered[number % HEADS], numbered) {
		if (e->number == number)
			return e;
	}
	return NULL;
}

static bool
is_of(const struct kept *e, uint32_t uid, const struct ident *msgid)
{
	return e->from_uid == uid && ident_equal(&e->msgid, msgid);
}

static bool
is_for(const struct kept *e, const char *name, uint32_t uid)
{
	return e->to_uid == uid && name_equal(e->to_name, name);
}

/* An id is one note's for each receiver, as it is in their inboxes. */
static struct kept *
find_same(const struct keeper *k, const struct kept_record *r)
{
	const uint32_t uid = r->note.from.uid;
	struct kept *e;

	TAILQ_FOREACH(e, &k->sent[hash(uid)], sent) {
		if (is_of(e, uid, &r->note.msgid) && is_for(e, r->to_name, r->to_uid))
			return e;
	}
	return NULL;
}

/* For whom users without an account are one, as they are for their receiver's limit. */
static bool
one_sender(const struct kept *e, const struct kept *other)
{
	return e->from_uid == other->from_uid || (e->stranger && other->stranger);
}

/* Those of its sender for its receiver that came after it wait behind it, or do not any more. */
static void
hold_back(struct kept *e, bool behind)
{
	struct kept *other = e;

	while ((other = TAILQ_NEXT(other, awaited))) {
		if (is_for(other, e->to_name, e->to_uid) && one_sender(other, e))
			other->behind = behind;
	}
}

static bool
is_held_back(const struct keeper *k, const struct kept *e)
{
	const struct kept *other;

	if (TAILQ_EMPTY(&k->put_off))
		return false;
	for (other = TAILQ_PREV(e, kept_list, awaited); other; other = TAILQ_PREV(other, kept_list, awaited)) {
		if (other->yields && is_for(other, e->to_name, e->to_uid) && one_sender(other, e))
			return true;
	}
	return false;
}

/* Last, but for one that could not be read before. */
#define INSERT_BY_NUMBER(list, e, link)                               \
	do {                                                          \
		struct kept *before = TAILQ_LAST(list, kept_list);    \
                                                                      \
		while (before && before->number > (e)->number)        \
			before = TAILQ_PREV(before, kept_list, link); \
		if (before)                                           \
			TAILQ_INSERT_AFTER(list, before, e, link);    \
		else                                                  \
			TAILQ_INSERT_HEAD(list, e, link);             \
	} while (0)

static struct kept *
add(struct keeper *k, uint64_t number, const struct kept_record *r)
{
	struct kept *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	*e = (struct kept){
		.number = number,
		.msgid = r->note.msgid,
		.digest = kept_digest(r->note.body, r->note.length),
		.time_ms = r->time_ms,
		.from_uid = r->note.from.uid,
		.to_uid = r->to_uid,
		.length = r->note.length,
		.stranger = r->note.stranger,
	};
	memcpy(e->to_name, r->to_name, sizeof(e->to_name));
	TAILQ_INSERT_TAIL(&k->kept, e, link);
	TAILQ_INSERT_TAIL(&k->numbered[number % HEADS], e, numbered);
	INSERT_BY_NUMBER(&k->sent[hash(e->from_uid)], e, sent);
	INSERT_BY_NUMBER(&k->awaited[hash(e->to_uid)], e, awaited);
	e->behind = is_held_back(k, e);
	k->all_bytes += kept_cost(e->length);
	k->stranger_bytes += e->stranger ? kept_cost(e->length) : 0;
	return e;
}

static bool
is_whole(const struct keeper *k)
{
	return k->listed && k->missed_first == k->missed_end;
}

static bool
has_to_try(const struct keeper *k)
{
	return !TAILQ_EMPTY(&k->failed) || !is_whole(k);
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

static void find_missed(struct keeper *k);
static void go_on(struct keeper *k, const char *name, uint32_t uid);

/* One of them: where one fails, others would. */
static void
on_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct keeper *k = container_of(w, struct keeper, again);
	struct kept *e = TAILQ_FIRST(&k->failed);

	(void)loop, (void)revents;
	k->pause = k->pause < PAUSE_MAX / 2 ? 2 * k->pause : PAUSE_MAX;
	again_in(k, k->pause);
	if (e) {
		TAILQ_REMOVE(&k->failed, e, failed);
		TAILQ_INSERT_TAIL(&k->failed, e, failed);
		go_on(k, e->to_name, e->to_uid);
	}
	find_missed(k);
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
	if (e->yields)
		hold_back(e, false);
	TAILQ_REMOVE(&k->put_off, e, put_off);
	e->is_put_off = e->yields = false;
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
	e->yields = yields;
	if (yields)
		hold_back(e, true);
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

static void
drop(struct keeper *k, struct kept *e)
{
	try_no_more(k, e);
	put_off_no_more(k, e);
	TAILQ_REMOVE(&k->kept, e, link);
	TAILQ_REMOVE(&k->numbered[e->number % HEADS], e, numbered);
	TAILQ_REMOVE(&k->sent[hash(e->from_uid)], e, sent);
	TAILQ_REMOVE(&k->awaited[hash(e->to_uid)], e, awaited);
	k->all_bytes -= kept_cost(e->length);
	k->stranger_bytes -= e->stranger ? kept_cost(e->length) : 0;
	free(e);
}

/* All senders without an account are one. */
static uint64_t
sender_bytes(const struct keeper *k, const struct note *n)
{
	uint64_t bytes = n->stranger ? k->stranger_bytes : 0;
	const struct kept *e;

	TAILQ_FOREACH(e, &k->sent[hash(n->from.uid)], sent) {
		if (e->from_uid == n->from.uid && !(e->stranger && n->stranger))
			bytes += kept_cost(e->length);
	}
	return bytes;
}

static struct kept_use
use_beside(const struct keeper *k, const struct kept_record *r)
{
	struct kept_use u = { .all_bytes = k->all_bytes, .sender_bytes = sender_bytes(k, &r->note) };
	const struct kept *e;

	TAILQ_FOREACH(e, &k->awaited[hash(r->to_uid)], awaited) {
		const bool sender = e->from_uid == r->note.from.uid || (e->stranger && r->note.stranger);
		const uint64_t cost = kept_cost(e->length);

		if (e->to_uid != r->to_uid)
			continue;
		u.receiver_bytes += cost;
		u.both += sender;
		u.both_bytes += sender ? cost : 0;
	}
	return u;
}

/* ------ work ------ */

static void next_job(struct keeper *k);

static bool
queue(struct keeper *k, enum work what, uint64_t number, uint64_t token, const uint8_t *bytes, size_t n)
{
	struct job *j = k->job_count < JOBS_MAX || what != WORK_STORE ? malloc(sizeof(*j) + n) : NULL;

	if (!j)
		return false;
	*j = (struct job){ .work = what, .number = number, .token = token, .dir = k->dir, .length = n };
	if (n > 0)
		memcpy(j->bytes, bytes, n);
	TAILQ_INSERT_TAIL(&k->jobs, j, link);
	k->job_count++;
	next_job(k);
	return true;
}

/* It is kept no more: nobody gets it, whatever becomes of its file. */
static void
forget(struct keeper *k, struct kept *e, uint64_t token)
{
	const uint64_t number = e->number;

	drop(k, e);
	if (!queue(k, WORK_FORGET, number, token, NULL, 0) && token != 0)
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
stored(struct keeper *k, const struct job *j, uint8_t result)
{
	struct kept *e = find(k, j->number);

	if (e && result == FAILED && e->file != FILE_NEW)
		result = UNSURE;
	if (e && result == FAILED)
		drop(k, e);
	else if (e)
		e->file = result == DONE ? FILE_SURE : FILE_UNSURE;
	k->class->told(k->context, j->token,
	    result == DONE         ? VERDICT_KEPT
		: result == FAILED ? VERDICT_STORAGE
				   : VERDICT_UNCONFIRMED);
	if (e && result != FAILED)
		go_on(k, e->to_name, e->to_uid); /* it may have logged in meanwhile */
}

/* What could not be read may be in a while: the disk failed, or the reader died. */
static bool
may_be_read_later(const struct worker *w)
{
	return w->length == 0 || (w->length == 1 && w->answer[0] == FAILED);
}

/* It cannot be read. The one behind it is next; but a disk that fails, or a reader that died, may do better in a while. */
static void
unreadable(struct keeper *k, struct kept *e)
{
	const struct kept who = *e;

	e->under_way = false;
	if (k->worker.length == 1 && k->worker.answer[0] == GONE) { /* it was never written after all */
		drop(k, e);
	} else {
		log_error("a kept note cannot be read: %s/%016llx", k->dir, (unsigned long long)e->number);
		if (may_be_read_later(&k->worker)) {
			try_later(k, e);
			return;
		}
		e->file = FILE_BAD;
		try_no_more(k, e);
	}
	go_on(k, who.to_name, who.to_uid);
}

static void
loaded(struct keeper *k, const struct job *j)
{
	struct kept *e = find(k, j->number);
	struct kept_record r;
	enum verdict v;

	if (!e)
		return;
	if (kept_file_decode(k->worker.answer, k->worker.length, &r) < 0) {
		unreadable(k, e);
		return;
	}
	e->passed = true;
	if (e->anew)
		r.note.msgid = kept_other_id(&e->msgid, e->digest);
	if (e->has_failed) {
		try_no_more(k, e);
		has_recovered(k);
	}
	v = k->class->pass(k->context, j->number, &r);
	if (v != VERDICT_OK)
		keeper_answered(k, j->number, v);
}

/* ------ what an earlier daemon has left, and cannot be read yet ------ */

/*
 * A child of an earlier daemon that was killed may still be at a file: none of ours has its number. Numbers go on from
 * there by the clock.
 */
static uint64_t
first_number(uint64_t last)
{
	const uint64_t now = (uint64_t)clock_wall_ms() << 10;

	return last > now ? last : now;
}

/* The next one that is tried; the first ones come first, as they were kept first. */
static uint64_t *
next_missed(const struct keeper *k)
{
	return k->missed + k->missed_first + k->missed_next % (k->missed_end - k->missed_first);
}

static void
miss_no_more(struct keeper *k)
{
	uint64_t *first = k->missed + k->missed_first, *one = next_missed(k);

	memmove(first + 1, first, (size_t)(one - first) * sizeof(*first));
	k->missed_first++;
}

static void
find_missed(struct keeper *k)
{
	if (is_whole(k) || k->finding)
		return;
	k->finding = true; /* until it is done, which may be before queue() returns */
	if (!(k->listed ? queue(k, WORK_FIND, *next_missed(k), 0, NULL, 0) : queue(k, WORK_LIST, 0, 0, NULL, 0)))
		k->finding = false;
}

/* What is in the folder is kept. Whether there is memory for it. */
static bool
take_over(struct keeper *k, uint64_t number, const struct kept_record *r)
{
	struct kept *e = add(k, number, r);

	if (e)
		e->file = FILE_UNSURE; /* nobody has said yet that its name is synced */
	return e;
}

static void
found(struct keeper *k, const struct job *j)
{
	const struct worker *w = &k->worker;
	struct kept_record r;
	const bool is_note = kept_file_decode(w->answer, w->length, &r) == 0;

	k->finding = false;
	if (is_note ? !take_over(k, j->number, &r) : may_be_read_later(w)) {
		k->missed_next++;
		again_soon(k);
		return;
	}
	miss_no_more(k);
	has_recovered(k);
	if (is_note)
		go_on(k, r.to_name, r.to_uid);
}

/* Adds to what is missed what a child has found. Whether that is all of it. */
static bool
add_listed(struct keeper *k, bool *more)
{
	const struct worker *w = &k->worker;
	const size_t n = w->length / sizeof(*k->missed);
	uint64_t *grown;

	*more = n == LIST_MOST;
	if (w->length == 1 && w->answer[0] == DONE)
		return true;
	if (n == 0 || w->length % sizeof(*k->missed) != 0 ||
	    !(grown = realloc(k->missed, (k->missed_end + n) * sizeof(*grown))))
		return false;
	memcpy(grown + k->missed_end, w->answer, n * sizeof(*grown));
	k->missed = grown;
	k->missed_end += n;
	return true;
}

/* The folder can be read: what is in it is found, one after the other. */
static void
listed(struct keeper *k)
{
	bool more, good = add_listed(k, &more);

	if (good && more && queue(k, WORK_LIST, k->missed[k->missed_end - 1] + 1, 0, NULL, 0))
		return;
	k->finding = false;
	if (!good || more) { /* from its beginning, later */
		k->missed_end = 0;
		again_soon(k);
		return;
	}
	k->listed = true;
	k->last = first_number(k->missed_end > 0 ? k->missed[k->missed_end - 1] : 0);
	log_notice("notes are kept again in '%s'", k->dir);
	has_recovered(k);
}

/* Whether more is to be done under that token. */
static bool
goes_on(const struct keeper *k, uint64_t token)
{
	const struct job *j;

	TAILQ_FOREACH(j, &k->jobs, link) {
		if (j->token == token)
			return true;
	}
	return false;
}

static void
done(struct keeper *k, const struct job *j)
{
	const uint8_t result = k->worker.length > 0 ? k->worker.answer[0] : UNSURE;

	switch (j->work) {
	case WORK_STORE:
		stored(k, j, result);
		break;
	case WORK_LOAD:
		loaded(k, j);
		break;
	case WORK_FIND:
		found(k, j);
		break;
	case WORK_LIST:
		listed(k);
		break;
	case WORK_FORGET:
		if (result != DONE)
			log_error("a note that is kept no more cannot be removed: %s/%016llx", k->dir,
			    (unsigned long long)j->number);
		if (j->token != 0 && (result != DONE || !goes_on(k, j->token)))
			k->class->told(k->context, j->token, result == DONE ? VERDICT_OK : VERDICT_STORAGE);
		break;
	}
}

static void
finish(struct keeper *k)
{
	struct job *j = TAILQ_FIRST(&k->jobs);

	TAILQ_REMOVE(&k->jobs, j, link);
	k->job_count--;
	done(k, j);
	free(j);
}

static void
on_told(struct worker *w)
{
	finish(container_of(w, struct keeper, worker));
}

static void
on_gone(struct worker *w)
{
	next_job(container_of(w, struct keeper, worker));
}

static void
next_job(struct keeper *k)
{
	const struct job *j;
	int r;

	k->worker.told = on_told;
	k->worker.gone = on_gone;
	while (!worker_runs(&k->worker) && (j = TAILQ_FIRST(&k->jobs))) {
		if ((r = worker_start(&k->worker, k->loop, WORK_MS, work, j)) == 0)
			return;
		log_error("cannot work on kept notes: %s", strerror(-r));
		k->worker.answer[0] = FAILED; /* nothing was done */
		k->worker.length = 1;
		finish(k);
	}
}

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
	    !queue(k, WORK_STORE, e->number, token, bytes, n))
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
	const struct kept_use use = use_beside(k, r);
	struct kept *e = find_same(k, r);
	uint8_t bytes[KEPT_FILE_MAX];
	size_t n;

	if (!k->listed)
		return VERDICT_STORAGE;
	if (e)
		return keep_again(k, token, e, r);
	if (kept_has_room(&use, r->note.length, k->most_bytes) != VERDICT_OK)
		return VERDICT_NOTES_FULL;
	if ((n = kept_file_encode(r, bytes, sizeof(bytes))) == 0 || !(e = add(k, ++k->last, r)))
		return VERDICT_FULL;
	if (queue(k, WORK_STORE, e->number, token, bytes, n))
		return VERDICT_QUEUED;
	drop(k, e);
	return VERDICT_FULL;
}

/* The first one for that session that may go; NULL: none, or one is under way already, or put off before all others. */
static struct kept *
first_for(const struct keeper *k, const char *name, uint32_t uid)
{
	struct kept *e, *first = NULL;
	bool stopped = false;

	TAILQ_FOREACH(e, &k->awaited[hash(uid)], awaited) {
		if (!is_for(e, name, uid))
			continue;
		if (e->under_way)
			return NULL;
		if (first || stopped || e->yields || e->behind || e->file == FILE_NEW || e->file == FILE_BAD)
			continue;
		stopped = e->is_put_off;
		first = stopped ? NULL : e;
	}
	return first;
}

static void
go_on(struct keeper *k, const char *name, uint32_t uid)
{
	struct kept *e = first_for(k, name, uid);

	if (!e)
		return;
	e->under_way = true;
	if (queue(k, WORK_LOAD, e->number, 0, NULL, 0))
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
		if (is_for(e, name, uid))
			put_off_no_more(k, e);
	}
	go_on(k, name, uid);
}

void
keeper_answered(struct keeper *k, uint64_t number, enum verdict v)
{
	struct kept *e = find(k, number);
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

static struct kept *
first_to_cancel(const struct keeper *k, uint32_t uid, const struct ident *msgid)
{
	struct kept *e;

	TAILQ_FOREACH(e, &k->sent[hash(uid)], sent) {
		if (is_of(e, uid, msgid) && e->file != FILE_NEW && !e->passed)
			return e;
	}
	return NULL;
}

enum verdict
keeper_cancel(struct keeper *k, uint64_t token, uint32_t uid, const struct ident *msgid)
{
	enum verdict v = is_whole(k) ? VERDICT_NOTHING : VERDICT_STORAGE;
	struct kept *e;

	for (; (e = first_to_cancel(k, uid, msgid)); v = VERDICT_QUEUED)
		take_away(k, e, token);
	return v;
}

enum verdict
keeper_list(const struct keeper *k, uint32_t uid, uint64_t cursor, struct kept_page *page)
{
	const struct kept *e;

	*page = (struct kept_page){ .next = 0 };
	if (!k->listed)
		return VERDICT_STORAGE;
	TAILQ_FOREACH(e, &k->sent[hash(uid)], sent) {
		if (e->number < cursor || e->from_uid != uid || e->file == FILE_NEW || e->file == FILE_BAD)
			continue;
		if (page->count == KEPT_PAGE_ENTRIES) {
			page->next = e->number;
			break;
		}
		page->entry[page->count] =
		    (struct kept_entry){ .msgid = e->msgid, .time_ms = e->time_ms, .length = e->length };
		memcpy(page->entry[page->count++].name, e->to_name, sizeof(e->to_name));
	}
	return VERDICT_OK;
}

/* ------ as a whole ------ */

static struct kept *
first_old(const struct keeper *k, int64_t now)
{
	struct kept *e;

	TAILQ_FOREACH(e, &k->kept, link) {
		if (e->file != FILE_NEW && !e->under_way && kept_is_over(e->time_ms, now))
			return e;
	}
	return NULL;
}

static void
forget_old(struct keeper *k)
{
	const int64_t now = clock_wall_ms();
	struct kept *e;

	while ((e = first_old(k, now)))
		take_away(k, e, 0);
}

static void
on_hour(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	forget_old(container_of(w, struct keeper, hourly));
}

/* One that is left for later comes behind those that were kept after it: what may pass at once is tried again at once. */
static ssize_t
load_patiently(const struct keeper *k, uint64_t number, uint8_t *out, size_t cap)
{
	ssize_t n = -EINTR;

	for (unsigned tries = 0; tries < LOAD_TRIES && n < 0 && n != -ENOENT; tries++)
		n = kept_file_load(k->dir, number, out, cap);
	return n;
}

static bool
take_over_file(struct keeper *k, uint64_t number)
{
	uint8_t bytes[KEPT_FILE_MAX];
	const ssize_t n = load_patiently(k, number, bytes, sizeof(bytes));
	struct kept_record r;

	if (n == -ENOENT) {
		(void)!kept_file_forget(k->dir, number); /* else the next daemon does it */
		return true;
	}
	if (n < 0)
		log_error("a kept note cannot be read: %s/%016llx: %s", k->dir, (unsigned long long)number,
		    strerror((int)-n));
	return n >= 0 && (kept_file_decode(bytes, (size_t)n, &r) < 0 || take_over(k, number, &r));
}

/* 0, or -errno: nothing is known. */
static int
list(struct keeper *k)
{
	const ssize_t count = kept_file_list(k->dir, &k->missed);

	if (count < 0)
		return (int)count;
	k->listed = true;
	k->last = first_number(count > 0 ? k->missed[count - 1] : 0);
	for (ssize_t i = 0; i < count; i++)
		if (!take_over_file(k, k->missed[i]))
			k->missed[k->missed_end++] = k->missed[i];
	forget_old(k);
	return 0;
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
	TAILQ_INIT(&k->kept);
	TAILQ_INIT(&k->jobs);
	TAILQ_INIT(&k->failed);
	TAILQ_INIT(&k->put_off);
	for (size_t i = 0; i < HEADS; i++) {
		TAILQ_INIT(&k->numbered[i]);
		TAILQ_INIT(&k->sent[i]);
		TAILQ_INIT(&k->awaited[i]);
	}
	ev_timer_init(&k->hourly, on_hour, 0., HOUR);
	ev_timer_init(&k->again, on_again, PAUSE_MIN, 0.);
	ev_timer_init(&k->due, on_due, PAUSE_MIN, 0.);
	if ((size_t)snprintf(k->dir, sizeof(k->dir), "%s", dir) >= sizeof(k->dir) - 32) {
		free(k);
		return -ENAMETOOLONG;
	}
	if ((r = list(k)) < 0)
		log_error("no notes can be kept in '%s': %s", k->dir, strerror(-r));
	if (!is_whole(k))
		again_soon(k);
	ev_timer_again(loop, &k->hourly);
	*out = k;
	return 0;
}

void
keeper_free(struct keeper *k)
{
	struct kept *e;
	struct job *j;

	if (!k)
		return;
	ev_timer_stop(k->loop, &k->hourly);
	ev_timer_stop(k->loop, &k->again);
	worker_stop(&k->worker);
	while ((e = TAILQ_FIRST(&k->kept)))
		drop(k, e);
	while ((j = TAILQ_FIRST(&k->jobs))) {
		TAILQ_REMOVE(&k->jobs, j, link);
		free(j);
	}
	free(k->missed);
	free(k);
}
