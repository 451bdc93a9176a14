#include "daemon/server.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/socket.h"

#define HANDSHAKE_MS (HANDSHAKE_SECONDS * 1000ULL)

/* ------ ending when nobody is there ------ */

static void
on_idle(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)w, (void)revents;
	log_notice("nobody is here any more");
	ev_break(loop, EVBREAK_ALL);
}

static void
watch_idle(struct server *s)
{
	if (s->idle_exit == 0)
		return;
	ev_timer_stop(s->loop, &s->idle_timer);
	if (s->connections > 0 || exchange_count(s->roster.exchange) > 0)
		return;
	ev_now_update(s->loop);
	ev_timer_set(&s->idle_timer, s->idle_exit, 0.);
	ev_timer_start(s->loop, &s->idle_timer);
}

static void
on_emptied(struct roster *r)
{
	watch_idle((struct server *)((char *)r - offsetof(struct server, roster)));
}

/* ------ connections that have not logged in ------ */

static void
watch_greeting(struct server *s)
{
	const struct client *c = TAILQ_FIRST(&s->greeting);
	uint64_t now, end;

	ev_timer_stop(s->loop, &s->greeting_timer);
	if (!c)
		return;
	now = clock_monotonic_ms();
	end = c->accepted_at + HANDSHAKE_MS;
	ev_timer_set(&s->greeting_timer, end > now ? (double)(end - now) / 1000. : 0., 0.);
	ev_timer_start(s->loop, &s->greeting_timer);
}

static void
greeting_add(struct server *s, struct client *c)
{
	c->accepted_at = clock_monotonic_ms();
	c->greeting = true;
	c->account->greeting++;
	s->greeting_count++;
	TAILQ_INSERT_TAIL(&s->greeting, c, link);
	if (c == TAILQ_FIRST(&s->greeting))
		watch_greeting(s);
}

static void
greeting_remove(struct server *s, struct client *c)
{
	const bool first = c == TAILQ_FIRST(&s->greeting);

	if (!c->greeting)
		return;
	c->greeting = false;
	c->account->greeting--;
	s->greeting_count--;
	TAILQ_REMOVE(&s->greeting, c, link);
	if (first)
		watch_greeting(s);
}

static void
on_greeting_timeout(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct server *s = w->data;
	const uint64_t now = clock_monotonic_ms();
	struct client *c;

	(void)loop, (void)revents;
	while ((c = TAILQ_FIRST(&s->greeting)) && c->accepted_at + HANDSHAKE_MS <= now) {
		if (c->waits)
			client_result(c, VERDICT_NO_ANSWER);
		client_bye(c, BYE_TIMEOUT);
		greeting_remove(s, c);
	}
	watch_greeting(s);
}

void
server_client_logged_in(struct server *s, struct client *c)
{
	greeting_remove(s, c);
}

void
server_client_closed(struct server *s, struct client *c)
{
	greeting_remove(s, c);
	s->connections--;
	roster_login_forget(&s->roster, c);
	roster_lost(&s->roster, c);
	watch_idle(s);
}

/* ------ accepting ------ */

static bool
has_room(const struct server *s, const struct account *a)
{
	return s->connections < s->max_connections && s->greeting_count < CONNECTIONS_GREETING &&
	    a->greeting < CONNECTIONS_GREETING_UID;
}

/* Takes over fd. */
static void
admit(struct server *s, int fd)
{
	struct credentials peer;
	struct account *account = NULL;
	struct client *c = NULL;
	bool room = false;

	if (socket_peer(fd, &peer) == 0 && (account = accounts_get(&s->roster.accounts, peer.uid))) {
		room = has_room(s, account);
		c = client_new(s, fd, account);
	}
	if (!c) {
		account_put(account);
		(void)close(fd);
		return;
	}
	s->connections++;
	ev_timer_stop(s->loop, &s->idle_timer);
	if (room)
		greeting_add(s, c);
	else
		client_bye(c, BYE_CROWDED);
}

/* Out of descriptors or memory: the backlog waits, everyone connected is served. */
static void
pause_accepting(struct server *s, int error)
{
	log_error("cannot accept: %s; next attempt in %u s", strerror(error), ACCEPT_PAUSE_SECONDS);
	ev_io_stop(s->loop, &s->listener);
	ev_timer_set(&s->pause_timer, ACCEPT_PAUSE_SECONDS, 0.);
	ev_timer_start(s->loop, &s->pause_timer);
}

static void
on_pause_over(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct server *s = w->data;

	(void)revents;
	ev_io_start(loop, &s->listener);
}

/* One a turn, so that it has said who it is before the next comes in: few are not yet logged in at any time. */
static void
on_connection(struct ev_loop *loop, ev_io *w, int revents)
{
	struct server *s = w->data;
	int fd;

	(void)loop;
	if (revents & EV_ERROR) { /* it could not be watched (epoll_ctl(2)), and libev has given it up */
		pause_accepting(s, ENOMEM);
		return;
	}
	fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd >= 0) {
		admit(s, fd);
		return;
	}
	switch (errno) {
	case EAGAIN:
	case EINTR:
	case ECONNABORTED:
	case EPROTO:
	case EPERM:
		return; /* that one only, or nobody */
	default:
		pause_accepting(s, errno);
		return;
	}
}

void
server_init(struct server *s, struct ev_loop *loop, int fd, uint32_t max_connections, uint32_t idle_exit)
{
	s->loop = loop;
	s->max_connections = max_connections;
	s->idle_exit = idle_exit;
	TAILQ_INIT(&s->greeting);
	ev_timer_init(&s->greeting_timer, on_greeting_timeout, 0., 0.);
	ev_timer_init(&s->pause_timer, on_pause_over, 0., 0.);
	ev_timer_init(&s->idle_timer, on_idle, 0., 0.);
	ev_io_init(&s->listener, on_connection, fd, EV_READ);
	s->greeting_timer.data = s->pause_timer.data = s->idle_timer.data = s->listener.data = s;
	s->roster.emptied = on_emptied;
	ev_io_start(loop, &s->listener);
	watch_idle(s);
}

void
server_stop(struct server *s)
{
	const uint32_t end = exchange_capacity(s->roster.exchange);

	ev_io_stop(s->loop, &s->listener);
	ev_timer_stop(s->loop, &s->pause_timer);
	s->roster.stopping = true;
	for (slot_t slot = 0; slot < end; slot++)
		if (s->roster.member[slot].client)
			client_bye(s->roster.member[slot].client, BYE_STOPPING);
	while (!TAILQ_EMPTY(&s->greeting)) {
		struct client *c = TAILQ_FIRST(&s->greeting);

		client_bye(c, BYE_STOPPING);
		greeting_remove(s, c);
	}
	(void)ev_run(s->loop, EVRUN_NOWAIT); /* the closed are freed there */
}
