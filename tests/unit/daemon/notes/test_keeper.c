/* What is kept, and what is next, with a worker that does its work here, or is killed at it. */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "core/limits.h"
#include "daemon/notes/keeper.h"
#include "folder.h"
#include "net/worker.h"
#include "trace.h"

/* ------------------------------------------------------------------------- the worker */

enum fate {
	DOES,   /* all of it */
	MUTE,   /* the same, and is killed before it can say so */
	HALF,   /* is killed when the new file is not in its place yet */
	KILLED, /* before it did anything */
};

static struct {
	bool on;
	struct worker *worker;
	void (*work)(const void *task, int out);
	const void *task;
	int failing; /* an errno: none can be started */
} fake;

int __real_worker_start(struct worker *w, struct ev_loop *loop, unsigned limit_ms,
    void (*work)(const void *task, int out), const void *task);
int
__wrap_worker_start(struct worker *w, struct ev_loop *loop, unsigned limit_ms, void (*work)(const void *task, int out),
    const void *task)
{
	if (!fake.on)
		return __real_worker_start(w, loop, limit_ms, work, task);
	if (fake.failing != 0)
		return -fake.failing;
	ck_assert_ptr_null(fake.worker); /* one thing after another */
	fake.worker = w;
	fake.work = work;
	fake.task = task;
	w->pid = 1;
	w->length = 0;
	return 0;
}

void __real_worker_stop(struct worker *w);
void
__wrap_worker_stop(struct worker *w)
{
	if (!fake.on)
		__real_worker_stop(w);
}

static char dir[FOLDER_PATH];

/* Files whose names end so; `to`: each is renamed to end like that. */
static unsigned
files(const char *end, const char *to)
{
	char path[FOLDER_PATH + 64], other[FOLDER_PATH + 64];
	DIR *d = opendir(dir);
	const struct dirent *e;
	unsigned n = 0;

	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d))) {
		const char *dot = strchr(e->d_name + 1, '.');

		if (!dot || strcmp(dot, end) != 0)
			continue;
		n++;
		(void)snprintf(path, sizeof(path), "%s/%.16s%s", dir, e->d_name, end);
		(void)snprintf(other, sizeof(other), "%s/%.16s%s", dir, e->d_name, to ? to : "");
		if (to)
			ck_assert_int_eq(rename(path, other), 0);
	}
	(void)closedir(d);
	return n;
}

/* What is to be done is done, or not. */
static void
turn(enum fate fate)
{
	struct worker *w = fake.worker;
	int fds[2];
	ssize_t n;

	ck_assert_ptr_nonnull(w);
	if (fate != KILLED) {
		ck_assert_int_eq(pipe(fds), 0);
		fake.work(fake.task, fds[1]);
		(void)close(fds[1]);
		n = read(fds[0], w->answer, sizeof(w->answer));
		(void)close(fds[0]);
		w->length = fate == DOES && n > 0 ? (size_t)n : 0;
	}
	if (fate == HALF)
		ck_assert_uint_eq(files(".note", ".new"), 1);
	fake.worker = NULL;
	w->told(w);
	w->pid = 0;
	w->gone(w);
}

/* All that waits. */
static void
turns(void)
{
	while (fake.worker)
		turn(DOES);
}

/* ------------------------------------------------------------------------- the keeper */

static struct keeper *k;
static enum verdict passing;
static uint64_t passed;        /* the number of the latest note that was passed on, */
static struct ident passed_as; /* and its id */

static void
told(void *context, uint64_t token, enum verdict v)
{
	(void)context;
	trace("told %u %s", (unsigned)token,
	    v == VERDICT_KEPT              ? "kept"
		: v == VERDICT_UNCONFIRMED ? "unconfirmed"
		: v == VERDICT_STORAGE     ? "storage"
		: v == VERDICT_OK          ? "ok"
					   : "?");
}

static enum verdict
pass(void *context, uint64_t number, const struct kept_record *r)
{
	(void)context;
	if (passing == VERDICT_ABSENT)
		return passing;
	trace("pass %.*s", (int)r->note.length, (const char *)r->note.body);
	passed = number;
	passed_as = r->note.msgid;
	return passing;
}

static const struct keeper_class class = { .told = told, .pass = pass };

static void
begin(void)
{
	ck_assert_int_eq(keeper_new(&k, &class, NULL, ev_default_loop(0), dir, KEPT_BYTES_ALL), 0);
}

static void
setup(void)
{
	folder_make(dir);
	memset(&fake, 0, sizeof(fake));
	fake.on = true;
	passing = VERDICT_ABSENT;
	trace_clear();
	begin();
}

