#include "session/messages/inbound.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "session/mailbox/store.h"

struct inbound {
	const struct inbound_class *class;
	void *context;
	const struct state *state;
	struct intake intake;
	int64_t now_ms; /* of this turn; 0: not looked yet */
	bool failing;   /* said so already; a partner may go on sending for long */
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
	free(i);
}

/* ------------------------------------------------------------------------- a message */

static void
take(struct inbound *i, const struct msg *m)
{
	const uint64_t ours = i->state->partner.pair;
	enum intake_decision d;

	while ((d = intake_offer(&i->intake, ours, m->pair, m->epoch, &m->id, m->behind)) == INTAKE_COMMIT)
		inbound_flush(i);
	if (d != INTAKE_STORE)
		return;
	if (i->now_ms == 0)
		i->now_ms = clock_wall_ms();
	intake_stored(&i->intake, &m->id, i->class->store(i->context, m, i->now_ms));
}

void
inbound_message(struct inbound *i, const struct frame *f)
{
	struct msg m;

	if (msg_decode(f, &m) == 0 && m.length > 0 && m.length <= MESSAGE_MAX)
		take(i, &m); /* no daemon passes others on */
}

void
inbound_reset(struct inbound *i)
{
	intake_reset(&i->intake);
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
