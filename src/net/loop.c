#include "net/loop.h"

#include <stddef.h>

static void
never(struct ev_loop *loop, ev_periodic *w, int revents)
{
	(void)loop, (void)w, (void)revents;
}

struct ev_loop *
loop_new(void)
{
	struct ev_loop *loop = ev_loop_new(EVFLAG_NOENV | EVBACKEND_EPOLL);
	ev_periodic w;

	if (!loop)
		return NULL;
	/* The first periodic makes libev watch the clock by a timerfd, which stays when the periodic is gone. */
	ev_periodic_init(&w, never, ev_now(loop) + 1e6, 0., NULL);
	ev_periodic_start(loop, &w);
	ev_periodic_stop(loop, &w);
	return loop;
}