static void
teardown(void)
{
	keeper_free(k);
	folder_remove(dir);
}

/* The daemon is killed, and started again. */
static void
restart(void)
{
	keeper_free(k);
	fake.worker = NULL;
	begin();
}

static struct kept_record
note(const char *name, uint32_t uid, uint8_t id, const char *text)
{
	struct kept_record r = { .time_ms = clock_wall_ms(),
		.to_uid = uid,
		.note = { .from = { .account = "alice", .uid = 1000 },
		    .msgid.b = { id },
		    .body = (const uint8_t *)text,
		    .length = (uint32_t)strlen(text) } };

	(void)snprintf(r.to_name, sizeof(r.to_name), "%s", name);
	return r;
}

static enum verdict
keep_for(const char *name, uint32_t uid, uint64_t token, uint8_t id, const char *text)
{
	const struct kept_record r = note(name, uid, id, text);

	return keeper_keep(k, token, &r);
}

static enum verdict
keep(uint64_t token, uint8_t id, const char *text)
{
	return keep_for("bob", 1001, token, id, text);
}

static void
arrives(void)
{
	passing = VERDICT_OK;
	keeper_arrived(k, "bob", 1001);
	turns();
}

START_TEST(test_keeper_keeps_and_delivers)
{
	ck_assert_int_eq(keep(1, 1, "one"), VERDICT_QUEUED);
	ck_assert_int_eq(keep(2, 1, "one"), VERDICT_FULL); /* it is on its way to the disk */
	turns();
	trace_is("told 1 kept");
	ck_assert_int_eq(keep(3, 1, "one"), VERDICT_KEPT);
	ck_assert_int_eq(keep(3, 1, "other"), VERDICT_ID_USED);
	ck_assert_int_eq(keep(4, 2, "two"), VERDICT_QUEUED);
	turns();
	trace_is("told 4 kept");
	restart();
	arrives();
	trace_is("pass one");
	keeper_answered(k, passed, VERDICT_OK);
	turns();
	trace_is("pass two");
	keeper_answered(k, passed, VERDICT_STORAGE); /* a full disk, say: it stays */
	turns();
	trace_is("");
	ck_assert_uint_eq(files(".note", NULL), 1);
	arrives();
	trace_is("pass two");
	keeper_answered(k, passed, VERDICT_REFUSES);
	turns();
	ck_assert_uint_eq(files(".note", NULL), 0);
}
END_TEST

/* Whoever was to write it died: nobody may say that it is kept before it is. */
START_TEST(test_keeper_does_not_know)
{
	const enum fate fate = (enum fate)_i;

	ck_assert_int_eq(keep(1, 1, "one"), VERDICT_QUEUED);
	turn(fate);
	turns();
	trace_is("told 1 unconfirmed");
	ck_assert_uint_eq(files(".new", NULL), 0); /* somebody has looked for it: what was not finished is gone */
	if (fate == MUTE)
		ck_assert_int_eq(keep(3, 1, "other"), VERDICT_ID_USED);
	ck_assert_int_eq(keep(2, 1, "one"), VERDICT_QUEUED); /* it is written again */
	turn(fate);
	turns();
	trace_is("told 2 unconfirmed");
	ck_assert_int_eq(keep(4, 1, "one"), VERDICT_QUEUED);
	turns();
	trace_is("told 4 kept");
	ck_assert_int_eq(keep(5, 1, "one"), VERDICT_KEPT);
	ck_assert_uint_eq(files(".note", NULL), 1);
	ck_assert_uint_eq(files(".new", NULL), 0);
	restart();
	arrives();
	trace_is("pass one");
}
END_TEST

/* While somebody looks for it: it may be forgotten by that, and is not to be written for nobody. */
START_TEST(test_keeper_looks_first)
{
	ck_assert_int_eq(keep(1, 1, "one"), VERDICT_QUEUED);
	turn(KILLED);
	ck_assert_int_eq(keep(2, 1, "one"), VERDICT_FULL);
	turns();
	ck_assert_int_eq(keep(3, 1, "one"), VERDICT_QUEUED);
	turns();
	trace_is("told 1 unconfirmed; told 3 kept");
	arrives();
	trace_is("pass one");
}
END_TEST

/* What an earlier daemon has left may not be synced: it is, before it is said to be kept. */
START_TEST(test_keeper_syncs_what_it_has_found)
{
	ck_assert_int_eq(keep(1, 1, "one"), VERDICT_QUEUED);
	turn(MUTE);
	restart();
	trace_is("told 1 unconfirmed");
	ck_assert_int_eq(keep(2, 1, "one"), VERDICT_QUEUED);
	turns();
	trace_is("told 2 kept");
	ck_assert_int_eq(keep(3, 1, "one"), VERDICT_KEPT);
	ck_assert_uint_eq(files(".note", NULL), 1);
}
END_TEST

