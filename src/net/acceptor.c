#include "net/acceptor.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "core/limits.h"

/* Keeps one back, if that is wanted. It is a second one of the socket: no file is needed for it. */
static void
keep_spare(struct acceptor *a)
{
	if (a->turned_away && a->spare < 0)
		a->spare = fcntl(a->io.fd, F_DUPFD_CLOEXEC, 0);
}

static void
give_spare(struct acceptor *a)
{
	if (a->spare >= 0)
		(void)close(a->spare);
	a->spare = -1;
}

static void
pause_accepting(struct acceptor *a, int error)
{
	log_error("cannot accept: %s; next attempt in %u s", strerror(error), ACCEPT_PAUSE_SECONDS);
	ev_io_stop(a->loop, &a->io);
	ev_timer_set(&a->pause, ACCEPT_PAUSE_SECONDS, 0.);
	ev_timer_start(a->loop, &a->pause);
}

/* Those that are closed have descriptors until they are: it waits for them, and for nothing else. */
static void
await_closings(struct acceptor *a)
{
	log_notice("%u connections wait to be closed; the next is accepted after some of them", CLOSING_FULL);
	ev_io_stop(a->loop, &a->io);
	closing_await_room(a->loop, &a->closings);
}

static void
on_room(struct closing_waiter *w)
{
	struct acceptor *a = container_of(w, struct acceptor, closings);

	ev_io_start(a->loop, &a->io);
}

static void
on_pause_over(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct acceptor *a = w->data;

	(void)revents;
	keep_spare(a);
	ev_io_start(loop, &a->io);
}

/* The next connection; -errno. */
static int
accept_next(const struct acceptor *a)
{
	const int fd = accept4(a->io.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

static void
welcome(struct acceptor *a, int fd)
{
	struct credentials peer;

	socket_guard(fd);
	if (socket_peer(fd, &peer) < 0)
		closing_socket(a->loop, fd);
	else
		a->accepted(a, fd, &peer);
}

/* We may have no descriptor more: the next connection gets the one that was kept back, and hears of it. 0 or -errno. */
static int
turn_away(struct acceptor *a)
{
	int fd;

	keep_spare(a);
	if (a->spare < 0)
		return -EMFILE;
	give_spare(a);
	if ((fd = accept_next(a)) >= 0)
		a->turned_away(a, fd);
	keep_spare(a);
	return fd < 0 ? fd : 0;
}

/* accept4(2) failed: whether the next connection may be taken all the same. */
static bool
goes_on(struct acceptor *a, int error)
{
	switch (error) {
	case EINTR:
	case ECONNABORTED:
	case EPROTO:
	case EPERM:
		return true; /* that one only */
	case EAGAIN:
		return false; /* nobody is left */
	default:
		pause_accepting(a, error);
		return false;
	}
}

static void
on_connection(struct ev_loop *loop, ev_io *w, int revents)
{
	struct acceptor *a = w->data;

	if (revents & EV_ERROR) { /* the kernel had no memory to watch it (epoll_ctl(2)), and libev has given it up */
		pause_accepting(a, ENOMEM);
		return;
	}
	if (closing_full(loop)) {
		await_closings(a);
		return;
	}
	for (unsigned i = 0; i < a->a_turn && ev_is_active(w); i++) {
		int fd = accept_next(a);

		if (fd >= 0)
			welcome(a, fd);
		else if (fd == -EMFILE)
			fd = turn_away(a);
		if (fd < 0 && !goes_on(a, -fd))
			return;
	}
}

void
acceptor_init(struct acceptor *a, struct ev_loop *loop, unsigned a_turn,
    void (*accepted)(struct acceptor *a, int fd, const struct credentials *peer))
{
	*a = (struct acceptor){ .loop = loop, .a_turn = a_turn, .spare = -1, .accepted = accepted };
	ev_io_init(&a->io, on_connection, -1, EV_READ);
	ev_timer_init(&a->pause, on_pause_over, 0., 0.);
	a->io.data = a->pause.data = a;
	a->closings.room = on_room;
}

void
acceptor_turn_away(struct acceptor *a, void (*turned_away)(struct acceptor *a, int fd))
{
	a->turned_away = turned_away;
}

void
acceptor_start(struct acceptor *a, int fd)
{
	socket_guard(fd); /* what connects from now on has it from its first byte */
	ev_io_set(&a->io, fd, EV_READ);
	keep_spare(a);
	ev_io_start(a->loop, &a->io);
}

void
acceptor_stop(struct acceptor *a)
{
	ev_io_stop(a->loop, &a->io);
	ev_timer_stop(a->loop, &a->pause);
	closing_await_no_more(a->loop, &a->closings);
	give_spare(a);
	ev_io_set(&a->io, -1, EV_READ);
}
