#include "daemon/notes/kept_work.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/notes/kept_file.h"

#define WORK_MS 5000U /* a child that takes longer is killed */
#define JOBS_MAX 256U /* that wait */

struct kept_job {
	TAILQ_ENTRY(kept_job) link;
	enum kept_task task;
	uint64_t number, token;
	const char *dir;
	size_t length;
	uint8_t bytes[];
};

/* What a child answers in one byte, where it does not answer with what it has read, which is longer. */
enum { DONE = 'd', FAILED = 'f', UNSURE = 'u', GONE = 'g' };

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
	n = count - first < (ssize_t)KEPT_LIST_MOST ? count - first : (ssize_t)KEPT_LIST_MOST;
	if (n > 0)
		answer(out, all + first, (size_t)n * sizeof(*all));
	else
		answer(out, count < 0 ? "f" : "d", 1);
}

static void
load(const char *dir, uint64_t number, int out)
{
	uint8_t bytes[KEPT_FILE_MAX];
	const ssize_t n = kept_file_load(dir, number, bytes, sizeof(bytes));

	if (n >= 0)
		answer(out, bytes, (size_t)n);
	else if (n == -ENOENT && kept_file_forget(dir, number) == 0) /* what was not finished */
		answer(out, "g", 1);
	else
		answer(out, "f", 1);
}

static void
work(const void *task, int out)
{
	const struct kept_job *j = task;
	int r;

	if (j->task == TASK_LIST) {
		list_from(j->dir, j->number, out);
		return;
	}
	if (j->task == TASK_LOAD || j->task == TASK_FIND) {
		load(j->dir, j->number, out);
		return;
	}
	r = j->task == TASK_STORE ? kept_file_store(j->dir, j->number, j->bytes, j->length)
				  : kept_file_forget(j->dir, j->number);
	answer(out, r == 0 ? "d" : r > 0 ? "u" : "f", 1);
}

/* ------ in the daemon ------ */

static enum kept_result
result_of(const struct worker *w)
{
	if (w->length > 1)
		return RESULT_BYTES;
	if (w->length == 0)
		return RESULT_UNSURE;
	switch (w->answer[0]) {
	case DONE:
		return RESULT_DONE;
	case FAILED:
		return RESULT_FAILED;
	case GONE:
		return RESULT_GONE;
	case UNSURE:
		return RESULT_UNSURE;
	default:
		return RESULT_BYTES; /* a file of one byte */
	}
}

static void
finish(struct kept_work *w, enum kept_result result)
{
	struct kept_job *j = TAILQ_FIRST(&w->jobs);
	const struct kept_done d = {
		.task = j->task,
		.result = result,
		.number = j->number,
		.token = j->token,
		.bytes = w->worker.answer,
		.length = w->worker.length,
	};

	TAILQ_REMOVE(&w->jobs, j, link);
	w->count--;
	free(j);
	w->class->done(w->context, &d);
}

static void next_job(struct kept_work *w);

static void
on_told(struct worker *worker)
{
	struct kept_work *w = container_of(worker, struct kept_work, worker);

	finish(w, result_of(worker));
}

static void
on_gone(struct worker *worker)
{
	next_job(container_of(worker, struct kept_work, worker));
}

static void
next_job(struct kept_work *w)
{
	const struct kept_job *j;
	int r;

	while (!worker_runs(&w->worker) && (j = TAILQ_FIRST(&w->jobs))) {
		if ((r = worker_start(&w->worker, w->loop, WORK_MS, work, j)) == 0)
			return;
		log_error("cannot work on kept notes: %s", strerror(-r));
		finish(w, RESULT_FAILED); /* nothing was done */
	}
}

bool
kept_work_queue(
    struct kept_work *w, enum kept_task task, uint64_t number, uint64_t token, const uint8_t *bytes, size_t n)
{
	struct kept_job *j = w->count < JOBS_MAX || task != TASK_STORE ? malloc(sizeof(*j) + n) : NULL;

	if (!j)
		return false;
	*j = (struct kept_job){ .task = task, .number = number, .token = token, .dir = w->dir, .length = n };
	if (n > 0)
		memcpy(j->bytes, bytes, n);
	TAILQ_INSERT_TAIL(&w->jobs, j, link);
	w->count++;
	next_job(w);
	return true;
}

bool
kept_work_goes_on(const struct kept_work *w, uint64_t token)
{
	const struct kept_job *j;

	TAILQ_FOREACH(j, &w->jobs, link) {
		if (j->token == token)
			return true;
	}
	return false;
}

int
kept_work_init(
    struct kept_work *w, const struct kept_work_class *class, void *context, struct ev_loop *loop, const char *dir)
{
	w->class = class;
	w->context = context;
	w->loop = loop;
	w->worker.told = on_told;
	w->worker.gone = on_gone;
	TAILQ_INIT(&w->jobs);
	/* Room for a file's name behind it. */
	return (size_t)snprintf(w->dir, sizeof(w->dir), "%s", dir) < sizeof(w->dir) - 32 ? 0 : -ENAMETOOLONG;
}

void
kept_work_end(struct kept_work *w)
{
	struct kept_job *j;

	worker_stop(&w->worker);
	while ((j = TAILQ_FIRST(&w->jobs))) {
		TAILQ_REMOVE(&w->jobs, j, link);
		free(j);
	}
}
