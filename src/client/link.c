#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/errors.h"
#include "base/translate.h"
#include "client/link_impl.h"
#include "proto/status.h"

#define LINK_MS 1000 /* for a helper to say how it is */
#define NOTICE 0x80  /* bit of the type */

enum verdict
link_trouble(struct link *l, enum verdict v, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(l->words, sizeof(l->words), translate(fmt), ap);
	va_end(ap);
	return v;
}

void
link_init(struct link *l)
{
	l->fd = l->dir.fd = l->watch = l->passed = -1;
	l->places = RUNDIR_PLACES;
}

void
link_adopt(struct link *l, int fd)
{
	link_close(l);
	l->fd = fd;
	l->out_len = l->in_start = l->in_end = 0;
	l->heard = false;
	l->words[0] = '\0'; /* what went wrong before is over */
}

void
link_close(struct link *l)
{
	if (l->fd >= 0)
		(void)close(l->fd);
	l->fd = -1;
}

void
link_queue(struct link *l, const struct control_message *m)
{
	l->out_len += (uint32_t)control_encode(m, l->out + l->out_len, sizeof(l->out) - l->out_len);
}

/* Waits for `events` on the connection. 0, -ETIMEDOUT, -EPIPE. */
static int
wait_for(struct link *l, short events, uint64_t deadline)
{
	struct pollfd p[2] = { { .fd = l->fd, .events = events }, { .fd = l->watch, .events = 0 } };
	int n;

	do
		n = poll(p, 2, poll_time(deadline));
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n == 0 ? -ETIMEDOUT : -errno;
	return p[0].revents == 0 ? -EPIPE : 0;
}

static int
take_bye(struct link *l, const struct frame *f)
{
	struct control_message m;

	if (control_decode(f, &m) < 0)
		return -EPROTO;
	switch (m.u.bye.reason) {
	case BYE_VERSION:
		(void)link_trouble(l, VERDICT_FAILED,
		    "the helper of session '%s' is of another version; 'pchat quit' and log in again", l->shown);
		return -ESHUTDOWN;
	case BYE_CROWDED:
		(void)link_trouble(l, VERDICT_FAILED, "too many commands at once for session '%s'", l->shown);
		return -ESHUTDOWN;
	case BYE_MALFORMED:
		if (l->features != 0 && !l->heard) {
			l->features = 0; /* an older helper takes a HELLO that names some for a broken one */
			return -ECONNRESET;
		}
		/* fall through */
	case BYE_WINDOW:
	case BYE_STALLED:
		(void)link_trouble(l, VERDICT_FAILED, "the helper of session '%s' closed the connection", l->shown);
		return -ESHUTDOWN;
	default:
		return -ECONNRESET;
	}
}

int
link_next(struct link *l, struct frame *f)
{
	const ssize_t n = frame_parse(l->in + l->in_start, l->in_end - l->in_start, f);

	if (n < 0)
		return -EPROTO;
	l->in_start += (uint32_t)n;
	if (n > 0 && f->type == CONTROL_BYE)
		return take_bye(l, f);
	l->heard |= n > 0;
	return n > 0;
}

/* The first is kept until it is taken; there is room for two, which no helper passes, and the rest is closed. */
static void
keep_passed(struct link *l, const struct cmsghdr *c)
{
	const size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

	for (size_t i = 0; i < count; i++) {
		int fd;

		memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
		if (l->passed < 0)
			l->passed = fd;
		else
			(void)close(fd);
	}
}

