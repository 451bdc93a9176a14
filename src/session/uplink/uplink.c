#include "session/uplink/uplink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/translate.h"
#include "core/limits.h"
#include "net/stream.h"
#include "proto/feature.h"
#include "session/uplink/judge.h"
#include "session/uplink/login.h"

#define RETRY_MIN_MS 5U
#define OUTPUT_CAP (1024U * 1024U)
#define SMALL_FRAME 8192U

struct uplink {
	const struct uplink_class *class;
	void *context;
	const struct session_file *file;
	const struct state *state;
	struct ev_loop *loop;
	struct login login;
	struct stream stream; /* in use unless login.state is DOWN */
	bool stopped;
	bool heard;        /* the daemon said something on this connection */
	bool expects;      /* a descriptor */
	bool complained;   /* of this trouble with the daemon */
	bool plain;        /* the daemon is an older one, to which HELLO names no features */
	uint32_t features; /* of the daemon */
	uint32_t pause_ms;
	ev_timer retry; /* connects */
};

/* ------------------------------------------------------------------------- to the daemon */

bool
uplink_ready(const struct uplink *u)
{
	return u->login.state == LOGIN_READY && !u->stream.dead;
}

bool
uplink_heard(const struct uplink *u)
{
	return u->heard;
}

void
uplink_write(struct uplink *u, const void *data, size_t n)
{
	/* Not only when READY: the partner may write as soon as the daemon knows that we are back. */
	if (u->login.state == LOGIN_SETTLING || u->login.state == LOGIN_READY)
		(void)stream_write(&u->stream, data, n);
}

static bool
say(struct uplink *u, const struct upstream_message *m)
{
	_cleanup_(freep) uint8_t *large = NULL;
	uint8_t small[SMALL_FRAME];
	size_t n = upstream_encode(m, small, sizeof(small));

	if (n > 0)
		return stream_write(&u->stream, small, n);
	/* A process keeps each page that its stack ever had: a long one is not made there. */
	if ((large = malloc(FRAME_MAX)) && (n = upstream_encode(m, large, FRAME_MAX)) > 0)
		return stream_write(&u->stream, large, n);
	stream_close(&u->stream, ENOMEM);
	return false;
}

bool
uplink_send(struct uplink *u, const struct upstream_message *m)
{
	return uplink_ready(u) && say(u, m);
}

bool
uplink_tell(struct uplink *u, const struct upstream_message *m)
{
	return (u->login.state == LOGIN_SETTLING || u->login.state == LOGIN_READY) && !u->stream.dead && say(u, m);
}

bool
uplink_knows(const struct uplink *u, uint32_t features)
{
	return (u->features & features) == features;
}

void
uplink_expect(struct uplink *u, bool expects)
{
	u->expects = expects;
	if (u->login.state != LOGIN_DOWN)
		stream_expect(&u->stream, expects);
}

int
uplink_take_passed(struct uplink *u)
{
	return u->login.state == LOGIN_DOWN ? -1 : stream_take_passed(&u->stream);
}

void
uplink_restart(struct uplink *u, int error)
{
	if (error == ENOMEM)
		log_error("the connection to the daemon is made anew: memory is short");
	if (u->login.state != LOGIN_DOWN)
		stream_close(&u->stream, error);
}

void
uplink_farewell(struct uplink *u)
{
	const struct upstream_message m = { .type = UPSTREAM_QUIT };

	if (u->login.state == LOGIN_DOWN)
		return;
	(void)say(u, &m);
	stream_close(&u->stream, 0); /* says it to its end: the loop will turn no more */
}

/* ------------------------------------------------------------------------- login */

static void
send_login(struct uplink *u)
{
	struct upstream_message m;

	login_message(&u->login, u->file, u->state, &m);
	(void)say(u, &m);
}

static void
greet(struct uplink *u)
{
	/* No descriptor crosses hosts: nobody offers anything to one who is at another (R13). */
	const uint32_t features = u->file->via[0] ? FEATURES_KNOWN & ~(uint32_t)FEATURE_STREAMS : FEATURES_KNOWN;
	const struct upstream_message hello = { .type = UPSTREAM_HELLO,
		.u.hello = {
		    .magic = PROTOCOL_MAGIC, .version = PROTOCOL_VERSION, .features = u->plain ? 0 : features } };

	u->features = 0;
	u->heard = false;
	login_begin(&u->login);
	stream_cork(&u->stream);
	(void)say(u, &hello);
	send_login(u);
	stream_uncork(&u->stream);
}

