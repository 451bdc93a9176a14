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
	bool anew;       /* under its id its receiver has another note of its sender: it goes under kept_other_id() */
	char to_name[NAME_MAX_LEN + 1];
};

enum work { WORK_STORE, WORK_LOAD, WORK_FORGET };

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
	struct kept_list failed; /* the first one is tried next */
	ev_timer again;          /* runs while there are some */
	double pause;
};

/* What a child answers in one byte; to WORK_LOAD the note, which is longer, or GONE: it is not there. */
enum { DONE = 'd', FAILED = 'f', UNSURE = 'u', GONE = 'g' };

/* ------ in the child ------ */

static void
answer(int out, const void *bytes, size_t n)
{
	(void)!write(out, bytes, n); /* the pipe has room for it */
}

static void
work(const void *task, int out)
{
	const struct job *j = task;
	uint8_t bytes[KEPT_FILE_MAX];
	ssize_t n;
	int r;

	if (j->work == WORK_LOAD) {
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
	TAILQ_INSERT_TAIL(&k->sent[hash(e->from_uid)], e, sent);
	TAILQ_INSERT_TAIL(&k->awaited[hash(e->to_uid)], e, awaited);
	k->all_bytes += kept_cost(e->length);
	k->stranger_bytes += e->stranger ? kept_cost(e->length) : 0;
	if (number > k->last)
		k->last = number;
	return e;
}

static void
again_in(struct keeper *k, double seconds)
{
	ev_timer_stop(k->loop, &k->again);
	ev_timer_set(&k->again, seconds, 0.);
	ev_timer_start(k->loop, &k->again);
}

/* It was not passed on for a reason that may pass. Its receiver may be there, and stay: no login leads back to it. */
static void
try_later(struct keeper *k, struct kept *e)
{
	if (!e->has_failed)
		TAILQ_INSERT_TAIL(&k->failed, e, failed);
	e->has_failed = true;
	if (ev_is_active(&k->again))
		return;
	k->pause = PAUSE_MIN;
	again_in(k, k->pause);
}

static void
try_no_more(struct keeper *k, struct kept *e)
{
	if (!e->has_failed)
		return;
	TAILQ_REMOVE(&k->failed, e, failed);
	e->has_failed = false;
	if (TAILQ_EMPTY(&k->failed))
		ev_timer_stop(k->loop, &k->again);
}

/* It could be read after all: so may the others. */
static void
has_recovered(struct keeper *k, struct kept *e)
{
	const bool failed = e->has_failed;

	try_no_more(k, e);
	if (!failed || TAILQ_EMPTY(&k->failed))
		return;
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
	TAILQ_REMOVE(&k->failed, e, failed);
	TAILQ_INSERT_TAIL(&k->failed, e, failed);
	k->pause = k->pause < PAUSE_MAX / 2 ? 2 * k->pause : PAUSE_MAX;
	again_in(k, k->pause);
	keeper_arrived(k, e->to_name, e->to_uid);
}

static void
drop(struct keeper *k, struct kept *e)
{
	try_no_more(k, e);
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
		keeper_arrived(k, e->to_name, e->to_uid); /* it may have logged in meanwhile */
}

/* It cannot be read. The one behind it is next; but a disk that fails, or a reader that died, may do better in a while. */
static void
unreadable(struct keeper *k, struct kept *e)
{
	const uint8_t result = k->worker.length == 1 ? k->worker.answer[0] : UNSURE;
	const struct kept who = *e;

	e->under_way = false;
	if (result == GONE) { /* it was never written after all */
		drop(k, e);
	} else {
		log_error("a kept note cannot be read: %s/%016llx", k->dir, (unsigned long long)e->number);
		if (k->worker.length == 0 || result == FAILED) {
			try_later(k, e);
			return;
		}
		e->file = FILE_BAD;
		try_no_more(k, e);
	}
	keeper_arrived(k, who.to_name, who.to_uid);
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
	v = k->class->pass(k->context, j->number, &r);
	if (v == VERDICT_FULL)
		try_later(k, e);
	else
		has_recovered(k, e);
	if (v != VERDICT_OK)
		keeper_answered(k, j->number, v);
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

	if (e)
		return keep_again(k, token, e, r);
	if (kept_has_room(&use, r->note.length, k->most_bytes) != VERDICT_OK)
		return VERDICT_NOTES_FULL;
	if ((n = kept_file_encode(r, bytes, sizeof(bytes))) == 0 || !(e = add(k, k->last + 1, r)))
		return VERDICT_FULL;
	if (queue(k, WORK_STORE, e->number, token, bytes, n))
		return VERDICT_QUEUED;
	drop(k, e);
	return VERDICT_FULL;
}

/* The first one for that session; NULL: there is none, or one is under way already. */
static struct kept *
first_for(const struct keeper *k, const char *name, uint32_t uid)
{
	struct kept *e, *first = NULL;

	TAILQ_FOREACH(e, &k->awaited[hash(uid)], awaited) {
		if (!is_for(e, name, uid))
			continue;
		if (e->under_way)
			return NULL;
		if (!first && e->file != FILE_NEW && e->file != FILE_BAD)
			first = e;
	}
	return first;
}

void
keeper_arrived(struct keeper *k, const char *name, uint32_t uid)
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
	if (fate == KEPT_LATER)
		return;
	memcpy(name, e->to_name, sizeof(name));
	uid = e->to_uid;
	if (fate == KEPT_ANEW)
		e->anew = true;
	else
		forget(k, e, 0);
	keeper_arrived(k, name, uid);
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
	enum verdict v = VERDICT_NOTHING;
	struct kept *e;

	for (; (e = first_to_cancel(k, uid, msgid)); v = VERDICT_QUEUED)
		forget(k, e, token);
	return v;
}

