/*
 * What an earlier daemon has left in the folder of kept notes. It is read when the daemon starts. What cannot be read then is
 * tried again, one file after the other, or the folder while not even its names are known. Nobody knows who a note is for
 * before its file is read, so what was kept after it waits for it; but not for ever.
 */
#ifndef PCHAT_DAEMON_NOTES_EARLIER_H
#define PCHAT_DAEMON_NOTES_EARLIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "daemon/notes/kept_file.h"
#include "daemon/notes/kept_work.h"

struct earlier_class {
	/* A note was found. Whether there is memory for it. */
	bool (*found)(void *context, uint64_t number, const struct kept_record *r);
};

struct earlier {
	const struct earlier_class *class;
	void *context;
	struct kept_work *work;
	bool listed; /* the folder was read: else nothing is known of what is kept */
	bool trying; /* a file, or the folder */
	/* The files that are not read yet: from first on, before end, in their order; before lost those that nothing waits for. */
	uint64_t *missed;
	size_t lost, first, end;
	size_t next;       /* of those that are lost */
	unsigned tries;    /* of the first one, in vain */
	unsigned failures; /* of all first ones */
	uint64_t newest;   /* number that was listed; 0: none */
};

/* What came of an attempt. */
enum earlier_outcome {
	EARLIER_GOES_ON, /* another attempt is under way */
	EARLIER_FAILED,
	EARLIER_LISTED, /* the folder */
	EARLIER_READ,   /* a file, which held a note or was none */
};

void earlier_init(struct earlier *e, const struct earlier_class *class, void *context, struct kept_work *work);
void earlier_end(struct earlier *e);

/* Reads all, and waits for the disk. 0, or -errno of the folder. */
MUST_USE int earlier_read(struct earlier *e);

/* Whether nothing is left to try. */
bool earlier_is_over(const struct earlier *e);

/* Whether what is kept under that number has to wait for a file that is not read yet. */
bool earlier_comes_first(const struct earlier *e, uint64_t number);

/* Queues the next attempt, if one is due and none is under way; earlier_tried() follows from its done(). */
void earlier_try(struct earlier *e);

/* Takes what TASK_FIND or TASK_LIST has brought. */
enum earlier_outcome earlier_tried(struct earlier *e, const struct kept_done *d);

#endif