static void
on_welcome(struct uplink *u, const struct upstream_message *m)
{
	const struct upstream_message cancel = { .type = UPSTREAM_CANCEL };
	const bool lost = login_welcome(&u->login, m->u.welcome.resumed);

	u->class->welcome(u->context, m, lost);
	(void)say(u, &cancel);
}

static void
on_settled(struct uplink *u)
{
	login_settled(&u->login);
	u->plain = false; /* the next one may be newer */
	u->complained = false;
	u->pause_ms = 0;
	u->class->ready(u->context);
}

static void
on_refused(struct uplink *u, enum verdict v)
{
	switch (login_refused(&u->login, v)) {
	case LOGIN_AGAIN:
		send_login(u);
		break;
	case LOGIN_RETRY_LATE:
		u->pause_ms = RETRY_MAX_MS;
		stream_close(&u->stream, 0);
		break;
	case LOGIN_RETRY:
		stream_close(&u->stream, 0);
		break;
	case LOGIN_OVER:
		u->class->refused(u->context, v, NULL);
		break;
	}
}

/* ------------------------------------------------------------------------- what arrives */

/* A daemon that knows no features takes the HELLO that names some for a broken one. */
static void
greet_plainly(struct uplink *u)
{
	u->plain = true;
	u->pause_ms = 0;
	if (!feature_holds_name(0, u->file->name) && u->login.fresh)
		u->class->refused(u->context, VERDICT_FAILED,
		    N_("the daemon is an older pchat, which takes only names of A-Z a-z 0-9 . _ -; it has to be "
		       "restarted"));
}

static void
on_bye(struct uplink *u, enum bye reason)
{
	switch (reason) {
	case BYE_REPLACED:
		u->class->replaced(u->context);
		break;
	case BYE_VERSION:
		if (u->login.fresh)
			u->class->refused(u->context, VERDICT_FAILED, N_("the daemon is of another version"));
		u->pause_ms = RETRY_MAX_MS;
		break;
	case BYE_MALFORMED:
		if (u->login.state == LOGIN_GREETING && !u->plain && u->features == 0) {
			greet_plainly(u);
			break;
		}
		/* fall through */
	case BYE_WINDOW:
	case BYE_STALLED:
		log_error("the daemon closed the connection: reason %d", (int)reason);
		break;
	default:
		break;
	}
}

static void
on_result(struct uplink *u, enum verdict v)
{
	if (u->login.state == LOGIN_GREETING)
		on_refused(u, v);
	else if (u->login.state == LOGIN_SETTLING)
		on_settled(u);
	else
		u->class->result(u->context, v);
}

/* False: the daemon broke the protocol. */
static bool
on_frame(struct uplink *u, const struct frame *f)
{
	struct upstream_message m;

	if (upstream_decode(f, &m) < 0 || !judge_names(&m, u->file->name))
		return false;
	if (m.type == UPSTREAM_HELLO && u->login.state == LOGIN_GREETING)
		u->features = m.u.hello.features;
	else if (m.type == UPSTREAM_WELCOME && u->login.state == LOGIN_GREETING)
		on_welcome(u, &m);
	else if (m.type == UPSTREAM_RESULT)
		on_result(u, (enum verdict)m.u.result.verdict);
	else if (m.type == UPSTREAM_WHO_PAGE)
		u->class->page(u->context, f);
	else if (m.type == UPSTREAM_BYE)
		on_bye(u, (enum bye)m.u.bye.reason);
	else
		u->class->notice(u->context, &m);
	return true;
}

static bool
take_frame(struct uplink *u, const struct frame *f)
{
	struct ack a;

	if (f->type == FRAME_MSG) {
		u->class->message(u->context, f);
		return true;
	}
	if (f->type != FRAME_ACK)
		return on_frame(u, f);
	if (ack_decode(f, &a) < 0)
		return false;
	u->class->ack(u->context, &a);
	return true;
}

