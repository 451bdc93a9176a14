/* What a session is told beside its pair: who waits for it (R12), and that its partner is away. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "core/waiting.h"
#include "daemon/client.h"
#include "daemon/roster_impl.h"
#include "proto/feature.h"

static bool
is_news(struct member *target, const struct account *waiter, uint64_t chat)
{
	const uint32_t account = account_known(waiter) ? waiter->uid : WAITING_NO_ACCOUNT;

	if (!target->waiting)
		target->waiting = calloc(1, sizeof(*target->waiting));
	return target->waiting && waiting_tells(target->waiting, account, chat, clock_monotonic_ms());
}

void
roster_tell_waiting(struct roster *r, slot_t target, slot_t waiter)
{
	struct member *m = &r->member[target];
	struct upstream_message notice = { .type = UPSTREAM_WAITING };

	if (!m->client || !(m->client->features & FEATURE_WAITING) || roster_judge(r, target, waiter) != VERDICT_OK ||
	    !is_news(m, r->member[waiter].account, roster_session(r, target)->pair))
		return;
	roster_peer(r, waiter, &notice.u.waiting.peer);
	feature_fit_peer(m->client->features, &notice.u.waiting.peer);
	client_send(m->client, &notice);
}

/* No more are told of than are remembered; those who came first have waited longest. */
void
roster_tell_waiters(struct roster *r, slot_t target)
{
	slot_t waiter = roster_session(r, target)->waiter_first;

	for (uint32_t i = 0; i < WAITING_ACCOUNTS && waiter != SLOT_NONE; i++) {
		roster_tell_waiting(r, target, waiter);
		waiter = roster_session(r, waiter)->waiter_next;
	}
}

void
roster_forget_waiting(struct roster *r, slot_t target)
{
	free(r->member[target].waiting);
	r->member[target].waiting = NULL;
}

/* ------ who is away ------ */

static void
tell_away(struct client *c, uint64_t pair, const char *text)
{
	struct upstream_message m = { .type = UPSTREAM_IS_AWAY, .u.away.pair = pair };

	if (!(c->features & FEATURE_AWAY))
		return;
	memcpy(m.u.away.text, text, strlen(text) + 1);
	client_send(c, &m);
}

void
roster_tell_away(const struct roster *r, struct client *c, slot_t partner, uint64_t pair)
{
	if (r->member[partner].away)
		tell_away(c, pair, r->member[partner].away);
}

enum verdict
roster_away(struct roster *r, const struct client *c, const char *text)
{
	struct member *m = &r->member[c->slot];
	const struct exchange_session *s = roster_session(r, c->slot);
	char *copy = *text ? strdup(text) : NULL;

	if (*text && !copy)
		return VERDICT_FAILED;
	free(m->away);
	m->away = copy;
	if (s->partner != SLOT_NONE && r->member[s->partner].client)
		tell_away(r->member[s->partner].client, s->pair, text);
	return VERDICT_OK;
}
