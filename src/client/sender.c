#include "client/sender.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/clock.h"

#define SHOW_EVERY_MS 200
#define HUNGRY_MS 1000

void
sender_init(struct sender *s, struct link *link, struct feed *feed, const struct ident *id, bool repeats)
{
	s->link = link;
	s->feed = feed;
	outgoing_init(&s->out, id);
	s->out.box.repeats = repeats;
}

static void
stop(struct sender *s, enum verdict why)
{
	s->stopped_at = s->out.box.acked;
	s->why = outbox_verdict(&s->out.box, why);
}

/* ------------------------------------------------------------ from the feed */

static bool
take_message(struct sender *s, const uint8_t *body, uint32_t length)
{
	if (outbox_empty(&s->out.box))
		s->last_progress = clock_monotonic_ms();
	return outgoing_add(&s->out, body, length);
}

/* Takes what the feed has, as far as the window goes. */
static void
gather(struct sender *s)
{
	const uint8_t *body;
	uint32_t length;

	while ((s->feeding = feed_peek(s->feed, &body, &length)) == FEED_MESSAGE && take_message(s, body, length))
		feed_take(s->feed, length);
}

static bool
hungry(const struct sender *s)
{
	return s->feeding == FEED_MORE && s->problem == 0;
}

static bool
fed(const struct sender *s)
{
	return s->problem != 0 || (s->feeding != FEED_MORE && s->feeding != FEED_MESSAGE);
}

/* All that the feed gave is delivered: is it well, or was the next message none? */
static enum verdict
conclude(const struct sender *s)
{
	if (s->problem != 0)
		return VERDICT_FAILED;
	if (s->feeding == FEED_TOO_LONG)
		return VERDICT_TOO_LONG;
	return s->feeding == FEED_EMPTY ? VERDICT_EMPTY : VERDICT_OK;
}

/* ------------------------------------------------------------ to the helper */

/* What is to be written: requests first, then messages. False when there is nothing. */
static bool
output(struct sender *s, struct iovec iov[2])
{
	const uint8_t *messages;

	iov[0] = (struct iovec){ .iov_base = s->link->out, .iov_len = s->link->out_len };
	iov[1].iov_len = outgoing_output(&s->out, &messages);
	iov[1].iov_base = (void *)messages;
	return !s->deaf && iov[0].iov_len + iov[1].iov_len > 0;
}

static void
wrote(struct sender *s, size_t n)
{
	struct link *l = s->link;
	const uint32_t requests = n < l->out_len ? (uint32_t)n : l->out_len;

	memmove(l->out, l->out + requests, l->out_len - requests);
	l->out_len -= requests;
	outgoing_wrote(&s->out, n - requests);
}

/* Writes what can be written now; whether something is left. */
static bool
push(struct sender *s)
{
	struct iovec iov[2];
	const struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2 };

	while (output(s, iov)) {
		const ssize_t n = sendmsg(s->link->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n >= 0)
			wrote(s, (size_t)n);
		else if (errno == EAGAIN)
			return true;
		else if (errno != EINTR)
			s->deaf = true;
	}
	return false;
}

/* ---------------------------------------------------------- from the helper */

static void
settled(struct sender *s, enum verdict v, uint32_t count)
{
	if (v != VERDICT_OK) {
		s->stopped_at = s->out.box.acked - count;
		s->why = v;
		return;
	}
	s->last_progress = clock_monotonic_ms();
	s->link->pause_ms = 0;
	for (; count > 0; count--)
		outgoing_drop(&s->out);
}

/* The reply to EXPECT; all else is the stream's. */
static bool
take_reply(struct sender *s, const struct frame *f)
{
	struct control_message m;

	if (f->type != CONTROL_OUTCOME)
		return false;
	if (control_decode(f, &m) < 0)
		stop(s, link_verdict(s->link, -EPROTO));
	else if (m.u.outcome.verdict != VERDICT_OK)
		stop(s, m.u.outcome.verdict);
	return true;
}

static void
take_frame(struct sender *s, const struct frame *f)
{
	enum verdict v;
	uint32_t count;

	if (take_reply(s, f))
		return;
	switch (outgoing_take(&s->out, f, &v, &count)) {
	case OUTGOING_SETTLED:
		settled(s, v, count);
		break;
	case OUTGOING_STOPPED:
		stop(s, v);
		break;
	case OUTGOING_MALFORMED:
		stop(s, link_verdict(s->link, -EPROTO));
		break;
	case OUTGOING_NOTHING:
		break;
	}
}

static int
take_frames(struct sender *s)
{
	struct frame f;
	int rc;

	while (s->why == VERDICT_OK && (rc = link_next(s->link, &f)) != 0) {
		if (rc < 0)
			return rc;
		take_frame(s, &f);
	}
	return 0;
}

/* ------------------------------------------------------------- as a whole */

static uint64_t
deadline_of(const struct sender *s)
{
	const uint64_t most = UINT64_MAX - s->last_progress;

	return s->timeout_ms >= most ? UINT64_MAX : s->last_progress + s->timeout_ms;
}

