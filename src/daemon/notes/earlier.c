#include "daemon/notes/earlier.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define LOAD_TRIES 3U     /* at a daemon's start */
#define TRIES 4U          /* of each file later, while others wait for it; */
#define FAILURES_MOST 64U /* after so many of them in all it has one */

void
earlier_init(struct earlier *e, const struct earlier_class *class, void *context, struct kept_work *work)
{
	*e = (struct earlier){ .class = class, .context = context, .work = work };
}

void
earlier_end(struct earlier *e)
{
	free(e->missed);
}

bool
earlier_is_over(const struct earlier *e)
{
	return e->listed && e->first == e->end && e->lost == 0;
}

bool
earlier_comes_first(const struct earlier *e, uint64_t number)
{
	return e->first < e->end && e->missed[e->first] < number;
}

/* ------ at the start ------ */

/* What is left for later keeps those waiting that were kept after it: what may pass at once is tried again at once. */
static ssize_t
load_patiently(const char *dir, uint64_t number, uint8_t *out, size_t cap)
{
	ssize_t n = -EINTR;

	for (unsigned tries = 0; tries < LOAD_TRIES && n < 0 && n != -ENOENT; tries++)
		n = kept_file_load(dir, number, out, cap);
	return n;
}

/* Whether it is done with. */
static bool
read_file(const struct earlier *e, uint64_t number)
{
	const char *dir = e->work->dir;
	uint8_t bytes[KEPT_FILE_MAX];
	const ssize_t n = load_patiently(dir, number, bytes, sizeof(bytes));
	struct kept_record r;

	if (n == -ENOENT) {
		(void)!kept_file_forget(dir, number); /* else the next daemon does it */
		return true;
	}
	if (n < 0)
		log_error(
		    "a kept note cannot be read: %s/%016llx: %s", dir, (unsigned long long)number, strerror((int)-n));
	return n >= 0 && (kept_file_decode(bytes, (size_t)n, &r) < 0 || e->class->found(e->context, number, &r));
}

int
earlier_read(struct earlier *e)
{
	const ssize_t count = kept_file_list(e->work->dir, &e->missed);

	if (count < 0)
		return (int)count;
	e->listed = true;
	e->newest = count > 0 ? e->missed[count - 1] : 0;
	for (ssize_t i = 0; i < count; i++)
		if (!read_file(e, e->missed[i]))
			e->missed[e->end++] = e->missed[i];
	return 0;
}

/* ------ later ------ */

static uint64_t *
next_missed(const struct earlier *e)
{
	return e->missed + (e->first < e->end ? e->first : e->next % e->lost);
}

static void
miss_no_more(struct earlier *e)
{
	if (e->first == e->end) {
		*next_missed(e) = e->missed[e->lost - 1];
		e->lost--;
		return;
	}
	e->first++;
	e->tries = 0;
}

static void
failed_again(struct earlier *e)
{
	if (e->first == e->end) {
		e->next++;
		return;
	}
	e->failures++;
	if (++e->tries < TRIES && e->failures < FAILURES_MOST)
		return;
	log_error("a kept note still cannot be read, those after it go on: %s/%016llx", e->work->dir,
	    (unsigned long long)e->missed[e->first]);
	e->missed[e->lost++] = e->missed[e->first++];
	e->tries = 0;
}

void
earlier_try(struct earlier *e)
{
	if (earlier_is_over(e) || e->trying)
		return;
	e->trying = true; /* until it is done, which may be before kept_work_queue() returns */
	if (!(e->listed ? kept_work_queue(e->work, TASK_FIND, *next_missed(e), 0, NULL, 0)
			: kept_work_queue(e->work, TASK_LIST, 0, 0, NULL, 0)))
		e->trying = false;
}

static enum earlier_outcome
tried_file(struct earlier *e, const struct kept_done *d)
{
	struct kept_record r;
	const bool is_note = d->result == RESULT_BYTES && kept_file_decode(d->bytes, d->length, &r) == 0;

	e->trying = false;
	if (is_note ? !e->class->found(e->context, d->number, &r) : kept_work_may_pass(d->result)) {
		failed_again(e);
		return EARLIER_FAILED;
	}
	miss_no_more(e);
	return EARLIER_READ;
}

/* Adds to what is missed what a child has found. Whether that is all of it. */
static bool
add_listed(struct earlier *e, const struct kept_done *d, bool *more)
{
	const size_t n = d->length / sizeof(*e->missed);
	uint64_t *grown;

	*more = d->result == RESULT_BYTES && n == KEPT_LIST_MOST;
	if (d->result == RESULT_DONE)
		return true;
	if (d->result != RESULT_BYTES || d->length % sizeof(*e->missed) != 0 ||
	    !(grown = realloc(e->missed, (e->end + n) * sizeof(*grown))))
		return false;
	memcpy(grown + e->end, d->bytes, n * sizeof(*grown));
	e->missed = grown;
	e->end += n;
	return true;
}

static enum earlier_outcome
tried_folder(struct earlier *e, const struct kept_done *d)
{
	bool more, good = add_listed(e, d, &more);

	if (good && more && kept_work_queue(e->work, TASK_LIST, e->missed[e->end - 1] + 1, 0, NULL, 0))
		return EARLIER_GOES_ON;
	e->trying = false;
	if (!good || more) { /* from its beginning, later */
		e->end = 0;
		return EARLIER_FAILED;
	}
	e->listed = true;
	e->newest = e->end > 0 ? e->missed[e->end - 1] : 0;
	return EARLIER_LISTED;
}

enum earlier_outcome
earlier_tried(struct earlier *e, const struct kept_done *d)
{
	return d->task == TASK_FIND ? tried_file(e, d) : tried_folder(e, d);
}
