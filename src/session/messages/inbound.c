#include "session/messages/inbound.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "session/mailbox/store.h"

#define KEPT_MAX (4U * WINDOW_BYTES)

struct inbound {
	const struct inbound_class *class;
	void *context;
	const struct state *state;
	struct intake intake;
	int64_t now_ms; /* of this turn; 0: not looked yet */
	bool failing;   /* said so already; a partner may go on sending for long */
	bool unsure;    /* whether our pair is still our pair */
	bool held;      /* the inbox is somebody else's for a moment */
	uint8_t *kept;  /* frames that came meanwhile */
	size_t kept_len, kept_cap;
};

struct inbound *
inbound_new(const struct inbound_class *class, void *context, const struct state *state)
{
	struct inbound *i = calloc(1, sizeof(*i));

	if (!i)
		return NULL;
	i->class = class;
	i->context = context;
	i->state = state;
	return i;
}

void
inbound_free(struct inbound *i)
{
	if (!i)
		return;
	free(i->kept);
	free(i);
}

/* ------------------------------------------------------------------------- a message */

static void
take(struct inbound *i, const struct msg *m)
{
	const uint64_t ours = i->state->partner.pair;
	enum intake_decision d;

	while ((d = intake_offer(&i->intake, ours, m->pair, m->epoch, &m->id)) == INTAKE_COMMIT)
		inbound_flush(i);
	if (d != INTAKE_STORE)
		return;
	if (i->now_ms == 0)
		i->now_ms = clock_wall_ms();
	intake_stored(&i->intake, &m->id, i->class->store(i->context, m, i->now_ms));
}

static bool
keep(struct inbound *i, const struct frame *f)
{
	const size_t n = FRAME_HEADER + f->length;
	size_t cap = i->kept_cap ? i->kept_cap : 4096;
	uint8_t *p;

	while (cap < i->kept_len + n)
		cap *= 2;
	if (cap > KEPT_MAX)
		return false;
	if (cap > i->kept_cap) {
		p = realloc(i->kept, cap);
		if (!p)
			return false;
		i->kept = p;
		i->kept_cap = cap;
	}
	memcpy(i->kept + i->kept_len, f->body - FRAME_HEADER, n);
	i->kept_len += n;
	return true;
}

void
inbound_message(struct inbound *i, const struct frame *f)
{
	struct msg m;

	if (msg_decode(f, &m) < 0 || m.length == 0 || m.length > MESSAGE_MAX)
		return; /* no daemon passes that on */
	if (!i->unsure && !i->held)
		take(i, &m);
	else if (!keep(i, f))
		i->class->no_memory(i->context); /* without this one there would be a gap */
}

/* ------------------------------------------------------------------------- what cannot be stored yet */

static void
take_kept(struct inbound *i)
{
	uint8_t *data = i->kept;
	const size_t n = i->kept_len;
	struct frame f;
	ssize_t used;

	i->kept = NULL;
	i->kept_len = i->kept_cap = 0;
	for (size_t at = 0; (used = frame_parse(data + at, n - at, &f)) > 0; at += (size_t)used)
		inbound_message(i, &f);
	free(data);
}

void
inbound_unsure(struct inbound *i, bool unsure)
{
	if (unsure)
		inbound_flush(i);
	i->unsure = unsure;
	if (!unsure && !i->held && i->kept_len > 0)
		take_kept(i);
}

void
inbound_hold(struct inbound *i, bool held)
{
	if (held)
		inbound_flush(i);
	i->held = held;
	if (held || i->unsure || i->kept_len == 0)
		return;
	take_kept(i);
	inbound_flush(i);
}

void
inbound_reset(struct inbound *i)
{
	intake_reset(&i->intake);
	i->unsure = false;
	i->kept_len = 0;
}

/* ------------------------------------------------------------------------- the end of a turn */

static void
acknowledge(struct inbound *i)
{
	uint8_t frames[INTAKE_RUNS * (FRAME_HEADER + ACK_BODY)];
	struct intake_run r;
	size_t n = 0;

	while (intake_answer(&i->intake, &r)) {
		const struct ack a = {
			.pair = i->intake.pair,
			.epoch = i->intake.epoch,
			.count = r.count,
			.first = r.first,
			.verdict = r.verdict,
		};

		ack_encode(frames + n, &a);
		n += FRAME_HEADER + ACK_BODY;
	}
	if (n > 0)
		i->class->answer(i->context, frames, n);
}

static void
commit_failed(struct inbound *i, int error)
{
	const enum verdict v = error == STORE_UNSURE ? VERDICT_UNCONFIRMED : VERDICT_STORAGE;

	i->class->committed(i->context, error == -ESTALE ? VERDICT_STALE : v);
	if (error == -ESTALE) {
		intake_reset(&i->intake); /* the other helper answers */
	} else {
		if (!i->failing)
			log_error(
			    "cannot store into the inbox: %s", error < 0 ? strerror(-error) : "the disk fails to sync");
		i->failing = true;
		intake_committed(&i->intake, v);
	}
	i->class->failed(i->context, error);
}

void
inbound_flush(struct inbound *i)
{
	int r;

	i->now_ms = 0;
	if (!i->class->writing(i->context) && !intake_owes(&i->intake))
		return;
	if ((r = i->class->commit(i->context)) != 0) {
		commit_failed(i, r);
	} else {
		i->failing = false;
		i->class->committed(i->context, VERDICT_OK);
		intake_committed(&i->intake, VERDICT_OK);
	}
	acknowledge(i);
	i->class->done(i->context);
}
