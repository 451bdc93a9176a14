#include "daemon/server.h"

#include "base/log.h"
#include "base/memory.h"
#include "daemon/dispatch.h"
#include "net/closing.h"

#define REST_SECONDS 5.
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
greeting_add(struct server *s, struct client *c)
{
	account_greeting(c->account, 1);
	s->greeting_count++;
	deadlines_add(&s->greeting, &c->greeting);
}

static void
greeting_over(struct server *s, struct client *c)
{
	account_greeting(c->account, -1);
	s->greeting_count--;
}

static void
greeting_remove(struct server *s, struct client *c)
{
	if (!c->greeting.listed)
		return;
	deadlines_remove(&s->greeting, &c->greeting);
	greeting_over(s, c);
}

static struct client *
greeting_of(struct deadline *d)
{
	return (struct client *)((char *)d - offsetof(struct client, greeting));
}

static void
on_greeting_timeout(struct deadlines *ds, struct deadline *d)
{
	struct client *c = greeting_of(d);

	greeting_over((struct server *)((char *)ds - offsetof(struct server, greeting)), c);
	if (c->waits)
		client_result(c, VERDICT_NO_ANSWER);
	client_bye(c, BYE_TIMEOUT);
}

void
server_client_logged_in(struct server *s, struct client *c)
{
	greeting_remove(s, c);
}

/* ------ giving back what a rush has taken ------ */

static void
on_rest(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct server *s = w->data;

	(void)revents;
	ev_timer_stop(loop, w);
	windows_release(&s->windows);
	memory_give_back();
}

static void
watch_rest(struct server *s)
{
	if (!ev_is_active(&s->rest_timer))
		ev_timer_again(s->loop, &s->rest_timer);
}

void
server_client_closed(struct server *s, struct client *c)
{
	greeting_remove(s, c);
	watch_rest(s);
	tells_closed(&s->tells, &c->notes);
	s->connections--;
	roster_login_forget(&s->roster, c);
	roster_lost(&s->roster, c);
	watch_idle(s);
}

/* ------ accepting ------ */

/* The connection that has waited longest for its login gives way. False: each has sent its LOGIN, or there is none. */
static bool
make_room(struct server *s, bool unknown)
{
	struct deadline *d = deadlines_first(&s->greeting);
	struct client *c;

	for (; d; d = TAILQ_NEXT(d, link)) {
		c = greeting_of(d);
		if (c->waits || (unknown && account_known(c->account)))
			continue;
		greeting_remove(s, c);
		client_bye(c, BYE_CROWDED);
		return true;
	}
	return false;
}

static bool
has_room(struct server *s, const struct account *a)
{
	const struct quota_use use = {
		.connections = s->connections,
		.greeting = s->greeting_count,
		.unknown_greeting = s->roster.accounts.unknown_greeting,
	};
	const struct quota_user who = { .known = account_known(a), .greeting = a->greeting };

	switch (quota_connection(&s->roster.quota, &use, &who)) {
	case QUOTA_ENTER:
		return true;
	case QUOTA_INSTEAD:
		return make_room(s, false);
	case QUOTA_INSTEAD_UNKNOWN:
		return make_room(s, true);
	default:
		return false;
	}
}

/* Takes over fd. */
static void
admit(struct server *s, int fd, uint32_t uid)
{
	struct account *account = accounts_get(&s->roster.accounts, uid);
	const bool room = account && has_room(s, account);
	struct client *c = account ? client_new(s, fd, account) : NULL;

	if (!c) {
		account_put(account);
		closing_socket(s->loop, fd);
		return;
	}
	c->stream.look_first = account->passes_descriptors;
	s->connections++;
	ev_timer_stop(s->loop, &s->idle_timer);
	if (room)
		greeting_add(s, c);
	else
		client_bye(c, BYE_CROWDED);
}

static void
on_accepted(struct acceptor *a, int fd, const struct credentials *peer)
{
	admit((struct server *)((char *)a - offsetof(struct server, acceptor)), fd, peer->uid);
}

void
server_init(struct server *s, struct ev_loop *loop, int fd, uint32_t idle_exit)
{
	s->loop = loop;
	s->idle_exit = idle_exit;
	deadlines_init(&s->greeting, loop, HANDSHAKE_MS, on_greeting_timeout);
	ev_timer_init(&s->idle_timer, on_idle, 0., 0.);
	ev_timer_init(&s->rest_timer, on_rest, 0., REST_SECONDS);
	s->rest_timer.data = s;
	s->roster.emptied = on_emptied;
	tells_init(&s->tells, &dispatch_tells, loop, s->roster.quota.connections);
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
	const uint32_t end = exchange_capacity(s->roster.exchange);
	struct deadline *d;

	acceptor_stop(&s->acceptor);
	s->roster.stopping = true;
	for (slot_t slot = 0; slot < end; slot++)
		if (s->roster.member[slot].client)
			client_bye(s->roster.member[slot].client, BYE_STOPPING);
	while ((d = deadlines_first(&s->greeting))) {
		client_bye(greeting_of(d), BYE_STOPPING);
		greeting_remove(s, greeting_of(d));
	}
	tells_each(&s->tells, stop_telling);
	(void)ev_run(s->loop, EVRUN_NOWAIT); /* the closed are freed there */
	ev_timer_stop(s->loop, &s->rest_timer);
	windows_release(&s->windows);
	tells_release(&s->tells);
}