/* One that is not there after all keeps none of those behind it. */
START_TEST(test_keeper_passes_over_what_is_gone)
{
	ck_assert_int_eq(keep(1, 1, "one"), VERDICT_QUEUED);
	turn(KILLED);
	ck_assert_int_eq(keep(2, 2, "two"), VERDICT_QUEUED);
	turns();
	trace_is("told 1 unconfirmed; told 2 kept");
	arrives();
	trace_is("pass two");
	keeper_answered(k, passed, VERDICT_OK);
	turns();
	ck_assert_int_eq(keep(3, 1, "one"), VERDICT_QUEUED); /* it is nobody's now: kept as a new one */
	turns();
	trace_is("told 3 kept; pass one");
}
END_TEST

/* Nor does one that cannot be read, which stays where it is. */
START_TEST(test_keeper_passes_over_what_is_damaged)
{
	char path[FOLDER_PATH + 64];
	const struct dirent *e;
	DIR *d;

	ck_assert_int_eq(keep(1, 1, "one"), VERDICT_QUEUED);
	turns();
	d = opendir(dir);
	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)))
		if (strstr(e->d_name, ".note")) {
			(void)snprintf(path, sizeof(path), "%s/%.32s", dir, e->d_name);
			ck_assert_int_eq(truncate(path, 10), 0);
		}
	(void)closedir(d);
	ck_assert_int_eq(keep(2, 2, "two"), VERDICT_QUEUED);
	turns();
	trace_is("told 1 kept; told 2 kept");
	arrives();
	trace_is("pass two");
	keeper_answered(k, passed, VERDICT_OK);
	turns();
	ck_assert_uint_eq(files(".note", NULL), 1);
}
END_TEST

/* A reader that died is no reason to forget anything, or to change the order. */
START_TEST(test_keeper_reads_again)
{
	ck_assert_int_eq(keep(1, 1, "one"), VERDICT_QUEUED);
	ck_assert_int_eq(keep(2, 2, "two"), VERDICT_QUEUED);
	turns();
	trace_is("told 1 kept; told 2 kept");
	passing = VERDICT_OK;
	keeper_arrived(k, "bob", 1001);
	turn(KILLED);
	ck_assert_ptr_null(fake.worker);
	trace_is("");
	arrives();
	trace_is("pass one");
}
END_TEST

START_TEST(test_keeper_takes_back)
{
	const struct ident id = { .b = { 1 } };

	ck_assert_int_eq(keep(1, 1, "one"), VERDICT_QUEUED);
	turn(MUTE);
	turns();
	ck_assert_int_eq(keeper_cancel(k, 2, 1001, &id), VERDICT_NOTHING); /* not somebody else's */
	ck_assert_int_eq(keeper_cancel(k, 2, 1000, &id), VERDICT_QUEUED);
	turns();
	trace_is("told 1 unconfirmed; told 2 ok");
	ck_assert_uint_eq(files(".note", NULL), 0);
	ck_assert_int_eq(keeper_cancel(k, 3, 1000, &id), VERDICT_NOTHING);
}
END_TEST

/* While it is on its way nobody knows what becomes of it: it is not said to be gone, whoever else has one of that id. */
START_TEST(test_keeper_takes_nothing_back_that_is_passed_on)
{
	const struct ident id = { .b = { 1 } };

	ck_assert_int_eq(keep(1, 1, "one"), VERDICT_QUEUED);
	ck_assert_int_eq(keeper_cancel(k, 2, 1000, &id), VERDICT_UNCONFIRMED); /* it is being written */
	ck_assert_int_eq(keep_for("carol", 1002, 3, 1, "two"), VERDICT_QUEUED);
	turns();
	arrives();
	ck_assert_int_eq(keeper_cancel(k, 4, 1000, &id), VERDICT_UNCONFIRMED);
	ck_assert_uint_eq(files(".note", NULL), 2);
	keeper_answered(k, passed, VERDICT_STALE);
	ck_assert_int_eq(keeper_cancel(k, 5, 1000, &id), VERDICT_QUEUED);
	turns();
	trace_is("told 1 kept; told 3 kept; pass one; told 5 ok");
	ck_assert_uint_eq(files(".note", NULL), 0);
}
END_TEST

