#include "client/teller.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "client/link_impl.h"
#include "net/random.h"

/* What one attempt came to. */
enum attempt {
	ATTEMPT_AGAIN, /* the telling knows why */
	ATTEMPT_DONE,  /* with the verdict */
	ATTEMPT_OVER,  /* the time is */
};

/* ------------------------------------------------------------------------- to the daemon itself */

/* One that is missing is waited for where one is meant to be; one that has no room in its queue always. */
static enum attempt
reach_daemon(struct teller *t, enum verdict *verdict)
{
	bool awaited;
	const int r = daemon_link_open(&t->daemon, &awaited);

	if (r == 0)
		return ATTEMPT_AGAIN;
	if (r == -EAGAIN || awaited) {
		telling_turned_away(&t->telling, r == -EAGAIN ? VERDICT_TIMED_OUT : VERDICT_NO_DAEMON);
		return ATTEMPT_AGAIN;
	}
	*verdict = telling_stopped(&t->telling, VERDICT_NO_DAEMON);
	return ATTEMPT_DONE;
}

/* ------------------------------------------------------------------------- by the helper */

static enum attempt
reach_helper(struct teller *t, enum verdict *verdict)
{
	const enum verdict v =
	    t->telling.attempts > 0 ? link_come_back(t->link, t->deadline) : link_connect(t->link, t->deadline);

	if (v == VERDICT_OK)
		return ATTEMPT_AGAIN;
	if (v == VERDICT_TIMED_OUT)
		return ATTEMPT_OVER;
	*verdict = telling_stopped(&t->telling, v);
	return ATTEMPT_DONE;
}

/* ------------------------------------------------------------------------- what arrives */

static enum attempt
stop(struct teller *t, enum verdict why, enum verdict *verdict)
{
	*verdict = telling_stopped(&t->telling, why);
	return ATTEMPT_DONE;
}

static enum attempt
lost(struct teller *t)
{
	telling_lost(&t->telling);
	link_close(t->link);
	return ATTEMPT_AGAIN;
}

static enum attempt
take_told(struct teller *t, const struct told *told, enum verdict *verdict)
{
	return telling_answered(&t->telling, (enum verdict)told->verdict, verdict) == TELLING_DONE ? ATTEMPT_DONE
												   : ATTEMPT_AGAIN;
}

/* What the daemon says to a connection that it closes here, it has not read. */
static enum attempt
take_bye(struct teller *t, enum bye reason, enum verdict *verdict)
{
	switch (reason) {
	case BYE_CROWDED:
	case BYE_TIMEOUT:
		telling_turned_away(&t->telling, VERDICT_TIMED_OUT);
		link_close(t->link);
		return ATTEMPT_AGAIN;
	case BYE_VERSION:
	case BYE_MALFORMED:
		if (!t->heard)
			telling_turned_away(&t->telling, VERDICT_OLD_DAEMON);
		return stop(t, t->heard ? VERDICT_FAILED : VERDICT_OLD_DAEMON, verdict);
	default:
		return lost(t);
	}
}

/* False: the frame tells nothing of this note. */
static bool
take_from_daemon(struct teller *t, const struct frame *f, enum attempt *result, enum verdict *verdict)
{
	struct upstream_message m;

	if (upstream_decode(f, &m) < 0) {
		*result = stop(
		    t, link_trouble(t->link, VERDICT_FAILED, "the daemon gave an answer that makes no sense"), verdict);
		return true;
	}
	if (m.type == UPSTREAM_BYE) {
		*result = take_bye(t, (enum bye)m.u.bye.reason, verdict);
		return true;
	}
	if (m.type == UPSTREAM_TOLD && ident_equal(&m.u.told.msgid, &t->id)) {
		t->heard = true;
		*result = take_told(t, &m.u.told, verdict);
		return true;
	}
	return false;
}

static bool
take_from_helper(struct teller *t, const struct frame *f, enum attempt *result, enum verdict *verdict)
{
	struct control_message m;

	if (control_decode(f, &m) < 0)
		*result = stop(t, link_verdict(t->link, -EPROTO), verdict);
	else if (m.type == CONTROL_TOLD && ident_equal(&m.u.told.msgid, &t->id))
		*result = take_told(t, &m.u.told, verdict);
	else
		return false;
	return true;
}

/* It has read no further than our HELLO. */
static enum attempt
old_helper(struct teller *t, enum verdict *verdict)
{
	telling_turned_away(&t->telling, VERDICT_FAILED);
	return stop(t,
	    link_trouble(t->link, VERDICT_FAILED,
		"the helper of session '%s' is an older pchat, which knows no notes; 'pchat quit' and log in again",
		t->link->shown),
	    verdict);
}

static enum attempt
await_answer(struct teller *t, enum verdict *verdict)
{
	enum attempt result;
	struct frame f;
	int rc;

	while ((rc = link_receive(t->link, t->deadline, &f)) == 0) {
		if (t->session ? take_from_helper(t, &f, &result, verdict) : take_from_daemon(t, &f, &result, verdict))
			return result;
	}
	if (rc == -ETIMEDOUT)
		return ATTEMPT_OVER;
	if (t->session && t->link->features == 0)
		return old_helper(t, verdict);
	if (rc == -ECONNRESET)
		return lost(t);
	telling_turned_away(&t->telling, VERDICT_FAILED); /* at the door of the helper */
	return stop(t, link_verdict(t->link, rc), verdict);
}