static void
expect(struct sender *s)
{
	static struct control_message m = { .type = CONTROL_EXPECT }; /* large: not made where nothing is expected */

	if (!s->to)
		return;
	(void)snprintf(m.u.expect.name, sizeof(m.u.expect.name), "%s", s->to);
	link_queue(s->link, &m);
}

/* The helper is gone: another one gets all again that is not acknowledged. */
static void
come_back(struct sender *s)
{
	enum verdict v;

	outgoing_lost(&s->out, s->link->heard);
	s->deaf = false;
	if (outbox_empty(&s->out.box))
		s->last_progress = clock_monotonic_ms();
	v = link_come_back(s->link, deadline_of(s));
	if (v != VERDICT_OK)
		stop(s, v);
	else
		expect(s);
}

static void
listen_to_helper(struct sender *s)
{
	int rc = link_fill(s->link);
	const int taken = take_frames(s);

	if (s->why != VERDICT_OK)
		return;
	if (taken < 0)
		rc = taken;
	if (rc < 0 && fed(s) && outbox_empty(&s->out.box))
		return; /* all is delivered: whatever became of the helper behind that */
	if (rc == -ECONNRESET) {
		come_back(s);
	} else if (rc < 0) {
		outgoing_lost(&s->out, false); /* turned away at the door, nothing of ours was read */
		stop(s, link_verdict(s->link, rc));
	}
}

static void
show(struct sender *s)
{
	const uint64_t now = clock_monotonic_ms();

	if (!s->progress || (now - s->shown_at < SHOW_EVERY_MS && s->why == VERDICT_OK && !fed(s)))
		return;
	s->shown_at = now;
	s->progress(s->out.box.acked, false);
}

static inline uint64_t
earliest(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Whether somebody is to be told that the feed is waited for. */
static bool
is_told(const struct sender *s)
{
	return s->hungry && hungry(s);
}

/* Of what is under way; or, when nothing is, of the feed. */
static uint64_t
limit(const struct sender *s)
{
	if (!outbox_empty(&s->out.box))
		return deadline_of(s);
	return s->feed_deadline > 0 ? s->feed_deadline : UINT64_MAX;
}

/* Waits for the helper, for room to write, and for input, whichever is wanted. */
static void
wait_for_any(struct sender *s, bool pending)
{
	struct pollfd p[2] = {
		{ .fd = s->link->fd, .events = (short)(POLLIN | (pending ? POLLOUT : 0)) },
		{ .fd = hungry(s) ? s->feed->fd : -1, .events = POLLIN },
	};
	const int n = poll(p, 2, poll_time(earliest(limit(s), is_told(s) ? s->hungry_at : UINT64_MAX)));

	if (n == 0 && is_told(s) && poll_time(s->hungry_at) == 0) {
		s->hungry();
		s->hungry = NULL;
	}
	if (n == 0 && poll_time(limit(s)) == 0) {
		stop(s, VERDICT_TIMED_OUT);
		return;
	}
	if (n < 0)
		return;
	if (p[0].revents & ~POLLOUT)
		listen_to_helper(s);
	if (p[1].revents)
		s->problem = feed_fill(s->feed);
}

/* A question in the middle of a message would become a part of it. */
static bool
may_ask(const struct sender *s)
{
	return !s->deaf && outgoing_is_between(&s->out);
}

/* Repeated after another pairing, the message must not go to somebody else: to whom was it? */
static void
ask_partner(struct sender *s)
{
	const struct control_message m = { .type = CONTROL_STATUS };
	struct control_message state;

	if (s->to)
		(void)snprintf(s->partner, sizeof(s->partner), "%s", s->to);
	else if (may_ask(s) && s->out.box.pair != 0 && link_request(s->link, &m, deadline_in(200), &state) == 0 &&
	    state.type == CONTROL_STATE && state.u.state.pair == s->out.box.pair)
		memcpy(s->partner, state.u.state.partner.name, sizeof(s->partner));
}

/* Nobody is there: the helper knows whether somebody was, and how it ended (R10). */
static void
ask_last_end(struct sender *s)
{
	const struct control_message m = { .type = CONTROL_STATUS };
	struct control_message state;

	if (!may_ask(s) || link_request(s->link, &m, deadline_in(1000), &state) < 0 || state.type != CONTROL_STATE)
		return;
	s->last_end = state.u.state.last_end;
}

enum verdict
sender_run(struct sender *s)
{
	s->last_progress = clock_monotonic_ms();
	s->hungry_at = s->last_progress + HUNGRY_MS;
	expect(s);
	for (;;) {
		gather(s);
		if (fed(s) && outbox_empty(&s->out.box))
			break;
		wait_for_any(s, push(s));
		show(s);
		if (s->why != VERDICT_OK)
			break;
	}
	if (s->progress)
		s->progress(s->out.box.acked, true);
	if (s->why == VERDICT_OK) {
		s->stopped_at = s->out.box.acked;
		s->why = conclude(s);
	} else if (s->why == VERDICT_NOT_PAIRED)
		ask_last_end(s);
	else if (s->why == VERDICT_UNCONFIRMED)
		ask_partner(s);
	return s->why;
}
