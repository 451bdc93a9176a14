#include "daemon/greeting.h"

#include "base/macros.h"
#include "core/limits.h"
#include "daemon/client.h"

#define HANDSHAKE_MS (HANDSHAKE_SECONDS * 1000ULL)

static struct client *
greeting_of(struct deadline *d)
{
	return container_of(d, struct login, greeting)->client;
}

/* It is off the list. */
static void
over(struct greetings *g, struct client *c)
{
	account_greeting(c->account, -1);
	g->count--;
}

static void
on_timeout(struct deadlines *list, struct deadline *d)
{
	struct client *c = greeting_of(d);

	over(container_of(list, struct greetings, list), c);
	if (c->login->waits)
		client_unanswered(c);
	client_bye(c, BYE_TIMEOUT);
}

void
greeting_init(struct greetings *g, struct ev_loop *loop)
{
	g->count = 0;
	deadlines_init(&g->list, loop, HANDSHAKE_MS, on_timeout);
}

void
greeting_add(struct greetings *g, struct client *c)
{
	account_greeting(c->account, 1);
	g->count++;
	deadlines_add(&g->list, &c->login->greeting);
}

void
greeting_remove(struct greetings *g, struct client *c)
{
	if (!c->login || !deadline_runs(&c->login->greeting))
		return;
	deadlines_remove(&g->list, &c->login->greeting);
	over(g, c);
}

static void
end(struct greetings *g, struct client *c, enum bye why)
{
	greeting_remove(g, c);
	client_bye(c, why);
}

bool
greeting_make_room(struct greetings *g, bool unknown)
{
	for (struct deadline *d = deadlines_first(&g->list); d; d = TAILQ_NEXT(d, link)) {
		struct client *c = greeting_of(d);

		if (c->login->waits || (unknown && account_known(c->account)))
			continue;
		end(g, c, BYE_CROWDED);
		return true;
	}
	return false;
}

void
greeting_stop(struct greetings *g)
{
	struct deadline *d;

	while ((d = deadlines_first(&g->list)))
		end(g, greeting_of(d), BYE_STOPPING);
}
