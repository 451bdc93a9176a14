#include "session/messages/inbound.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "core/intake.h"
#include "session/control/reading.h"
#include "session/mailbox/store.h"
#include "session/session.h"
#include "session/uplink/uplink.h"

#define STASH_MAX (4U * WINDOW_BYTES)

struct inbound {
	struct session *session;
	int64_t now_ms; /* of this turn; 0: not looked yet */
	struct intake intake;
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

/* ------------------------------------------------------------------------- storing */

static enum intake_fate
store(struct inbound *i, const struct msg *m)
{
	static const enum intake_fate fates[] = {
		[STORE_ADDED] = INTAKE_ADDED,
		[STORE_KNOWN] = INTAKE_KNOWN,
		[STORE_OTHER] = INTAKE_OTHER,
		[STORE_FULL] = INTAKE_FULL,
		[STORE_FAILED] = INTAKE_FAILED,
		[STORE_UNKNOWN] = INTAKE_UNKNOWN,
	};
	struct session *s = i->session;

	if (i->now_ms == 0)
		i->now_ms = clock_wall_ms();
	return fates[store_message(s->store, &s->partner.peer, m, i->now_ms)];
}

static void
take(struct inbound *i, const struct msg *m)
{
	const uint64_t ours = i->session->partner.pair;
	enum intake_decision d;

	while ((d = intake_offer(&i->intake, ours, m->pair, m->epoch, &m->id)) == INTAKE_COMMIT)
		inbound_flush(i);
	if (d == INTAKE_STORE)
		intake_stored(&i->intake, &m->id, store(i, m));
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
	intake_reset(&i->intake);
	i->stash_len = 0;
}

/* ------------------------------------------------------------------------- the end of a turn */

static void
acknowledge(struct inbound *i)
{
	uint8_t frames[INTAKE_RUNS * (FRAME_HEADER + ACK_BODY)];
	struct intake_run r;
	size_t n = 0;

	while (intake_answer(&i->intake, &r)) {
		const struct ack a = { .pair = i->intake.pair,
			.epoch = i->intake.epoch,
			.count = r.count,
			.first = r.first,
			.verdict = r.verdict };

		ack_encode(frames + n, &a);
		n += FRAME_HEADER + ACK_BODY;
	}
	if (n > 0)
		uplink_write(i->session->uplink, frames, n);
}

static void
commit_failed(struct inbound *i, int error)
{
	if (error == -ESTALE) {
		intake_reset(&i->intake); /* the other helper answers */
	} else {
		if (!i->failing)
			log_error(
			    "cannot store into the inbox: %s", error < 0 ? strerror(-error) : "the disk fails to sync");
		i->failing = true;
		intake_committed(&i->intake, error == STORE_UNSURE ? VERDICT_UNCONFIRMED : VERDICT_STORAGE);
	}
	session_damaged(i->session, error);
}

static void
committed(struct inbound *i)
{
	i->failing = false;
	intake_committed(&i->intake, VERDICT_OK);
}

void
inbound_flush(struct inbound *i)
{
	struct session *s = i->session;
	int r;

	i->now_ms = 0;
	if (!store_writing(s->store) && !intake_owes(&i->intake))
		return;
	if ((r = store_commit(s->store)) != 0)
		commit_failed(i, r);
	else
		committed(i);
	acknowledge(i);
	session_stir(s);
	if (s->end != SESSION_GOES_ON)
		return;
	reading_wake(s->reading);
	session_changed(s);
	store_tidy(s->store);
}
