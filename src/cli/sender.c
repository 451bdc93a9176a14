#include "cli/sender.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/clock.h"

#define HEAD (FRAME_HEADER + MSG_FIXED)
#define RETRY_MIN_MS 10
#define SHOW_EVERY_MS 200

void
sender_init(struct sender *s, struct link *link, struct feed *feed, const struct ident *id)
{
	s->link = link;
	s->feed = feed;
	outbox_init(&s->box, id);
}

/* Bytes of the frame that begins at `at` of the store. */
static size_t
frame_size(const struct sender *s, size_t at)
{
	uint32_t body;

	memcpy(&body, s->store + at, sizeof(body));
	return FRAME_HEADER + le32toh(body);
}

static void
stop(struct sender *s, enum verdict why)
{
	s->why = outbox_verdict(&s->box, why);
	/* Of a repeated id only the receiver knows for certain. A refusal at the door speaks of this attempt. */
	if (s->repeats &&
	    (s->why == VERDICT_LEFT || s->why == VERDICT_PARTNER_QUIT || s->why == VERDICT_GONE ||
		s->why == VERDICT_TIMED_OUT))
		s->why = VERDICT_UNCONFIRMED;
}

/* ------------------------------------------------------------ from the feed */

static void
compact(struct sender *s)
{
	const size_t from = s->stub && s->written < s->base ? s->written : s->base;

	memmove(s->store, s->store + from, s->end - from);
	s->base -= from;
	s->written -= from;
	s->claimed -= from;
	s->end -= from;
	s->stub -= s->stub ? from : 0;
}

/* Takes one message into the store; false while it has no room. */
static bool
store(struct sender *s, const uint8_t *body, uint32_t length)
{
	if (!window_has_room(&s->box.window, length))
		return false;
	if (s->end + HEAD + length > sizeof(s->store))
		compact(s);
	if (s->end + HEAD + length > sizeof(s->store))
		return false;
	if (outbox_empty(&s->box))
		s->last_progress = clock_monotonic_ms();
	(void)outbox_add(&s->box, length);
	frame_header(s->store + s->end, FRAME_MSG, MSG_FIXED + length);
	memcpy(s->store + s->end + HEAD, body, length);
	s->end += HEAD + length;
	return true;
}

/* Takes what the feed has, as far as the window goes. */
static void
gather(struct sender *s)
{
	const uint8_t *body;
	uint32_t length;

	while ((s->feeding = feed_peek(s->feed, &body, &length)) == FEED_MESSAGE && store(s, body, length))
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

static void
claim(struct sender *s)
{
	struct msg m = { .pair = s->box.pair, .epoch = s->box.gen };
	uint64_t index;

	while (outbox_next(&s->box, &index, &m.id)) {
		const size_t size = frame_size(s, s->claimed);

		m.length = (uint32_t)(size - HEAD);
		msg_encode_head(s->store + s->claimed, &m);
		s->claimed += size;
	}
}

/* Everything unacknowledged is to be written again, but never from the middle of a frame. */
static void
rewind_store(struct sender *s)
{
	size_t at = s->base;

	if (s->stub)
		return;
	while (at < s->written)
		at += frame_size(s, at);
	if (at > s->written && s->written > s->base)
		s->stub = at;
	else
		s->written = s->base;
	s->claimed = s->base;
}

static void
wrote(struct sender *s, size_t n)
{
	struct link *l = s->link;
	const uint32_t requests = n < l->out_len ? (uint32_t)n : l->out_len;

	memmove(l->out, l->out + requests, l->out_len - requests);
	l->out_len -= requests;
	s->written += n - requests;
	if (s->stub && s->written == s->stub) {
		s->stub = 0;
		s->written = s->claimed = s->base;
	}
}

static bool
pending(const struct sender *s)
{
	return !s->deaf && (s->link->out_len > 0 || s->written < (s->stub ? s->stub : s->claimed));
}

/* Writes what can be written now; requests and messages together. */
static void
push(struct sender *s)
{
	struct link *l = s->link;

	for (;;) {
		struct iovec iov[2] = { { .iov_base = l->out, .iov_len = l->out_len },
			{ .iov_base = s->store + s->written } };
		const struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2 };
		ssize_t n;

		if (!s->stub)
			claim(s);
		if (!pending(s))
			return;
		iov[1].iov_len = (s->stub ? s->stub : s->claimed) - s->written;
		n = sendmsg(l->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n >= 0)
			wrote(s, (size_t)n);
		else if (errno == EAGAIN)
			return;
		else if (errno != EINTR)
			s->deaf = true;
	}
}

/* ---------------------------------------------------------- from the helper */

static void
take_ok(struct sender *s, const struct ack *a)
{
	uint32_t gone = outbox_acked(&s->box, &a->first, a->count);

	if (gone > 0) {
		s->last_progress = clock_monotonic_ms();
		s->retry_ms = 0;
	}
	for (; gone > 0; gone--)
		s->base += frame_size(s, s->base);
	/* What an earlier generation wrote may be acknowledged before it is written again. */
	if (!s->stub && s->written < s->base)
		s->written = s->base;
	if (s->claimed < s->base)
		s->claimed = s->base;
}