/* What was said to be kept is delivered, though another note of its sender has its id there: under one that is its own. */
START_TEST(test_keeper_passes_on_anew)
{
	const struct ident id = { .b = { 1 } };
	struct ident other;

	ck_assert_int_eq(keep(1, 1, "one"), VERDICT_QUEUED);
	ck_assert_int_eq(keep(2, 2, "two"), VERDICT_QUEUED);
	turns();
	trace_is("told 1 kept; told 2 kept");
	arrives();
	trace_is("pass one");
	ck_assert(ident_equal(&passed_as, &id));
	keeper_answered(k, passed, VERDICT_ID_USED);
	turns();
	trace_is("pass one"); /* before those behind it */
	other = passed_as;
	ck_assert(!ident_equal(&other, &id));
	restart(); /* before it is answered: it is the same note then */
	arrives();
	keeper_answered(k, passed, VERDICT_ID_USED);
	turns();
	trace_is("pass one; pass one");
	ck_assert(ident_equal(&passed_as, &other));
	keeper_answered(k, passed, VERDICT_OK);
	turns();
	trace_is("pass two");
	ck_assert_uint_eq(files(".note", NULL), 1);
	keeper_answered(k, passed, VERDICT_ID_USED);
	turns();
	trace_is("pass two");
	keeper_answered(k, passed, VERDICT_ID_USED); /* whoever says so for ever */
	turns();
	trace_is("");
	ck_assert_uint_eq(files(".note", NULL), 0);
}
END_TEST

/* An id is one note's for each receiver; taken back is what has it, for all of them. */
START_TEST(test_keeper_keeps_for_each)
{
	const struct ident id = { .b = { 1 } };

	ck_assert_int_eq(keep(1, 1, "one"), VERDICT_QUEUED);
	ck_assert_int_eq(keep_for("carol", 1002, 2, 1, "one"), VERDICT_QUEUED);
	turns();
	trace_is("told 1 kept; told 2 kept");
	ck_assert_uint_eq(files(".note", NULL), 2);
	ck_assert_int_eq(keep_for("carol", 1002, 3, 1, "one"), VERDICT_KEPT);
	ck_assert_int_eq(keep_for("carol", 1002, 3, 1, "other"), VERDICT_ID_USED);
	ck_assert_int_eq(keeper_cancel(k, 4, 1000, &id), VERDICT_QUEUED);
	turn(DOES);
	trace_is(""); /* not before both are gone */
	turns();
	trace_is("told 4 ok");
	ck_assert_uint_eq(files(".note", NULL), 0);
}
END_TEST

static const struct kept_page *
list(uint32_t uid, uint64_t cursor)
{
	static struct kept_page page;

	keeper_list(k, uid, cursor, &page);
	return &page;
}

/* Its sender sees what is kept, page by page, from when it is; nobody else does. */
START_TEST(test_keeper_lists)
{
	const struct kept_page *page;
	uint64_t next;

	ck_assert_int_eq(keep(1, 1, "one"), VERDICT_QUEUED);
	ck_assert_uint_eq(list(1000, 0)->count, 0);
	turns();
	page = list(1000, 0);
	ck_assert_uint_eq(page->count, 1);
	ck_assert_uint_eq(page->next, 0);
	ck_assert_str_eq(page->entry[0].name, "bob");
	ck_assert_uint_eq(page->entry[0].msgid.b[0], 1);
	ck_assert_uint_eq(page->entry[0].length, 3);
	ck_assert_uint_eq(list(1001, 0)->count, 0);
	for (uint8_t i = 2; i <= KEPT_PAGE_ENTRIES + 1; i++)
		ck_assert_int_eq(keep_for("carol", 1002, i, i, "more"), VERDICT_QUEUED);
	turns();
	page = list(1000, 0);
	ck_assert_uint_eq(page->count, KEPT_PAGE_ENTRIES);
	next = page->next;
	page = list(1000, next);
	ck_assert_uint_eq(page->count, 1);
	ck_assert_uint_eq(page->next, 0);
	ck_assert_uint_eq(page->entry[0].msgid.b[0], KEPT_PAGE_ENTRIES + 1);
	ck_assert_uint_eq(list(1001, next)->count, 0);
	trace_clear();
}
END_TEST

/* No process can be started: whoever waits is told so, each of them. */
START_TEST(test_keeper_cannot_work)
{
	const struct ident id = { .b = { 1 } };

	ck_assert_int_eq(keep(1, 1, "one"), VERDICT_QUEUED);
	ck_assert_int_eq(keep_for("carol", 1002, 2, 1, "one"), VERDICT_QUEUED);
	ck_assert_int_eq(keep(3, 3, "three"), VERDICT_QUEUED);
	fake.failing = EAGAIN;
	turn(DOES);
	trace_is("told 1 kept; told 2 storage; told 3 storage");
	ck_assert_int_eq(keeper_cancel(k, 4, 1000, &id), VERDICT_QUEUED);
	trace_is("told 4 storage");
}
END_TEST

