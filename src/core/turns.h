/*
 * Whose turn it is. All that have something to do stand in line, those of one party behind each other. The parties take
 * turns: one of each, then the next of each. However many one party has, another party waits for one of each. Plain
 * state that does nothing by itself: net/stream.c serves those whose turn it is.
 */
#ifndef PCHAT_CORE_TURNS_H
#define PCHAT_CORE_TURNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct party;

/* Embedded in what may have something to do. Zeroed at first. */
struct turn {
	struct party *party;    /* in whose line it stands; NULL: it does not */
	TAILQ_ENTRY(turn) link; /* party::ready; its owner's while it does not stand there */
};

TAILQ_HEAD(turn_list, turn);

/* Zeroed at first. It stays where it is while any of it are in line. */
struct party {
	struct turn_list ready;  /* those in line, by the time they came; set up while there are any */
	TAILQ_ENTRY(party) link; /* turns::parties; while there are any */
};

TAILQ_HEAD(party_list, party);

struct turns {
	struct party_list parties; /* that have somebody in line: the next one first */
	size_t waiting;            /* so many */
	size_t left;               /* of those that stood in line at turns_begin() */
};

void turns_init(struct turns *all);

/* It stands in line, for that party. It must not stand there yet. */
void turns_add(struct turns *all, struct turn *t, struct party *p);

/* It does so no more; nothing happens when it did not. */
void turns_remove(struct turns *all, struct turn *t);

/* Takes the next one out of the line, and its party goes behind the others. NULL: nobody waits. */
struct turn *turns_next(struct turns *all);

/* A turn of the loop begins. */
void turns_begin(struct turns *all);

/*
 * Whether it has lasted long enough, after `ms`: TURN_MS, so that what comes meanwhile is seen soon; TURN_MOST_MS while
 * there are some that have not been taken since it began, as it takes long to see which of thousands have something.
 */
bool turns_over(const struct turns *all, uint64_t ms);

static inline bool
turns_wait(const struct turns *all)
{
	return !TAILQ_EMPTY(&all->parties);
}

#endif