static struct uplink *
of_stream(struct stream *st)
{
	return container_of(st, struct uplink, stream);
}

static ssize_t
on_input(struct stream *st, uint8_t *data, size_t n)
{
	struct uplink *u = of_stream(st);
	struct frame f;
	ssize_t used = 0;
	size_t at = 0;

	while (!st->dead && !u->stopped && (used = frame_parse(data + at, n - at, &f)) > 0) {
		at += (size_t)used;
		u->heard = true;
		if (!take_frame(u, &f)) {
			used = -1;
			break;
		}
	}
	u->class->turn(u->context);
	if (used >= 0)
		return (ssize_t)at;
	log_error("the daemon broke the protocol");
	if (u->login.fresh && !u->stopped)
		u->class->refused(u->context, VERDICT_FAILED, N_("the daemon gave an answer that makes no sense"));
	return -1;
}

/* ------------------------------------------------------------------------- connecting */

static void connect_now(struct uplink *u);

static void
retry_later(struct uplink *u)
{
	/* By a third each time: a daemon that was away for a while waits no third of that while for us. */
	u->pause_ms = u->pause_ms == 0 ? RETRY_MIN_MS : u->pause_ms + u->pause_ms / 3;
	if (u->pause_ms > RETRY_MAX_MS)
		u->pause_ms = RETRY_MAX_MS;
	ev_timer_stop(u->loop, &u->retry);
	ev_timer_set(&u->retry, u->pause_ms / 1000., 0.);
	ev_timer_start(u->loop, &u->retry);
}

static void
on_closed(struct stream *st, int error)
{
	struct uplink *u = of_stream(st);
	const bool was_ready = u->login.state == LOGIN_READY;

	(void)error;
	u->login.state = LOGIN_DOWN;
	u->class->down(u->context);
	if (u->stopped)
		return;
	if (was_ready)
		connect_now(u); /* a daemon that was restarted is there at once */
	else
		retry_later(u);
}

static const struct stream_class uplink_stream = { .input = on_input, .closed = on_closed, .output_cap = OUTPUT_CAP };

static void
connected(struct uplink *u, int fd)
{
	stream_init(&u->stream, &uplink_stream, u->loop, fd);
	stream_expect(&u->stream, u->expects);
	u->class->up(u->context);
	greet(u);
}

static void
connect_now(struct uplink *u)
{
	char why[UPLINK_WHY];
	const int fd = u->class->connect(u->context, why);

	if (fd >= 0) {
		connected(u, fd);
		return;
	}
	if (fd != -EAGAIN && !u->complained)
		log_notice("cannot reach the daemon: %s", strerror(-fd));
	u->complained = u->complained || fd != -EAGAIN;
	if (!u->stopped)
		retry_later(u);
}

static void
on_retry(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop, (void)revents;
	connect_now(w->data);
}

int
uplink_start(struct uplink *u, bool fresh, char why[UPLINK_WHY])
{
	const int fd = u->class->connect(u->context, why);

	u->login.fresh = fresh;
	if (fd >= 0)
		connected(u, fd);
	else if (fresh && fd != -EAGAIN)
		return fd;
	else
		retry_later(u);
	return 0;
}

/* ------------------------------------------------------------------------- as a whole */

void
uplink_stop(struct uplink *u)
{
	u->stopped = true;
	ev_timer_stop(u->loop, &u->retry);
}

struct uplink *
uplink_new(const struct uplink_class *class, void *context, const struct session_file *file, const struct state *state,
    struct ev_loop *loop)
{
	struct uplink *u = calloc(1, sizeof(*u));

	if (!u)
		return NULL;
	u->class = class;
	u->context = context;
	u->file = file;
	u->state = state;
	u->loop = loop;
	ev_timer_init(&u->retry, on_retry, 0., 0.);
	u->retry.data = u;
	return u;
}

void
uplink_free(struct uplink *u)
{
	if (!u)
		return;
	uplink_stop(u);
	if (u->login.state != LOGIN_DOWN)
		stream_release(&u->stream);
	free(u);
}
