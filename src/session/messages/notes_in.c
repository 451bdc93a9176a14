#include "session/messages/notes_in.h"

#include <stdlib.h>

#include "base/clock.h"
#include "core/limits.h"

#define ANSWER_MAX (FRAME_HEADER + 16U) /* bytes of a NOTE_ACK */

/* One that is not answered yet. */
struct owed {
	uint64_t token;
	enum verdict verdict;
	bool hangs; /* on the transaction */
};

struct notes_in {
	const struct notes_in_class *class;
	void *context;
	uint32_t count;
	struct owed owed[NOTES_WAY_RECEIVER];
};

struct notes_in *
notes_in_new(const struct notes_in_class *class, void *context)
{
	struct notes_in *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->class = class;
	n->context = context;
	return n;
}

void
notes_in_free(struct notes_in *n)
{
	free(n);
}

/* Appends the answer to frames; returns its length. */
static size_t
put_answer(uint64_t token, enum verdict v, uint8_t *frames, size_t room)
{
	const struct upstream_message m = { .type = UPSTREAM_NOTE_ACK,
		.u.note_ack = { .token = token, .verdict = (uint8_t)v } };

	return upstream_encode(&m, frames, room);
}

static void
answer_at_once(const struct notes_in *n, const struct owed *o)
{
	uint8_t frame[ANSWER_MAX];

	n->class->answer(n->context, frame, put_answer(o->token, o->verdict, frame, sizeof(frame)));
}

void
notes_in_arrived(struct notes_in *n, const struct note *note)
{
	struct owed o = { .token = note->token };
	bool known = false;

	if (n->count == ARRAY_SIZE(n->owed))
		n->class->flush(n->context);
	if (n->count == ARRAY_SIZE(n->owed))
		return; /* no daemon sends so many: its sender repeats it */
	o.verdict = n->class->store(n->context, note, clock_wall_ms(), &known);
	o.hangs = o.verdict == VERDICT_OK && !known;
	if (o.verdict == VERDICT_NO_NOTES)
		answer_at_once(n, &o); /* it began no transaction whose end could be waited for */
	else
		n->owed[n->count++] = o;
}

void
notes_in_refuse(const struct notes_in *n, const struct note *note, enum verdict v)
{
	const struct owed o = { .token = note->token, .verdict = v };

	answer_at_once(n, &o);
}

void
notes_in_committed(struct notes_in *n, enum verdict v)
{
	uint8_t frames[NOTES_WAY_RECEIVER * ANSWER_MAX];
	size_t length = 0;

	for (uint32_t i = 0; i < n->count && v != VERDICT_STALE; i++) {
		const struct owed *o = &n->owed[i];

		length += put_answer(o->token, o->hangs ? v : o->verdict, frames + length, sizeof(frames) - length);
	}
	n->count = 0;
	if (length > 0)
		n->class->answer(n->context, frames, length);
}

void
notes_in_reset(struct notes_in *n)
{
	n->count = 0;
}
