#include "session/messages/pair.h"

#include <string.h>

#include "base/log.h"
#include "core/names/name.h"

struct pair {
	const struct pair_class *class;
	void *context;
	struct state *state;
	struct ev_loop *loop;
	bool told;       /* since the login: there is a pair */
	uint64_t missed; /* the pair whose partner has not come back to a daemon without registry; 0: none */
	ev_timer grace;  /* so long it may */
};

static void
set_online(struct pair *p, bool online)
{
	struct partner *partner = &p->state->partner;

	if (partner->online == online)
		return;
	partner->online = online;
	p->class->record(p->context, online ? RECORD_BACK : RECORD_LOST);
	p->class->keep(p->context);
}

/* ------------------------------------------------------------------------- its end */

static void
forget(struct pair *p, enum ending how)
{
	struct partner *partner = &p->state->partner;

	partner->pair = 0;
	partner->online = false;
	partner->last_end = (uint8_t)how;
	p->class->keep(p->context);
	state_changed(p->state);
}

static void
ended(struct pair *p, enum ending how)
{
	static const enum record_type types[] = {
		[ENDING_NONE] = RECORD_GONE,
		[ENDING_LEFT] = RECORD_LEFT,
		[ENDING_QUIT] = RECORD_QUIT,
		[ENDING_GONE] = RECORD_GONE,
	};

	if (how == ENDING_MOVED) {
		/* Not the partner's helper ended it: what is under way may be stored all the same. */
		p->class->blocked(p->context);
		how = ENDING_LEFT;
	}
	if (p->state->partner.pair != 0) {
		if (how == ENDING_NONE)
			how = ENDING_GONE;
		p->class->record(p->context, types[how]);
		forget(p, how);
	}
	p->class->ended(p->context, how);
}

void
pair_left(struct pair *p)
{
	if (p->state->partner.pair != 0)
		forget(p, ENDING_NONE);
	p->class->left(p->context);
}

void
pair_over(struct pair *p)
{
	ended(p, ENDING_GONE);
}

/* ------------------------------------------------------------------------- its partner */

static void
lost(struct pair *p)
{
	set_online(p, false);
	p->class->blocked(p->context);
	state_changed(p->state);
}

static void
back(struct pair *p, uint32_t epoch)
{
	set_online(p, true);
	p->class->paired(p->context, epoch);
	state_changed(p->state);
}

static void
away(struct pair *p, const char text[AWAY_MAX + 1])
{
	memcpy(p->state->partner.away, text, sizeof(p->state->partner.away));
	state_changed(p->state);
}

void
pair_notice(struct pair *p, const struct upstream_message *m)
{
	const uint64_t pair = p->state->partner.pair;

	if (m->type == UPSTREAM_ENDED && m->u.ended.pair == pair)
		ended(p, (enum ending)m->u.ended.ending);
	else if (m->type == UPSTREAM_LOST && m->u.link.pair == pair)
		lost(p);
	else if (m->type == UPSTREAM_BACK && m->u.link.pair == pair)
		back(p, m->u.link.epoch);
	else if (m->type == UPSTREAM_IS_AWAY && m->u.away.pair == pair)
		away(p, m->u.away.text);
}

/* ------------------------------------------------------------------------- its beginning */

/*
 * After the daemon lost its registry a pair is what its two sides claim. It compares what they say of each other; but
 * whoever is not the one that we were paired with gets nothing that was meant for that one, whatever the daemon does.
 */
static bool
is_impostor(const struct partner *p, const struct upstream_message *m)
{
	return p->pair == m->u.paired.pair &&
	    (p->peer.uid != m->u.paired.peer.uid || !name_equal(p->peer.name, m->u.paired.peer.name));
}

static void
begin(struct pair *p, const struct upstream_message *m, bool asked)
{
	struct partner *partner = &p->state->partner;

	/* A pair that went while we were away was ended by the partner, or it would still be. */
	if (partner->pair != 0 && !asked)
		p->class->record(p->context, RECORD_LEFT);
	*partner = (struct partner){ .pair = m->u.paired.pair, .online = m->u.paired.online, .peer = m->u.paired.peer };
	if (!asked)
		p->class->record(p->context, RECORD_PAIRED);
	p->class->keep(p->context);
}

void
pair_paired(struct pair *p, const struct upstream_message *m, bool asked)
{
	const struct partner *partner = &p->state->partner;

	p->told = true;
	p->missed = 0;
	p->state->partner.away[0] = '\0'; /* told again behind this, if it is */
	if (is_impostor(partner, m)) {
		log_error("somebody else claims to be '%s': the pair is over", partner->peer.name);
		ended(p, ENDING_GONE);
		return;
	}
	if (partner->pair == m->u.paired.pair)
		set_online(p, m->u.paired.online);
	else
		begin(p, m, asked);
	p->class->paired(p->context, m->u.paired.epoch);
	state_changed(p->state);
}

/* ------------------------------------------------------------------------- a login */

static bool
misses_partner(const struct pair *p)
{
	return p->missed != 0 && p->missed == p->state->partner.pair;
}

static void
on_grace_over(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct pair *p = w->data;

	(void)loop, (void)revents;
	if (!misses_partner(p))
		return;
	p->missed = 0;
	ended(p, ENDING_GONE);
	p->class->missed(p->context);
}

void
pair_login(struct pair *p, bool registry_lost, uint32_t grace_ms, enum ending last_end)
{
	struct partner *partner = &p->state->partner;

	partner->last_end = (uint8_t)last_end;
	p->told = false;
	if (!registry_lost || partner->pair == 0)
		return;
	p->missed = partner->pair;
	ev_timer_stop(p->loop, &p->grace);
	ev_timer_set(&p->grace, grace_ms / 1000., 0.);
	ev_timer_start(p->loop, &p->grace);
}

void
pair_settled(struct pair *p)
{
	if (p->told)
		return;
	if (misses_partner(p))
		lost(p);
	else
		ended(p, (enum ending)p->state->partner.last_end);
}

/* ------------------------------------------------------------------------- as a whole */

struct pair *
pair_new(const struct pair_class *class, void *context, struct state *state, struct ev_loop *loop)
{
	struct pair *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->class = class;
	p->context = context;
	p->state = state;
	p->loop = loop;
	ev_timer_init(&p->grace, on_grace_over, 0., 0.);
	p->grace.data = p;
	return p;
}

void
pair_free(struct pair *p)
{
	if (!p)
		return;
	ev_timer_stop(p->loop, &p->grace);
	free(p);
}