/* Why it could not be read, as far as that may pass. */
enum trouble { NO_PROCESS, READER_DIES, NO_ROOM };

static void
arrives_in_vain(enum trouble why, const char *name, uint32_t uid)
{
	passing = why == NO_ROOM ? VERDICT_FULL : VERDICT_OK;
	fake.failing = why == NO_PROCESS ? EAGAIN : 0;
	keeper_arrived(k, name, uid);
	if (why != NO_PROCESS)
		turn(why == READER_DIES ? KILLED : DOES);
	ck_assert_ptr_null(fake.worker);
	trace_clear();
	passing = VERDICT_OK;
	fake.failing = 0;
}

/* Until something is to be done. */
static void
wait_for_work(void)
{
	while (!fake.worker)
		(void)ev_run(ev_default_loop(0), EVRUN_ONCE);
}

/* Its receiver stays, so that no login is an occasion: it is read again after a while, and again if that was in vain. */
START_TEST(test_keeper_tries_again)
{
	ck_assert_int_eq(keep(1, 1, "one"), VERDICT_QUEUED);
	ck_assert_int_eq(keep(2, 2, "two"), VERDICT_QUEUED);
	turns();
	arrives_in_vain((enum trouble)_i, "bob", 1001);
	wait_for_work();
	if (_i == NO_PROCESS) {
		turn(KILLED);
		trace_is("");
		wait_for_work();
	}
	turns();
	trace_is("pass one");
	keeper_answered(k, passed, VERDICT_OK);
	turns();
	trace_is("pass two");
}
END_TEST

/*
 * Its connection went while another one has it already, its inbox is full, or the like: its receiver stays, and no login
 * leads back to it. The pause grows, also where each attempt can be read.
 */
START_TEST(test_keeper_is_refused_for_now)
{
	static const enum verdict refusals[] = { VERDICT_STALE, VERDICT_STORAGE, VERDICT_NOTES_FULL,
		VERDICT_UNCONFIRMED };
	const uint64_t since = clock_monotonic_ms();

	ck_assert_int_eq(keep(1, 1, "one"), VERDICT_QUEUED);
	ck_assert_int_eq(keep(2, 2, "two"), VERDICT_QUEUED);
	turns();
	arrives();
	trace_is("told 1 kept; told 2 kept; pass one");
	keeper_answered(k, passed, refusals[_i]);
	ck_assert_ptr_null(fake.worker);
	wait_for_work();
	turns();
	trace_is("pass one");
	if (_i == 0) { /* once more */
		keeper_answered(k, passed, refusals[_i]);
		wait_for_work();
		turns();
		trace_is("pass one");
		ck_assert_uint_ge(clock_monotonic_ms() - since, 2900);
	}
	keeper_answered(k, passed, VERDICT_OK);
	turns();
	trace_is("pass two");
	keeper_answered(k, passed, VERDICT_OK);
	turns();
	ck_assert_uint_eq(files(".note", NULL), 0);
}
END_TEST

static void
keep_of(uint32_t uid, bool stranger, uint8_t id, const char *text)
{
	struct kept_record r = note("bob", 1001, id, text);

	r.note.from.uid = uid;
	r.note.stranger = stranger;
	ck_assert_int_eq(keeper_keep(k, id, &r), VERDICT_QUEUED);
	turns();
}

/* Too many of one sender are unread there: others' notes need not wait for that. Those of users without an account are one's. */
START_TEST(test_keeper_goes_on_with_other_senders)
{
	const bool strangers = _i;

	keep_of(2000, strangers, 1, "one");
	keep_of(2000 + (uint32_t)_i, strangers, 2, "two");
	keep_of(3000, false, 3, "three");
	keep_of(4000, false, 4, "four");
	arrives();
	trace_is("told 1 kept; told 2 kept; told 3 kept; told 4 kept; pass one");
	keeper_answered(k, passed, VERDICT_NOTES_FULL);
	turns();
	trace_is("pass three");
	keep_of(2000, strangers, 5, "five");         /* comes behind its sender's others */
	keeper_answered(k, passed, VERDICT_STORAGE); /* this is nobody's fault: all wait */
	turns();
	trace_is("told 5 kept");
	arrives(); /* anew: so everything is tried, in its order */
	trace_is("pass one");
	keeper_answered(k, passed, VERDICT_NOTES_FULL);
	turns();
	trace_is("pass three");
	keeper_answered(k, passed, VERDICT_OK);
	turns();
	trace_is("pass four");
	keeper_answered(k, passed, VERDICT_OK);
	turns();
	trace_is("");
	wait_for_work();
	turns();
	trace_is("pass one");
	for (int i = 0; i < 3; i++) {
		keeper_answered(k, passed, VERDICT_OK);
		turns();
	}
	trace_is("pass two; pass five");
	ck_assert_uint_eq(files(".note", NULL), 0);
}
END_TEST

