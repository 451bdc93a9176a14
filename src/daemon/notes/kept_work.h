/*
 * What waits for the disk of kept notes, done by a child process, one thing after another: a file is written, read or
 * forgotten, or the folder listed. The child knows nothing but the folder and the number.
 */
#ifndef PCHAT_DAEMON_NOTES_KEPT_WORK_H
#define PCHAT_DAEMON_NOTES_KEPT_WORK_H

#include <ev.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/macros.h"
#include "net/worker.h"

enum kept_task {
	TASK_STORE,
	TASK_LOAD,
	TASK_FORGET,
	TASK_FIND, /* like TASK_LOAD, of a file of an earlier daemon */
	TASK_LIST, /* which files are there, from the number on */
};

enum kept_result {
	RESULT_DONE,   /* of TASK_LIST: there are no more */
	RESULT_FAILED, /* it certainly was not done */
	RESULT_UNSURE, /* the child died, or the disk failed so that it may have been done */
	RESULT_GONE,   /* there is no such file */
	RESULT_BYTES,  /* of TASK_LOAD and TASK_FIND the file's; of TASK_LIST numbers, as they are in memory */
};

#define KEPT_LIST_MOST (WORKER_ANSWER / sizeof(uint64_t) / 2) /* numbers of one answer; fewer: there are no more */

struct kept_done {
	enum kept_task task;
	enum kept_result result;
	uint64_t number, token;
	const uint8_t *bytes;
	size_t length;
};

struct kept_work_class {
	/* It may queue more. Called before kept_work_queue() returns where no child can be started. */
	void (*done)(void *context, const struct kept_done *d);
};

struct kept_job;
TAILQ_HEAD(kept_jobs, kept_job);

struct kept_work {
	const struct kept_work_class *class;
	void *context;
	struct ev_loop *loop;
	char dir[PATH_MAX];
	struct kept_jobs jobs; /* the first one is being worked on */
	uint32_t count;
	struct worker worker;
};

/* The folder's name is copied. 0 or -ENAMETOOLONG. */
MUST_USE int kept_work_init(
    struct kept_work *w, const struct kept_work_class *class, void *context, struct ev_loop *loop, const char *dir);

/* Kills the child, and forgets what waits. done() is not called. */
void kept_work_end(struct kept_work *w);

/* The bytes are copied; `token` comes back. False: no memory, or, of TASK_STORE, too much waits. */
MUST_USE bool kept_work_queue(
    struct kept_work *w, enum kept_task task, uint64_t number, uint64_t token, const uint8_t *bytes, size_t n);

/* Whether what could not be read may be in a while: the disk failed, or the child died. */
static inline bool
kept_work_may_pass(enum kept_result r)
{
	return r == RESULT_FAILED || r == RESULT_UNSURE;
}

/* Whether more is to be done under that token. */
bool kept_work_goes_on(const struct kept_work *w, uint64_t token);

#endif
