/*
 * Deadlines of things that all have the same time limit. The first to begin is the first to be over, so a list in the
 * order of their beginnings, with one timer for its head, is enough. Adding and removing cost the same however many
 * there are.
 */
#ifndef PCHAT_NET_DEADLINES_H
#define PCHAT_NET_DEADLINES_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

/* Embedded in what has the deadline; zeroed when it has none. */
struct deadline {
	TAILQ_ENTRY(deadline) link; /* deadlines::list */
	uint64_t at;                /* ms of the monotonic clock; 0: it has none */
};

TAILQ_HEAD(deadline_list, deadline);

struct deadlines {
	struct ev_loop *loop;
	ev_timer timer; /* for the first */
	uint64_t ms;    /* how long each may take */
	/* The time of `d` is over. It is off the list already; it may be added again, or freed. */
	void (*over)(struct deadlines *ds, struct deadline *d);
	struct deadline_list list;
};

void deadlines_init(
    struct deadlines *ds, struct ev_loop *loop, uint64_t ms, void (*over)(struct deadlines *ds, struct deadline *d));

/* Whether it has one. */
static inline bool
deadline_runs(const struct deadline *d)
{
	return d->at != 0;
}

/* `d` is over `ms` from now. It must have no deadline yet. */
void deadlines_add(struct deadlines *ds, struct deadline *d);

/* `d` has no deadline any more; nothing happens when it had none. */
void deadlines_remove(struct deadlines *ds, struct deadline *d);

/* The one that has waited longest, or NULL. */
struct deadline *deadlines_first(const struct deadlines *ds);

/* Forgets all of them. */
void deadlines_stop(struct deadlines *ds);

#endif
