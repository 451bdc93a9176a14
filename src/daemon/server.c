#include "daemon/server.h"

#include "base/log.h"
#include "base/memory.h"
#include "daemon/client.h"
#include "daemon/connection.h"
#include "daemon/dispatch_notes.h"
#include "net/closing.h"

#define REST_SECONDS 5.

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
	ev_timer_stop(s->daemon.loop, &s->idle_timer);
	if (s->connections > 0 || exchange_count(s->daemon.roster.exchange) > 0)
		return;
	ev_now_update(s->daemon.loop);
	ev_timer_set(&s->idle_timer, s->idle_exit, 0.);
	ev_timer_start(s->daemon.loop, &s->idle_timer);
}

static void
on_emptied(struct roster *r)
{
	watch_idle(container_of(r, struct server, daemon.roster));
}

/* ------ giving back what a rush has taken ------ */

static void
on_rest(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct server *s = w->data;

	(void)revents;
	if (!deadlines_first(&s->daemon.roster.lost)) /* those will be gone in a moment, or back */
		ev_timer_stop(loop, w);
	roster_give_back(&s->daemon.roster);
	windows_release(&s->daemon.windows);
	memory_give_back();
}

static void
watch_rest(struct server *s)
{
	if (!ev_is_active(&s->rest_timer))
		ev_timer_again(s->daemon.loop, &s->rest_timer);
}

static void
on_connection_closed(struct daemon *d)
{
	struct server *s = container_of(d, struct server, daemon);

	s->connections--;
	watch_rest(s);
	watch_idle(s);
}

/* ------ accepting ------ */

static bool
has_room(struct server *s, const struct account *a)
{
	const struct quota_use use = {
		.connections = s->connections,
		.greeting = s->daemon.greetings.count,
		.unknown_greeting = s->daemon.roster.accounts.unknown_greeting,
	};
	const struct quota_user who = { .known = account_known(a), .greeting = a->greeting };

	switch (quota_connection(&s->daemon.roster.quota, &use, &who)) {
	case QUOTA_ENTER:
		return true;
	case QUOTA_INSTEAD:
		return greeting_make_room(&s->daemon.greetings, false);
	case QUOTA_INSTEAD_UNKNOWN:
		return greeting_make_room(&s->daemon.greetings, true);
	default:
		return false;
	}
}

/* Takes over fd. */
static void
admit(struct server *s, int fd, uint32_t uid)
{
	struct account *account = accounts_get(&s->daemon.roster.accounts, uid);
	const bool room = account && has_room(s, account);
	struct client *c = account ? connection_new(&s->daemon, fd, account) : NULL;

	if (!c) {
		account_put(account);
		closing_socket(s->daemon.loop, fd);
		return;
	}
	c->stream.look_first = account->passes_descriptors;
	s->connections++;
	ev_timer_stop(s->daemon.loop, &s->idle_timer);
	if (room)
		greeting_add(&s->daemon.greetings, c);
	else
		client_bye(c, BYE_CROWDED);
}

static void
on_accepted(struct acceptor *a, int fd, const struct credentials *peer)
{
	admit(container_of(a, struct server, acceptor), fd, peer->uid);
}

void
server_init(struct server *s, struct ev_loop *loop, int fd, uint32_t idle_exit)
{
	s->daemon.loop = loop;
	s->idle_exit = idle_exit;
	greeting_init(&s->daemon.greetings, loop);
	s->daemon.closed = on_connection_closed;
	ev_timer_init(&s->idle_timer, on_idle, 0., 0.);
	ev_timer_init(&s->rest_timer, on_rest, 0., REST_SECONDS);
	s->rest_timer.data = s;
	s->daemon.roster.emptied = on_emptied;
	tells_init(&s->daemon.tells, &dispatch_tells, loop, s->daemon.roster.quota.connections);
	finder_init(&s->daemon.finder, &dispatch_finder, &s->daemon, s->daemon.roster.names);
	/* One a turn, so that it has said who it is before the next comes in: few are not yet logged in at any time. */
	acceptor_init(&s->acceptor, loop, 1, on_accepted);
	acceptor_start(&s->acceptor, fd);
	watch_idle(s);
}

static void
stop_telling(struct tells_end *e)
{
	client_bye(container_of(e, struct client, notes), BYE_STOPPING);
}

void
server_stop(struct server *s)
{
	const uint32_t end = exchange_capacity(s->daemon.roster.exchange);

	acceptor_stop(&s->acceptor);
	s->daemon.roster.stopping = true;
	for (slot_t slot = 0; slot < end; slot++)
		if (s->daemon.roster.member[slot].client)
			client_bye(s->daemon.roster.member[slot].client, BYE_STOPPING);
	greeting_stop(&s->daemon.greetings);
	tells_each(&s->daemon.tells, stop_telling);
	(void)ev_run(s->daemon.loop, EVRUN_NOWAIT); /* the closed are freed there */
	ev_timer_stop(s->daemon.loop, &s->rest_timer);
	windows_release(&s->daemon.windows);
	finder_release(&s->daemon.finder);
	tells_release(&s->daemon.tells);
}