/* ------------------------------------------------------------------------- one note */

static void
queue(struct teller *t, const uint8_t *body, uint32_t length)
{
	struct link *l = t->link;
	struct tell tell = { .msgid = t->id,
		.flags = (uint8_t)((t->to_uid ? TELL_TO_UID : 0) | (t->later ? TELL_LATER : 0)),
		.uid = t->uid,
		.body = body,
		.length = length };
	const struct control_message *down;
	struct upstream_message up = { .type = UPSTREAM_TELL };

	(void)snprintf(tell.name, sizeof(tell.name), "%s", t->to);
	if (t->session) {
		down = &(struct control_message){ .type = CONTROL_TELL, .u.tell = tell };
		link_queue(l, down);
		return;
	}
	up.u.tell = tell;
	daemon_link_queue(&t->daemon, &up);
}

/* Where it could not be written, the other end has closed, and what it said before is to be read still. */
static enum attempt
attempt(struct teller *t, const uint8_t *body, uint32_t length, enum verdict *verdict)
{
	if (t->link->fd < 0) {
		const enum attempt reached = t->session ? reach_helper(t, verdict) : reach_daemon(t, verdict);

		t->heard = false;
		if (t->link->fd < 0)
			return reached;
	}
	queue(t, body, length);
	telling_sent(&t->telling);
	if (link_flush(t->link, t->deadline) == -ETIMEDOUT)
		return ATTEMPT_OVER;
	return await_answer(t, verdict);
}

/* Before the next attempt. False: the time is over. */
static bool
pause_a_while(const struct teller *t)
{
	struct ident random;
	uint32_t number = 0;
	int left = poll_time(t->deadline), ms;

	if (random_ident(&random) == 0)
		memcpy(&number, random.b, sizeof(number));
	ms = (int)telling_pause(&t->telling, number);
	(void)poll(NULL, 0, left >= 0 && left < ms ? left : ms);
	return poll_time(t->deadline) != 0;
}

static enum verdict
tell_one(struct teller *t, const uint8_t *body, uint32_t length)
{
	enum verdict v = VERDICT_OK;

	telling_begin(&t->telling, t->repeats, t->later);
	for (;;) {
		switch (attempt(t, body, length, &v)) {
		case ATTEMPT_DONE:
			return v;
		case ATTEMPT_OVER:
			return telling_over(&t->telling);
		case ATTEMPT_AGAIN:
			if (!pause_a_while(t))
				return telling_over(&t->telling);
			break;
		}
	}
}

/* ------------------------------------------------------------------------- all of them */

/* Nobody keeps a place in the daemon while there is nothing to tell. False: the time for it is over, or it cannot be read. */
static bool
fill(struct teller *t, uint64_t deadline)
{
	struct pollfd p = { .fd = t->feed->fd, .events = POLLIN };

	if (poll(&p, 1, 0) == 0) {
		if (!t->session)
			link_close(t->link);
		if (poll(&p, 1, poll_time(deadline)) == 0)
			return false;
	}
	t->problem = p.revents ? feed_fill(t->feed) : 0;
	return t->problem == 0;
}

static enum verdict
conclude(const struct teller *t)
{
	if (t->problem != 0)
		return VERDICT_FAILED;
	if (t->feeding == FEED_MORE) /* the time was over before there was a note */
		return t->repeats ? VERDICT_UNCONFIRMED : VERDICT_TIMED_OUT;
	if (t->feeding == FEED_TOO_LONG)
		return VERDICT_TOO_LONG;
	if (t->feeding == FEED_EMPTY)
		return VERDICT_EMPTY;
	return t->kept > 0 ? VERDICT_KEPT : VERDICT_OK;
}

static enum verdict
tell_next(struct teller *t, const uint8_t *body, uint32_t length)
{
	enum verdict v;

	t->deadline = deadline_in(t->timeout_ms);
	v = tell_one(t, body, length);
	if (v != VERDICT_OK && v != VERDICT_KEPT)
		return v;
	t->link->pause_ms = 0;
	t->kept += v == VERDICT_KEPT;
	if (t->delivered)
		t->delivered(t, v == VERDICT_KEPT);
	t->count++;
	t->id = ident_add(&t->id, 1);
	return VERDICT_OK;
}

enum verdict
teller_run(struct teller *t)
{
	/* --timeout is for the reading of a single message, too; lines come when they come. */
	const uint64_t reading = t->feed->separator == FEED_WHOLE ? t->reading_deadline : UINT64_MAX;
	const uint8_t *body;
	uint32_t length;
	enum verdict v;

	for (;;) {
		t->feeding = feed_peek(t->feed, &body, &length);
		if (t->feeding == FEED_MORE && fill(t, reading))
			continue;
		if (t->feeding != FEED_MESSAGE)
			return conclude(t);
		if (length > NOTE_MAX)
			return VERDICT_TOO_LONG;
		if ((v = tell_next(t, body, length)) != VERDICT_OK)
			return v;
		feed_take(t->feed, length);
	}
}
