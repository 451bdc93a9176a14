#include "session/messages/inbound.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "core/verdict.h"
#include "core/window.h"
#include "session/control/reading.h"
#include "session/mailbox/store.h"
#include "session/session.h"
#include "session/uplink/uplink.h"

#define RUNS 256U  /* acknowledgements of one turn */
#define CHAINS 16U /* streams of which a message was refused */
#define STASH_MAX (4U * WINDOW_BYTES)

/* Consecutive ids with one fate. */
struct run {
	struct ident first;
	uint32_t count;
	uint8_t verdict;
	bool pending; /* OK only if the commit succeeds */
};

/*
 * A message was refused: those that follow it in the same stream, and were on their
 * way already, must not be stored behind the gap.
 */
struct chain {
	struct ident next;
	uint32_t left; /* so many can have been on their way; 0: not in use */
	uint8_t verdict;
};

struct inbound {
	struct session *session;
	int64_t now_ms; /* of this turn; 0: not looked yet */
	uint32_t epoch; /* that the runs answer */
	uint64_t pair;
	size_t run_count;
	struct run run[RUNS];
	bool chained;
	unsigned chain_next;
	struct chain chain[CHAINS];
	bool failing;   /* said so already; a partner may go on sending for long */
	uint8_t *stash; /* frames that came while our pair was uncertain */
	size_t stash_len, stash_cap;
};

struct inbound *
inbound_new(struct session *s)
{
	struct inbound *i = calloc(1, sizeof(*i));

	if (i)
		i->session = s;
	return i;
}

void
inbound_free(struct inbound *i)
{
	if (!i)
		return;
	free(i->stash);
	free(i);
}

/* ------------------------------------------------------------------------- gaps */

static void
chain_add(struct inbound *i, const struct ident *next, enum verdict v)
{
	i->chain[i->chain_next++ % CHAINS] =
	    (struct chain){ .next = *next, .left = WINDOW_MESSAGES, .verdict = (uint8_t)v };
	i->chained = true;
}

/* The verdict of the refused message that this one follows; OK: it follows none. */
static enum verdict
chain_verdict(struct inbound *i, const struct ident *id)
{
	if (!i->chained)
		return VERDICT_OK;
	for (struct chain *c = i->chain; c < i->chain + CHAINS; c++) {
		if (c->left == 0 || !ident_equal(&c->next, id))
			continue;
		c->left--;
		c->next = ident_add(&c->next, 1);
		return (enum verdict)c->verdict;
	}
	return VERDICT_OK;
}

static void
chain_forget(struct inbound *i)
{
	memset(i->chain, 0, sizeof(i->chain));
	i->chained = false;
}

/* ------------------------------------------------------------------------- storing */

static void
add_to_runs(struct inbound *i, const struct msg *m, enum verdict v, bool pending)
{
	struct run *last = i->run_count > 0 ? &i->run[i->run_count - 1] : NULL;
	uint64_t n;

	if (last && last->verdict == (uint8_t)v && last->pending == pending && last->count < WINDOW_MESSAGES &&
	    ident_distance(&last->first, &m->id, &n) && n == last->count) {
		last->count++;
		return;
	}
	i->run[i->run_count++] = (struct run){ .first = m->id, .count = 1, .verdict = (uint8_t)v, .pending = pending };
}

static enum verdict
put(struct inbound *i, const struct msg *m, bool *pending)
{
	struct session *s = i->session;

	if (i->now_ms == 0)
		i->now_ms = clock_wall_ms();
	switch (store_message(s->store, &s->partner.peer, m, i->now_ms)) {
	case STORE_ADDED:
		*pending = true;
		return VERDICT_OK;
	case STORE_KNOWN:
		return VERDICT_OK;
	case STORE_OTHER:
		return VERDICT_ID_USED;
	case STORE_FULL:
		return VERDICT_INBOX_FULL;
	case STORE_FAILED:
		return VERDICT_STORAGE;
	default:
		return VERDICT_UNCONFIRMED;
	}
}

