/*
 * One note on its way to its receiver's disk: what to do with each answer, and which of the three truths (D3) holds in
 * the end. Whoever sends it holds it until then, and repeats it under the same id. A stream sends one after another,
 * which keeps their order. Plain state, no I/O, no clock.
 */
#ifndef PCHAT_CORE_TELLING_H
#define PCHAT_CORE_TELLING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/verdict.h"

struct telling {
	bool under_way;    /* sent, and not answered yet */
	bool uncertain;    /* an earlier attempt may have been stored */
	bool repeats;      /* the id was the caller's (`tell --id`): what was sent under it before may have arrived */
	bool later;        /* the daemon may keep it (`tell --later`), and answers in the place of a receiver who is not there */
	uint32_t attempts; /* that came to nothing */
	enum verdict last; /* why the latest of them did */
};

/* A new note. */
void telling_begin(struct telling *t, bool repeats, bool later);

/* It is written to the daemon, or to the helper. */
void telling_sent(struct telling *t);

enum telling_step {
	TELLING_DONE,  /* *verdict is the truth: OK, KEPT, UNCONFIRMED, or why it is certainly not delivered */
	TELLING_AGAIN, /* after telling_pause() it is to be sent again */
};

/* TOLD arrived. */
enum telling_step telling_answered(struct telling *t, enum verdict v, enum verdict *verdict);

/* The connection is gone, and all that it brought is read: what was sent may have arrived. */
void telling_lost(struct telling *t);

/* No connection was had, or it was closed before anything that we sent was read; `why` is for the case that time runs out. */
void telling_turned_away(struct telling *t, enum verdict why);

/* The time is over. */
enum verdict telling_over(const struct telling *t);

/* Nobody can be reached any more, or `why` ends it otherwise: the truth. */
enum verdict telling_stopped(const struct telling *t, enum verdict why);

/* Before the next attempt, in ms: it grows, and differs by `random`, so that many that wait do not come at once. */
uint32_t telling_pause(const struct telling *t, uint32_t random);

#endif