static void
take_ack(struct sender *s, const struct frame *f)
{
	uint64_t index;
	struct ack a;

	if (ack_decode(f, &a) < 0)
		stop(s, link_verdict(s->link, -EPROTO));
	else if (a.verdict == VERDICT_OK)
		take_ok(s, &a);
	else if (a.verdict != VERDICT_STALE && ident_distance(&s->box.first, &a.first, &index) &&
	    index >= s->box.acked && index < s->box.added)
		stop(s, a.verdict);
}

static void
take_control(struct sender *s, const struct frame *f)
{
	struct control_message m;

	if (control_decode(f, &m) < 0) {
		stop(s, link_verdict(s->link, -EPROTO));
		return;
	}
	switch (m.type) {
	case CONTROL_OUTCOME: /* of EXPECT */
		if (m.u.outcome.verdict != VERDICT_OK)
			stop(s, m.u.outcome.verdict);
		break;
	case CONTROL_HELD:
		outbox_held(&s->box, m.u.way.pair, m.u.way.gen, m.u.way.forwarded);
		rewind_store(s);
		break;
	case CONTROL_READY:
		if (s->box.held || s->box.gen != m.u.way.gen)
			rewind_store(s);
		outbox_ready(&s->box, m.u.way.pair, m.u.way.gen);
		break;
	case CONTROL_ENDED:
		stop(s, m.u.ended.verdict);
		break;
	default:
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
		if (f.type == FRAME_ACK)
			take_ack(s, &f);
		else
			take_control(s, &f);
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
	struct control_message m = { .type = CONTROL_EXPECT };

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

	outbox_disconnected(&s->box);
	s->stub = 0;
	s->written = s->claimed = s->base;
	s->deaf = false;
	if (outbox_empty(&s->box))
		s->last_progress = clock_monotonic_ms();
	/* One that dies again and again is not to be started without a pause. */
	if (s->retry_ms > 0)
		(void)poll(NULL, 0, s->retry_ms);
	s->retry_ms = s->retry_ms == 0 ? RETRY_MIN_MS : s->retry_ms < 1000 ? 2 * s->retry_ms : s->retry_ms;
	v = link_connect(s->link, deadline_of(s));
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
	if (rc == -ECONNRESET)
		come_back(s);
	else if (rc < 0)
		stop(s, link_verdict(s->link, rc));
}

static void
show(struct sender *s)
{
	const uint64_t now = clock_monotonic_ms();

	if (now - s->shown_at < SHOW_EVERY_MS && s->why == VERDICT_OK && !fed(s))
		return;
	s->shown_at = now;
	(void)dprintf(STDERR_FILENO, "\r%" PRIu64 " delivered", s->box.acked);
}

/* Waits for the helper, for room to write, and for input, whichever is wanted. */
static void
wait_for_any(struct sender *s)
{
	struct pollfd p[2] = {
		{ .fd = s->link->fd, .events = (short)(POLLIN | (pending(s) ? POLLOUT : 0)) },
		{ .fd = hungry(s) ? s->feed->fd : -1, .events = POLLIN },
	};
	const int n = poll(p, 2, poll_time(outbox_empty(&s->box) ? UINT64_MAX : deadline_of(s)));

	if (n == 0) {
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

/* Repeated after another pairing, the message must not go to somebody else: to whom was it? */
static void
ask_partner(struct sender *s)
{
	const struct control_message m = { .type = CONTROL_STATUS };
	struct control_message state;

	if (s->to)
		(void)snprintf(s->partner, sizeof(s->partner), "%s", s->to);
	else if (!s->deaf && s->box.pair != 0 && link_request(s->link, &m, deadline_in(200), &state) == 0 &&
	    state.type == CONTROL_STATE && state.u.state.pair == s->box.pair)
		memcpy(s->partner, state.u.state.partner.name, sizeof(s->partner));
}

/* Nobody is there: the helper knows whether somebody was, and how it ended (R10). */
static void
ask_last_end(struct sender *s)
{
	const struct control_message m = { .type = CONTROL_STATUS };
	struct control_message state;

	if (s->deaf || link_request(s->link, &m, deadline_in(1000), &state) < 0 || state.type != CONTROL_STATE)
		return;
	s->last_end = state.u.state.last_end;
}

enum verdict
sender_run(struct sender *s)
{
	s->last_progress = clock_monotonic_ms();
	expect(s);
	for (;;) {
		gather(s);
		if (fed(s) && outbox_empty(&s->box))
			break;
		push(s);
		wait_for_any(s);
		if (s->progress)
			show(s);
		if (s->why != VERDICT_OK)
			break;
	}
	if (s->progress)
		(void)dprintf(STDERR_FILENO, "\n");
	if (s->why == VERDICT_OK)
		s->why = conclude(s);
	else if (s->why == VERDICT_NOT_PAIRED)
		ask_last_end(s);
	else if (s->why == VERDICT_UNCONFIRMED)
		ask_partner(s);
	return s->why;
}