/* Nor do those behind it wait for one that is taken back: while it is put off, or read. */
START_TEST(test_keeper_goes_on_behind_what_is_taken_back)
{
	const struct ident id = { .b = { 1 } };

	ck_assert_int_eq(keep(1, 1, "one"), VERDICT_QUEUED);
	ck_assert_int_eq(keep(2, 2, "two"), VERDICT_QUEUED);
	turns();
	passing = VERDICT_OK;
	keeper_arrived(k, "bob", 1001);
	if (_i == 0) {
		turns();
		keeper_answered(k, passed, VERDICT_STORAGE);
	}
	ck_assert_int_eq(keeper_cancel(k, 3, 1000, &id), VERDICT_QUEUED);
	turns();
	trace_is(_i == 0 ? "told 1 kept; told 2 kept; pass one; told 3 ok; pass two"
			 : "told 1 kept; told 2 kept; told 3 ok; pass two");
	ck_assert_uint_eq(files(".note", NULL), 1);
}
END_TEST

/* ------------------------------------------------------------------------- what cannot be read at a daemon's start */

/* The daemon is started again while something else stands in the place of what is at that path. */
static void
restart_without(const char *path, const char *away)
{
	ck_assert_int_eq(rename(path, away), 0);
	ck_assert_int_eq(symlink("nowhere/at/all", path), 0);
	restart();
	ck_assert_int_eq(unlink(path), 0);
}

/* What was overwritten by one who was killed before it was removed goes at the next start. */
START_TEST(test_keeper_removes_what_is_overwritten)
{
	char path[FOLDER_PATH + 64];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%016x.note", dir, 13);
	ck_assert_ptr_nonnull(f = fopen(path, "w"));
	for (unsigned i = 0; i < 100; i++)
		(void)fputc(0, f);
	(void)fclose(f);
	restart();
	ck_assert_uint_eq(files(".note", NULL), 0);
}
END_TEST

/* The folder: nothing is known of what is kept, so none is kept beside it, and nobody is told that there is none. */
START_TEST(test_keeper_reads_its_folder_again)
{
	const struct ident id = { .b = { 1 } };
	char away[FOLDER_PATH + 8];
	struct kept_page page;

	(void)snprintf(away, sizeof(away), "%s.away", dir);
	ck_assert_int_eq(keep(1, 1, "one"), VERDICT_QUEUED);
	turns();
	restart_without(dir, away);
	ck_assert_int_eq(keep(2, 2, "two"), VERDICT_STORAGE);
	ck_assert_int_eq(keeper_cancel(k, 3, 1000, &id), VERDICT_STORAGE);
	ck_assert_int_eq(keeper_list(k, 1000, 0, &page), VERDICT_STORAGE);
	arrives();
	trace_is("told 1 kept");
	ck_assert_int_eq(rename(away, dir), 0);
	wait_for_work();
	ck_assert_int_eq(keeper_list(k, 1000, 0, &page), VERDICT_STORAGE); /* nobody waits for the disk but the child */
	turns();
	wait_for_work(); /* it is read after its folder */
	turns();
	trace_is("pass one"); /* though it came before */
	ck_assert_int_eq(keeper_list(k, 1000, 0, &page), VERDICT_OK);
	ck_assert_uint_eq(page.count, 1);
	ck_assert_int_eq(keep(2, 2, "two"), VERDICT_QUEUED);
	ck_assert_int_eq(keeper_cancel(k, 3, 1000, &(struct ident){ .b = { 3 } }), VERDICT_NOTHING);
}
END_TEST

/* However many are in it. */
START_TEST(test_keeper_reads_a_large_folder_again)
{
	char path[FOLDER_PATH + 64], away[FOLDER_PATH + 8];
	struct kept_page page;
	FILE *f;

	(void)snprintf(away, sizeof(away), "%s.away", dir);
	for (unsigned i = 1; i <= 1200; i++) {
		(void)snprintf(path, sizeof(path), "%s/%016x.note", dir, i);
		ck_assert_ptr_nonnull(f = fopen(path, "w"));
		(void)fputc(0, f);
		(void)fclose(f);
	}
	restart_without(dir, away);
	ck_assert_int_eq(rename(away, dir), 0);
	while (keeper_list(k, 1000, 0, &page) != VERDICT_OK) {
		wait_for_work();
		turns();
	}
	while (files(".note", NULL) > 0) {
		wait_for_work();
		turns();
	}
	ck_assert_int_eq(keeper_cancel(k, 3, 1000, &(struct ident){ .b = { 3 } }), VERDICT_NOTHING);
}
END_TEST