void
keeper_list(const struct keeper *k, uint32_t uid, uint64_t cursor, struct kept_page *page)
{
	const struct kept *e;

	*page = (struct kept_page){ .next = 0 };
	TAILQ_FOREACH(e, &k->sent[hash(uid)], sent) {
		if (e->number < cursor || e->from_uid != uid || e->file == FILE_NEW || e->file == FILE_BAD)
			continue;
		if (page->count == KEPT_PAGE_ENTRIES) {
			page->next = e->number;
			return;
		}
		page->entry[page->count] =
		    (struct kept_entry){ .msgid = e->msgid, .time_ms = e->time_ms, .length = e->length };
		memcpy(page->entry[page->count++].name, e->to_name, sizeof(e->to_name));
	}
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
		forget(k, e, 0);
}

static void
on_hour(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	forget_old(container_of(w, struct keeper, hourly));
}

static void
take_over(void *context, uint64_t number, const struct kept_record *r)
{
	struct kept *e = add(context, number, r);

	if (e)
		e->file = FILE_UNSURE; /* nobody has said yet that its name is synced */
}

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
	for (size_t i = 0; i < HEADS; i++) {
		TAILQ_INIT(&k->numbered[i]);
		TAILQ_INIT(&k->sent[i]);
		TAILQ_INIT(&k->awaited[i]);
	}
	ev_timer_init(&k->hourly, on_hour, 0., HOUR);
	ev_timer_init(&k->again, on_again, PAUSE_MIN, 0.);
	if ((size_t)snprintf(k->dir, sizeof(k->dir), "%s", dir) >= sizeof(k->dir) - 32)
		r = -ENAMETOOLONG;
	else
		r = kept_file_each(k->dir, take_over, k);
	if (r < 0) {
		keeper_free(k);
		return r;
	}
	k->last = first_number(k->last);
	forget_old(k);
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
	worker_stop(&k->worker);
	while ((e = TAILQ_FIRST(&k->kept)))
		drop(k, e);
	while ((j = TAILQ_FIRST(&k->jobs))) {
		TAILQ_REMOVE(&k->jobs, j, link);
		free(j);
	}
	free(k);
}
