#include "client/offering.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "client/link_impl.h"
#include "core/limits.h"
#include "net/random.h"
#include "proto/status.h"

static void
end(struct offering *o, enum verdict v)
{
	o->over = true;
	o->verdict = v;
}

/* Who the partner is, now. */
static enum verdict
ask_pair(struct offering *o, uint64_t deadline)
{
	const struct control_message status = { .type = CONTROL_STATUS };
	struct control_message m;
	const enum verdict v = link_call(o->link, &status, deadline, CONTROL_STATE, &m);

	if (v != VERDICT_OK)
		return v;
	if (o->pair != 0 && o->pair != m.u.state.pair)
		return link_trouble(o->link, VERDICT_LEFT, "the chat with %s is over", o->partner);
	if (m.u.state.pair == 0)
		return link_trouble(o->link, VERDICT_NOT_PAIRED, "%s", status_words(VERDICT_NOT_PAIRED));
	o->pair = m.u.state.pair;
	memcpy(o->partner, m.u.state.partner.name, sizeof(o->partner));
	return VERDICT_OK;
}

static enum verdict
say(struct offering *o, uint64_t deadline)
{
	const struct control_message m = { .type = CONTROL_OFFER,
		.u.offer = {
		    .pair = o->pair, .msgid = o->msgid, .open = o->taken, .body = o->body, .length = o->length } };
	int rc;

	if (o->link->features == 0)
		return link_old_helper(o->link, VERDICT_NO_STREAMS);
	link_queue(o->link, &m);
	rc = link_flush(o->link, deadline);
	return rc < 0 ? link_verdict(o->link, rc) : VERDICT_OK;
}

enum verdict
offering_begin(struct offering *o, struct link *link, const uint8_t *body, uint32_t length, uint64_t deadline)
{
	enum verdict v;

	*o = (struct offering){ .link = link, .body = body, .length = length, .channel = -1 };
	if (random_ident(&o->msgid) < 0)
		return link_trouble(link, VERDICT_FAILED, "the system gives no random numbers");
	v = ask_pair(o, deadline);
	return v == VERDICT_OK ? say(o, deadline) : v;
}

static void
on_told(struct offering *o, const struct offer_word *w)
{
	if (!ident_equal(&w->msgid, &o->msgid))
		return;
	if (w->verdict == VERDICT_OK) {
		o->number = w->number;
		return;
	}
	/* That it waits is no end; only a helper of an older release passes it on, as the partner said it. */
	end(o, status_exit((enum verdict)w->verdict) != 0 ? (enum verdict)w->verdict : VERDICT_NOT_TAKEN);
	(void)link_trouble(o->link, o->verdict, "%s", status_words(o->verdict));
}

static void
on_channel(struct offering *o)
{
	o->channel = link_take_passed(o->link);
	o->taken = o->channel >= 0;
	if (!o->taken)
		end(o,
		    link_trouble(o->link, VERDICT_FAILED, "the channel could not be opened: no file descriptor came"));
}

static int
take_frames(struct offering *o)
{
	struct control_message m;
	struct frame f;
	int rc;

	while ((rc = link_next(o->link, &f)) > 0 && !o->over) {
		if (control_decode(&f, &m) < 0)
			return -EPROTO;
		if (m.type == CONTROL_OFFER_TOLD)
			on_told(o, &m.u.word);
		else if (m.type == CONTROL_CHANNEL && !o->taken && ident_equal(&m.u.word.msgid, &o->msgid))
			on_channel(o);
	}
	return rc;
}

/* The helper died: what it knew is said again. */
static void
come_back(struct offering *o)
{
	const uint64_t deadline = deadline_in(SEND_TIMEOUT_SECONDS * 1000);
	enum verdict v = link_come_back(o->link, deadline);

	if (v == VERDICT_OK)
		v = ask_pair(o, deadline);
	if (v == VERDICT_OK)
		v = say(o, deadline);
	if (v == VERDICT_NOT_PAIRED)
		v = VERDICT_LEFT; /* there was a pair */
	if (v != VERDICT_OK)
		end(o, v);
}

void
offering_listen(struct offering *o)
{
	const int filled = link_fill(o->link);
	int rc = take_frames(o);

	if (o->over)
		return;
	if (rc == 0)
		rc = filled;
	if (rc == -ECONNRESET)
		come_back(o);
	else if (rc < 0)
		end(o, link_verdict(o->link, rc));
}