/* Three notes, of which the first one's file cannot be read when the daemon starts again: a link stands in its place. */
static void
restart_with_unreadable(char path[FOLDER_PATH + 64], char away[FOLDER_PATH + 64])
{
	const struct dirent *e;
	DIR *d;

	ck_assert_int_eq(keep(1, 1, "one"), VERDICT_QUEUED);
	turns();
	ck_assert_ptr_nonnull(d = opendir(dir));
	while ((e = readdir(d)))
		if (strstr(e->d_name, ".note"))
			(void)snprintf(path, FOLDER_PATH + 64, "%s/%.32s", dir, e->d_name);
	(void)closedir(d);
	(void)snprintf(away, FOLDER_PATH + 64, "%s/away", dir);
	ck_assert_int_eq(keep(2, 2, "two"), VERDICT_QUEUED);
	ck_assert_int_eq(keep(3, 3, "three"), VERDICT_QUEUED);
	turns();
	trace_is("told 1 kept; told 2 kept; told 3 kept");
	restart_without(path, away);
	ck_assert_int_eq(symlink("nowhere/at/all", path), 0);
}

static void
make_readable(const char *path, const char *away)
{
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(rename(away, path), 0);
}

/* A file: those behind it wait, as it may be for their receiver. */
START_TEST(test_keeper_keeps_the_order_of_files)
{
	const struct ident id = { .b = { 1 } };
	char path[FOLDER_PATH + 64], away[FOLDER_PATH + 64];

	restart_with_unreadable(path, away);
	arrives();
	trace_is("");
	wait_for_work();
	turn(_i == 0 ? DOES : KILLED);
	trace_is("");
	ck_assert_int_eq(keeper_cancel(k, 4, 1000, &id), VERDICT_STORAGE); /* it may be that one */
	make_readable(path, away);
	wait_for_work();
	turns();
	trace_is("pass one");
	keeper_answered(k, passed, VERDICT_OK);
	turns();
	trace_is("pass two");
	keeper_answered(k, passed, VERDICT_OK);
	turns();
	trace_is("pass three");
	ck_assert_int_eq(keeper_cancel(k, 4, 1000, &id), VERDICT_NOTHING);
}
END_TEST

/* They do not wait for ever: one file that cannot be read would stop all. It is passed on when it can be read after all. */
START_TEST(test_keeper_goes_on_behind_a_file)
{
	char path[FOLDER_PATH + 64], away[FOLDER_PATH + 64];

	restart_with_unreadable(path, away);
	arrives();
	for (int tries = 0; tries < 4; tries++) {
		trace_is("");
		wait_for_work();
		turn(DOES);
	}
	wait_for_work();
	turns();
	trace_is("pass two");
	keeper_answered(k, passed, VERDICT_OK);
	passing = VERDICT_ABSENT;
	turns();
	trace_is("");
	make_readable(path, away);
	wait_for_work();
	turns();
	arrives();
	trace_is("pass one");
	keeper_answered(k, passed, VERDICT_OK);
	turns();
	trace_is("pass three");
}
END_TEST

/* The login of another one, or one that is taken back, changes nothing of that. */
START_TEST(test_keeper_is_refused_with_others)
{
	const struct ident id = { .b = { 2 } };

	ck_assert_int_eq(keep(1, 1, "one"), VERDICT_QUEUED);
	ck_assert_int_eq(keep_for("carol", 1002, 2, 2, "two"), VERDICT_QUEUED);
	ck_assert_int_eq(keep_for("dave", 1003, 3, 3, "three"), VERDICT_QUEUED);
	turns();
	trace_is("told 1 kept; told 2 kept; told 3 kept");
	passing = VERDICT_OK;
	keeper_arrived(k, "carol", 1002);
	turns();
	keeper_answered(k, passed, VERDICT_STORAGE);
	keeper_arrived(k, "dave", 1003);
	turns();
	keeper_answered(k, passed, VERDICT_STORAGE);
	ck_assert_int_eq(keeper_cancel(k, 4, 1000, &id), VERDICT_QUEUED);
	arrives();
	keeper_answered(k, passed, VERDICT_STALE);
	trace_is("pass two; pass three; told 4 ok; pass one");
	while (files(".note", NULL) > 0) {
		wait_for_work();
		turn(DOES);
		keeper_answered(k, passed, VERDICT_OK);
	}
	trace_clear();
}
END_TEST