/* As recv(2) into the buffer; a descriptor that comes is kept where one is expected. */
static ssize_t
read_some(struct link *l)
{
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec room = { .iov_base = l->in + l->in_end, .iov_len = sizeof(l->in) - l->in_end };
	struct msghdr m = {
		.msg_iov = &room,
		.msg_iovlen = 1,
		.msg_control = l->takes ? control.room : NULL,
		.msg_controllen = l->takes ? sizeof(control.room) : 0,
	};
	const ssize_t n = recvmsg(l->fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	const struct cmsghdr *c = n >= 0 ? CMSG_FIRSTHDR(&m) : NULL;

	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		keep_passed(l, c);
	return n;
}

int
link_take_passed(struct link *l)
{
	const int fd = l->passed;

	l->passed = -1;
	return fd;
}

int
link_fill(struct link *l)
{
	ssize_t n;

	/* What is left is part of one frame: half of the buffer holds that. */
	if (l->in_start > 0) {
		memmove(l->in, l->in + l->in_start, l->in_end - l->in_start);
		l->in_end -= l->in_start;
		l->in_start = 0;
	}
	do
		n = read_some(l);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		l->in_end += (uint32_t)n;
	return n > 0 || (n < 0 && errno == EAGAIN) ? 0 : -ECONNRESET;
}

/* The other end takes nothing more. It may have said why, which is what stands first then: -ESHUTDOWN; else -ECONNRESET. */
static int
parting(struct link *l)
{
	struct frame f;

	if (link_fill(l) < 0 || frame_parse(l->in, l->in_end, &f) <= 0 || f.type != CONTROL_BYE)
		return -ECONNRESET;
	return take_bye(l, &f);
}

int
link_flush(struct link *l, uint64_t deadline)
{
	uint32_t done = 0;

	while (done < l->out_len) {
		const ssize_t n = send(l->fd, l->out + done, l->out_len - done, MSG_NOSIGNAL | MSG_DONTWAIT);
		int rc = 0;

		if (n >= 0)
			done += (uint32_t)n;
		else if (errno == EAGAIN)
			rc = wait_for(l, POLLOUT, deadline);
		else if (errno != EINTR)
			rc = parting(l);
		if (rc < 0)
			return rc;
	}
	l->out_len = 0;
	return 0;
}

int
link_receive(struct link *l, uint64_t deadline, struct frame *f)
{
	int rc;

	while ((rc = link_next(l, f)) == 0) {
		if ((rc = wait_for(l, POLLIN, deadline)) < 0)
			return rc;
		if ((rc = link_fill(l)) < 0)
			return rc;
	}
	return rc < 0 ? rc : 0;
}

int
link_hear(struct link *l, uint64_t deadline, struct control_message *m)
{
	struct frame f;
	int rc;

	do {
		if ((rc = link_receive(l, deadline, &f)) < 0)
			return rc;
	} while (f.type == FRAME_ACK);
	return control_decode(&f, m) < 0 ? -EPROTO : 0;
}

int
link_reply(struct link *l, uint64_t deadline, struct control_message *reply)
{
	int rc;

	do {
		rc = link_hear(l, deadline, reply);
	} while (rc == 0 && (reply->type & NOTICE));
	return rc;
}

int
link_request(struct link *l, const struct control_message *request, uint64_t deadline, struct control_message *reply)
{
	int rc;

	link_queue(l, request);
	if ((rc = link_flush(l, deadline)) < 0)
		return rc;
	return link_reply(l, deadline, reply);
}

enum verdict
link_verdict(struct link *l, int error)
{
	switch (error) {
	case -ETIMEDOUT:
		return link_trouble(l, VERDICT_TIMED_OUT,
		    "no answer in time from the helper of session '%s', or from the daemon; 'pchat doctor' tells more",
		    l->shown);
	case -ECONNRESET:
		return link_trouble(l, VERDICT_NO_SESSION, "the helper of session '%s' has ended", l->shown);
	case -ESHUTDOWN: /* the words are there */
		return VERDICT_FAILED;
	case -EPIPE:
		return link_trouble(l, VERDICT_OUTPUT, "%s", error_words(EPIPE));
	default:
		return link_trouble(l, VERDICT_FAILED,
		    "the helper of session '%s' gave an answer that makes no sense; is it of another version?",
		    l->shown);
	}
}

enum verdict
link_outcome(struct link *l, const struct control_message *reply)
{
	const enum verdict v = reply->u.outcome.verdict;

	if (reply->type != CONTROL_OUTCOME)
		return link_verdict(l, -EPROTO);
	return link_trouble(l, v, "%s", _(reply->u.outcome.words[0] ? reply->u.outcome.words : status_words(v)));
}

enum verdict
link_old_helper(struct link *l, enum verdict v)
{
	return link_trouble(l, v, "the session's helper is an older pchat; 'pchat quit' and log in again");
}

enum verdict
link_timed_out(struct link *l)
{
	const struct control_message request = { .type = CONTROL_LINK };
	const uint64_t deadline = deadline_in(LINK_MS);
	struct control_message reply;

	if (l->host[0] && link_connect(l, deadline) == VERDICT_OK && link_request(l, &request, deadline, &reply) == 0 &&
	    link_outcome(l, &reply) == VERDICT_NO_DAEMON)
		return VERDICT_NO_DAEMON;
	return link_verdict(l, -ETIMEDOUT);
}

enum verdict
link_call(struct link *l, const struct control_message *request, uint64_t deadline, enum control_type expected,
    struct control_message *reply)
{
	enum verdict v;
	int rc;

	while ((rc = link_request(l, request, deadline, reply)) == -ECONNRESET) {
		if ((v = link_come_back(l, deadline)) != VERDICT_OK)
			return v;
	}
	if (rc == -ETIMEDOUT)
		return link_timed_out(l);
	if (rc < 0)
		return link_verdict(l, rc);
	if (reply->type == expected)
		return VERDICT_OK;
	v = link_outcome(l, reply);
	return v == VERDICT_OK ? link_verdict(l, -EPROTO) : v;
}

enum verdict
link_command(struct link *l, const struct control_message *request, uint64_t deadline)
{
	struct control_message reply;
	const enum verdict v = link_call(l, request, deadline, CONTROL_OUTCOME, &reply);

	return v == VERDICT_OK ? link_outcome(l, &reply) : v;
}
