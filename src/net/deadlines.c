#include "net/deadlines.h"

#include "base/clock.h"

#define OVER_A_TURN 64U /* what else there is has its turn in between */

static void
watch(struct deadlines *ds)
{
	const struct deadline *first = TAILQ_FIRST(&ds->list);
	uint64_t now;

	ev_timer_stop(ds->loop, &ds->timer);
	if (!first)
		return;
	now = clock_monotonic_ms();
	ev_now_update(ds->loop); /* a timer counts from the time that the loop has read */
	ev_timer_set(&ds->timer, first->at > now ? (double)(first->at - now) / 1000. : 0., 0.);
	ev_timer_start(ds->loop, &ds->timer);
}

static void
on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct deadlines *ds = w->data;
	const uint64_t now = clock_monotonic_ms();
	struct deadline *d;

	(void)loop, (void)revents;
	for (unsigned i = 0; i < OVER_A_TURN && (d = TAILQ_FIRST(&ds->list)) && d->at <= now; i++) {
		TAILQ_REMOVE(&ds->list, d, link);
		d->at = 0;
		ds->over(ds, d);
	}
	watch(ds);
}

void
deadlines_init(
    struct deadlines *ds, struct ev_loop *loop, uint64_t ms, void (*over)(struct deadlines *ds, struct deadline *d))
{
	*ds = (struct deadlines){ .loop = loop, .ms = ms, .over = over };
	TAILQ_INIT(&ds->list);
	ev_timer_init(&ds->timer, on_timer, 0., 0.);
	ds->timer.data = ds;
}

void
deadlines_add(struct deadlines *ds, struct deadline *d)
{
	const bool first = TAILQ_EMPTY(&ds->list);

	d->at = clock_monotonic_ms() + ds->ms;
	TAILQ_INSERT_TAIL(&ds->list, d, link);
	if (first)
		watch(ds);
}

void
deadlines_remove(struct deadlines *ds, struct deadline *d)
{
	const bool first = d == TAILQ_FIRST(&ds->list);

	if (!deadline_runs(d))
		return;
	d->at = 0;
	TAILQ_REMOVE(&ds->list, d, link);
	if (first)
		watch(ds);
}

struct deadline *
deadlines_first(const struct deadlines *ds)
{
	return TAILQ_FIRST(&ds->list);
}

void
deadlines_stop(struct deadlines *ds)
{
	struct deadline *d;

	ev_timer_stop(ds->loop, &ds->timer);
	while ((d = TAILQ_FIRST(&ds->list))) {
		TAILQ_REMOVE(&ds->list, d, link);
		d->at = 0;
	}
}