/* As soon as one has worked, the others follow; those that are forgotten meanwhile do not. */
START_TEST(test_keeper_tries_all_again)
{
	const struct ident id = { .b = { 3 } };

	ck_assert_int_eq(keep(1, 1, "one"), VERDICT_QUEUED);
	ck_assert_int_eq(keep_for("carol", 1002, 2, 2, "two"), VERDICT_QUEUED);
	ck_assert_int_eq(keep_for("dave", 1003, 3, 3, "three"), VERDICT_QUEUED);
	ck_assert_int_eq(keep_for("erin", 1004, 4, 4, "four"), VERDICT_QUEUED);
	turns();
	arrives_in_vain(NO_PROCESS, "dave", 1003);
	arrives_in_vain(NO_PROCESS, "bob", 1001);
	arrives_in_vain(NO_PROCESS, "carol", 1002);
	arrives_in_vain(NO_PROCESS, "erin", 1004);
	ck_assert_int_eq(keeper_cancel(k, 5, 1000, &id), VERDICT_QUEUED);
	keeper_arrived(k, "carol", 1002); /* again */
	turns();
	trace_is("told 5 ok; pass two");
	for (int i = 0; i < 2; i++) {
		wait_for_work();
		turns();
	}
	trace_is("pass one; pass four");
}
END_TEST

/* A short note has its costs, too. */
START_TEST(test_keeper_counts_what_a_note_costs)
{
	char name[16], text[NOTE_MAX + 1];
	struct kept_record r;
	uint32_t i = 0;

	memset(text, 'x', NOTE_MAX);
	text[NOTE_MAX] = '\0';
	for (; i < KEPT_BYTES_SENDER / NOTE_MAX - 1 + NOTE_MAX / KEPT_LEAST; i++) {
		(void)snprintf(name, sizeof(name), "u%u", i);
		if (i == KEPT_BYTES_SENDER / NOTE_MAX - 1)
			text[1] = '\0';
		r = note(name, 2000 + i, 1, text);
		if (_i != 0) { /* those without an account count as one */
			r.note.from.uid = 3000 + i;
			r.note.stranger = true;
		}
		ck_assert_int_eq(keeper_keep(k, i + 1, &r), VERDICT_QUEUED);
	}
	r.to_uid++;
	ck_assert_int_eq(keeper_keep(k, i, &r), VERDICT_NOTES_FULL);
	r.note.from.uid = 4000;
	r.note.stranger = false;
	ck_assert_int_eq(keeper_keep(k, i, &r), VERDICT_QUEUED);
}
END_TEST

Suite *
keeper_suite(void)
{
	Suite *s = suite_create("keeper");
	TCase *tc = tcase_create("keeper");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_keeper_keeps_and_delivers);
	tcase_add_loop_test(tc, test_keeper_does_not_know, MUTE, KILLED + 1);
	tcase_add_test(tc, test_keeper_looks_first);
	tcase_add_test(tc, test_keeper_syncs_what_it_has_found);
	tcase_add_test(tc, test_keeper_passes_over_what_is_gone);
	tcase_add_test(tc, test_keeper_passes_over_what_is_damaged);
	tcase_add_test(tc, test_keeper_reads_again);
	tcase_add_test(tc, test_keeper_takes_back);
	tcase_add_test(tc, test_keeper_takes_nothing_back_that_is_passed_on);
	tcase_add_test(tc, test_keeper_passes_on_anew);
	tcase_add_test(tc, test_keeper_removes_what_is_overwritten);
	tcase_add_test(tc, test_keeper_reads_its_folder_again);
	tcase_add_loop_test(tc, test_keeper_goes_on_with_other_senders, 0, 2);
	tcase_add_loop_test(tc, test_keeper_goes_on_behind_what_is_taken_back, 0, 2);
	tcase_add_test(tc, test_keeper_reads_a_large_folder_again);
	tcase_add_loop_test(tc, test_keeper_keeps_the_order_of_files, 0, 2);
	tcase_add_test(tc, test_keeper_goes_on_behind_a_file);
	tcase_add_test(tc, test_keeper_keeps_for_each);
	tcase_add_test(tc, test_keeper_lists);
	tcase_add_test(tc, test_keeper_cannot_work);
	tcase_add_loop_test(tc, test_keeper_tries_again, NO_PROCESS, NO_ROOM + 1);
	tcase_add_loop_test(tc, test_keeper_is_refused_for_now, 0, 4);
	tcase_add_test(tc, test_keeper_is_refused_with_others);
	tcase_add_test(tc, test_keeper_tries_all_again);
	tcase_add_loop_test(tc, test_keeper_counts_what_a_note_costs, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}
