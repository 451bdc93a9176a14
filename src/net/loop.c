#include "net/loop.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>

#include "base/log.h"
#include "net/process.h"

#define REFUSED_MS 100

static void
never(struct ev_loop *loop, ev_periodic *w, int revents)
{
	(void)loop, (void)w, (void)revents;
}

static void
never_async(struct ev_loop *loop, ev_async *w, int revents)
{
	(void)loop, (void)w, (void)revents;
}

/* Watching a signal takes a descriptor, which libev makes for the first watcher that wants it, and keeps. */
static int
make_signalled(struct ev_loop *loop)
{
	const int r = process_room(1);
	ev_async w;

	if (r < 0)
		return r;
	ev_async_init(&w, never_async);
	ev_async_start(loop, &w);
	ev_async_stop(loop, &w);
	return 0;
}

/* libev would abort. What it asks for is a descriptor or memory, which the host has again sooner or later: it asks anew. */
static void
wait_for_host(const char *what)
{
	log_error("%s: %s", what, strerror(errno));
	(void)poll(NULL, 0, REFUSED_MS);
}

struct ev_loop *
loop_new(void)
{
	struct ev_loop *loop = ev_loop_new(EVFLAG_NOENV | EVBACKEND_EPOLL);
	ev_periodic w;
	int r;

	if (!loop)
		return NULL;
	ev_set_syserr_cb(wait_for_host);
	/* The first periodic makes libev watch the clock by a timerfd, which stays when the periodic is gone. */
	ev_periodic_init(&w, never, ev_now(loop) + 1e6, 0., NULL);
	ev_periodic_start(loop, &w);
	ev_periodic_stop(loop, &w);
	if ((r = make_signalled(loop)) < 0) {
		ev_loop_destroy(loop);
		errno = -r;
		return NULL;
	}
	return loop;
}
