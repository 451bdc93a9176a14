#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "core/name.h"
#include "session/mailbox/store.h"
#include "session/messages/outbound.h"
#include "session/session.h"

/* The pair is kept with the inbox, as the frame that told of it: a helper that starts anew knows it by that. */
#define KEY "pair"

void
pair_keep(struct session *s)
{
	struct upstream_message m = { .type = UPSTREAM_PAIRED };
	uint8_t frame[256];

	m.u.paired.pair = s->partner.pair;
	m.u.paired.online = s->partner.online;
	m.u.paired.peer = s->partner.peer;
	(void)store_keep(s->store, KEY, frame, s->partner.pair ? upstream_encode(&m, frame, sizeof(frame)) : 0);
}

void
pair_load(struct session *s)
{
	static struct upstream_message m;
	uint8_t frame[256];
	const ssize_t n = store_kept(s->store, KEY, frame, sizeof(frame));
	struct frame f;

	if (n <= 0 || frame_parse(frame, (size_t)n, &f) != n || upstream_decode(&f, &m) < 0 ||
	    m.type != UPSTREAM_PAIRED)
		return;
	s->partner.pair = m.u.paired.pair;
	s->partner.online = m.u.paired.online;
	s->partner.peer = m.u.paired.peer;
	outbound_remember(s->outbound, s->partner.pair, s->partner.peer.name);
}

/* An event is not worth a refusal: what cannot be recorded is in the log, by the commit. */
static void
record(struct session *s, enum record_type type)
{
	(void)store_event(s->store, type, &s->partner.peer, clock_wall_ms());
}

static void
set_online(struct session *s, bool online)
{
	if (s->partner.online == online)
		return;
	s->partner.online = online;
	record(s, online ? RECORD_BACK : RECORD_LOST);
	pair_keep(s);
}

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

void
pair_paired(struct session *s, const struct upstream_message *m, bool asked)
{
	struct partner *p = &s->partner;

	if (is_impostor(p, m)) {
		log_error("somebody else claims to be '%s': the pair is over", p->peer.name);
		pair_ended(s, ENDING_GONE);
		return;
	}
	if (p->pair == m->u.paired.pair) {
		set_online(s, m->u.paired.online);
	} else {
		/* A pair that went while we were away was ended by the partner, or it would still be. */
		if (p->pair != 0 && !asked)
			record(s, RECORD_LEFT);
		*p = (struct partner){
			.pair = m->u.paired.pair, .online = m->u.paired.online, .peer = m->u.paired.peer
		};
		if (!asked)
			record(s, RECORD_PAIRED);
		pair_keep(s);
	}
	outbound_paired(s->outbound, p->pair, m->u.paired.epoch, p->online);
	session_changed(s);
}

static void
forget(struct session *s, enum ending how)
{
	s->partner.pair = 0;
	s->partner.online = false;
	s->partner.last_end = (uint8_t)how;
	pair_keep(s);
	session_changed(s);
}

void
pair_ended(struct session *s, enum ending how)
{
	static const enum record_type types[] = {
		[ENDING_NONE] = RECORD_GONE,
		[ENDING_LEFT] = RECORD_LEFT,
		[ENDING_QUIT] = RECORD_QUIT,
		[ENDING_GONE] = RECORD_GONE,
	};

	if (how == ENDING_MOVED) {
		/* Not the partner's helper ended it: what is under way may be stored all the same. */
		outbound_blocked(s->outbound);
		how = ENDING_LEFT;
	}
	if (s->partner.pair != 0) {
		if (how == ENDING_NONE)
			how = ENDING_GONE;
		record(s, types[how]);
		forget(s, how);
	}
	outbound_ended(s->outbound, how);
}

void
pair_left(struct session *s)
{
	if (s->partner.pair != 0)
		forget(s, ENDING_NONE);
	outbound_left(s->outbound);
}

void
pair_lost(struct session *s)
{
	set_online(s, false);
	outbound_blocked(s->outbound);
	session_changed(s);
}

void
pair_back(struct session *s, uint32_t epoch)
{
	set_online(s, true);
	outbound_paired(s->outbound, s->partner.pair, epoch, true);
	session_changed(s);
}