static void
take(struct inbound *i, const struct msg *m)
{
	bool pending = false;
	enum verdict v = chain_verdict(i, &m->id);

	if (i->run_count > 0 && (i->pair != m->pair || i->epoch != m->epoch))
		inbound_flush(i);
	i->pair = m->pair;
	i->epoch = m->epoch;
	if (v == VERDICT_OK) {
		v = put(i, m, &pending);
		if (v != VERDICT_OK) {
			const struct ident next = ident_add(&m->id, 1);

			chain_add(i, &next, v == VERDICT_UNCONFIRMED ? VERDICT_STORAGE : v);
		}
	}
	add_to_runs(i, m, v, pending);
	if (i->run_count == RUNS)
		inbound_flush(i);
}

static bool
stash(struct inbound *i, const struct frame *f)
{
	const size_t n = FRAME_HEADER + f->length;
	size_t cap = i->stash_cap ? i->stash_cap : 4096;
	uint8_t *p;

	while (cap < i->stash_len + n)
		cap *= 2;
	if (cap > STASH_MAX)
		return false;
	if (cap > i->stash_cap) {
		p = realloc(i->stash, cap);
		if (!p)
			return false;
		i->stash = p;
		i->stash_cap = cap;
	}
	memcpy(i->stash + i->stash_len, f->body - FRAME_HEADER, n);
	i->stash_len += n;
	return true;
}

void
inbound_message(struct inbound *i, const struct frame *f)
{
	struct session *s = i->session;
	struct msg m;

	if (msg_decode(f, &m) < 0 || m.length == 0 || m.length > MESSAGE_MAX)
		return; /* no daemon passes that on */
	if (uplink_pair_pending(s->uplink)) {
		/* One without its place in the order: the way is made anew, and all is repeated. */
		if (!stash(i, f))
			uplink_restart(s->uplink);
		return;
	}
	if (s->partner.pair != 0 && m.pair == s->partner.pair)
		take(i, &m);
}

void
inbound_settle(struct inbound *i)
{
	uint8_t *data = i->stash;
	const size_t n = i->stash_len;
	struct frame f;
	ssize_t used;

	if (n == 0)
		return;
	i->stash = NULL;
	i->stash_len = i->stash_cap = 0;
	for (size_t at = 0; (used = frame_parse(data + at, n - at, &f)) > 0; at += (size_t)used)
		inbound_message(i, &f);
	free(data);
}

void
inbound_reset(struct inbound *i)
{
	i->run_count = 0;
	i->stash_len = 0;
	chain_forget(i);
}

/* ------------------------------------------------------------------------- the end of a turn */

static void
acknowledge(struct inbound *i)
{
	uint8_t frames[RUNS * (FRAME_HEADER + ACK_BODY)];
	size_t n = 0;

	for (const struct run *r = i->run; r < i->run + i->run_count; r++) {
		const struct ack a = {
			.pair = i->pair, .epoch = i->epoch, .count = r->count, .first = r->first, .verdict = r->verdict
		};

		ack_encode(frames + n, &a);
		n += FRAME_HEADER + ACK_BODY;
	}
	if (n > 0)
		uplink_write(i->session->uplink, frames, n);
	i->run_count = 0;
}

/* Nothing of this turn was stored: what hoped for it is refused. */
static void
refuse_pending(struct inbound *i, enum verdict v)
{
	for (struct run *r = i->run; r < i->run + i->run_count; r++) {
		if (!r->pending)
			continue;
		r->verdict = (uint8_t)v;
		const struct ident next = ident_add(&r->first, r->count);

		chain_add(i, &next, VERDICT_STORAGE);
	}
}

static void
commit_failed(struct inbound *i, int error)
{
	if (error == -ESTALE) {
		i->run_count = 0; /* the other helper answers */
	} else {
		if (!i->failing)
			log_error(
			    "cannot store into the inbox: %s", error < 0 ? strerror(-error) : "the disk fails to sync");
		i->failing = true;
		refuse_pending(i, error == STORE_UNSURE ? VERDICT_UNCONFIRMED : VERDICT_STORAGE);
	}
	session_damaged(i->session, error);
}

void
inbound_flush(struct inbound *i)
{
	struct session *s = i->session;
	int r;

	i->now_ms = 0;
	if (!store_writing(s->store) && i->run_count == 0)
		return;
	if ((r = store_commit(s->store)) != 0)
		commit_failed(i, r);
	else
		i->failing = false;
	acknowledge(i);
	session_stir(s);
	if (s->end != SESSION_GOES_ON)
		return;
	reading_wake(s->reading);
	session_changed(s);
	store_tidy(s->store);
}
