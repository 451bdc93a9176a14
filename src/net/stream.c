#include "net/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/macros.h"
#include "core/limits.h"

#define STALL_MS (STALL_SECONDS * 1000ULL)
#define READ_SIZE 65536U
#define OUT_MIN 4096U /* queues begin at this size, and one of it is kept for the next */

TAILQ_HEAD(stream_list, stream);

/* What all streams of the process share. */
static struct {
	struct ev_loop *loop;
	uint8_t *input; /* what was left of the frame before, then what read(2) brings */
	size_t input_size;
	uint8_t *spare;             /* a queue of OUT_MIN bytes that nobody uses just now */
	struct stream_list dead;    /* streams, by the turn they died */
	struct stream_list stalled; /* streams with output queued, the one that waits longest first */
	ev_prepare reaper;          /* runs while somebody is dead */
	ev_timer stall_timer;       /* runs for the first of the stalled */
} hub;

static void
discard_output(struct stream *s)
{
	if (s->out_cap == OUT_MIN && !hub.spare)
		hub.spare = s->out;
	else
		free(s->out);
	s->out = NULL;
	s->out_head = s->out_len = s->out_cap = 0;
}

void
stream_release(struct stream *s)
{
	(void)close(s->io.fd);
	free(s->partial);
	s->partial = NULL;
	discard_output(s);
}

static void
reap(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct stream *s;

	(void)revents;
	while ((s = TAILQ_FIRST(&hub.dead))) {
		TAILQ_REMOVE(&hub.dead, s, link);
		stream_release(s);
		s->class->closed(s, s->error);
	}
	ev_prepare_stop(loop, w);
}

static void
watch_stalled(void)
{
	const struct stream *s = TAILQ_FIRST(&hub.stalled);
	uint64_t now, end;

	ev_timer_stop(hub.loop, &hub.stall_timer);
	if (!s)
		return;
	now = clock_monotonic_ms();
	end = s->stalled_since + STALL_MS;
	ev_timer_set(&hub.stall_timer, end > now ? (double)(end - now) / 1000. : 0., 0.);
	ev_timer_start(hub.loop, &hub.stall_timer);
}

static void
on_stalled(struct ev_loop *loop, ev_timer *w, int revents)
{
	const uint64_t now = clock_monotonic_ms();
	struct stream *s;

	(void)loop, (void)w, (void)revents;
	while ((s = TAILQ_FIRST(&hub.stalled)) && s->stalled_since + STALL_MS <= now)
		stream_close(s, ETIMEDOUT);
	watch_stalled();
}

int
stream_setup(struct ev_loop *loop)
{
	if (!hub.input) {
		hub.input_size = FRAME_MAX + READ_SIZE;
		hub.input = malloc(hub.input_size);
		if (!hub.input)
			return -ENOMEM;
	}
	hub.loop = loop;
	TAILQ_INIT(&hub.dead);
	TAILQ_INIT(&hub.stalled);
	ev_prepare_init(&hub.reaper, reap);
	ev_timer_init(&hub.stall_timer, on_stalled, 0., 0.);
	return 0;
}

static inline bool
is_stalled(const struct stream *s)
{
	return s->io.events & EV_WRITE;
}

/* Watches for what the stream wants now. What libev has to tell already is not lost by it. */
static void
watch(struct stream *s, bool out)
{
	const int want = (s->paused ? 0 : EV_READ) | (out ? EV_WRITE : 0);
	int pending;

	if ((s->io.events & (EV_READ | EV_WRITE)) == want)
		return;
	pending = ev_clear_pending(s->loop, &s->io);
	ev_io_stop(s->loop, &s->io);
	ev_io_set(&s->io, s->io.fd, want);
	if (want)
		ev_io_start(s->loop, &s->io);
	pending &= s->paused ? want : want | EV_CUSTOM;
	if (pending)
		ev_feed_event(s->loop, &s->io, pending);
}

static void
stall_begin(struct stream *s)
{
	const bool first = TAILQ_EMPTY(&hub.stalled);

	s->stalled_since = clock_monotonic_ms();
	TAILQ_INSERT_TAIL(&hub.stalled, s, link);
	watch(s, true);
	if (first)
		watch_stalled();
}

static void
stall_end(struct stream *s)
{
	const bool first = s == TAILQ_FIRST(&hub.stalled);

	TAILQ_REMOVE(&hub.stalled, s, link);
	watch(s, false);
	if (first)
		watch_stalled();
}

/*
 * The peer will take nothing more. What it wrote before it went may still lie
 * in its socket: the end is noticed there.
 */
static void
write_failed(struct stream *s, int error)
{
	if (is_stalled(s))
		stall_end(s);
	discard_output(s);
	if ((error == EPIPE || error == ECONNRESET) && !s->paused)
		s->deaf = true;
	else
		stream_close(s, error);
}

/* Bytes written, 0 when the peer takes nothing now, -errno. */
static ssize_t
put(const struct stream *s, const void *data, size_t n)
{
	ssize_t r;

	while ((r = send(s->io.fd, data, n, MSG_NOSIGNAL | MSG_DONTWAIT)) < 0 && errno == EINTR)
		continue;
	if (r < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS ? 0 : -errno;
	return r;
}

/* Room for n more bytes behind what is queued. */
static bool
reserve(struct stream *s, size_t n)
{
	const size_t need = s->out_len + n;
	size_t cap = s->out_cap ? s->out_cap : OUT_MIN;
	uint8_t *p;

	if (s->out_head + need <= s->out_cap)
		return true;
	if (s->out_head > 0) {
		memmove(s->out, s->out + s->out_head, s->out_len);
		s->out_head = 0;
	}
	while (cap < need)
		cap *= 2;
	if (cap == s->out_cap)
		return true;
	if (!s->out && cap == OUT_MIN && hub.spare) {
		p = hub.spare;
		hub.spare = NULL;
	} else if (!(p = realloc(s->out, cap))) {
		return false;
	}
	s->out = p;
	s->out_cap = (uint32_t)cap;
	return true;
}

static bool
queue(struct stream *s, const uint8_t *data, size_t n)
{
	if (n > s->class->output_cap || s->out_len > s->class->output_cap - n) {
		stream_close(s, ENOBUFS);
		return false;
	}
	if (!reserve(s, n)) {
		stream_close(s, ENOMEM);
		return false;
	}
	memcpy(s->out + s->out_head + s->out_len, data, n);
	s->out_len += (uint32_t)n;
	return true;
}

/* Writes what is queued; after it the stream is watched for output as long as some is left. */
static void
flush(struct stream *s)
{
	ssize_t n;

	if (s->out_len == 0)
		return;
	n = put(s, s->out + s->out_head, s->out_len);
	if (n < 0) {
		write_failed(s, (int)-n);
		return;
	}
	s->out_head += (uint32_t)n;
	s->out_len -= (uint32_t)n;
	if (s->out_len == 0)
		discard_output(s);
	if (is_stalled(s) && (n > 0 || s->out_len == 0))
		stall_end(s); /* it moved: if it waits again, it waits from now on */
	if (s->out_len > 0 && !is_stalled(s))
		stall_begin(s);
}

bool
stream_write(struct stream *s, const void *data, size_t n)
{
	const uint8_t *p = data;
	ssize_t done = 0;

	if (s->dead || s->deaf)
		return false;
	if (s->out_len == 0 && !s->corked) {
		done = put(s, p, n);
		if (done < 0) {
			write_failed(s, (int)-done);
			return false;
		}
		if ((size_t)done == n)
			return true;
	}
	if (!queue(s, p + done, n - (size_t)done))
		return false;
	if (!s->corked && !is_stalled(s))
		stall_begin(s);
	return true;
}

void
stream_cork(struct stream *s)
{
	s->corked = true;
}

void
stream_uncork(struct stream *s)
{
	s->corked = false;
	if (!s->dead && !is_stalled(s))
		flush(s);
}

/* Keeps what was not consumed of the input for the next time. */
static void
keep(struct stream *s, const uint8_t *rest, size_t n)
{
	if (n == 0)
		return;
	if (!s->paused && n >= FRAME_MAX) {
		stream_close(s, EPROTO); /* no frame is that long: the owner will never take it */
		return;
	}
	s->partial = malloc(n);
	if (!s->partial) {
		stream_close(s, ENOMEM);
		return;
	}
	memcpy(s->partial, rest, n);
	s->partial_len = (uint32_t)n;
}

/* Gives the owner the first n bytes of the shared buffer. */
static void
feed(struct stream *s, size_t n)
{
	const ssize_t consumed = s->class->input(s, hub.input, n);

	if (s->dead)
		return;
	if (consumed < 0)
		stream_close(s, EPROTO);
	else
		keep(s, hub.input + consumed, n - (size_t)consumed);
}

/* Moves what was kept to the front of the shared buffer. */
static size_t
unkeep(struct stream *s)
{
	const size_t n = s->partial_len;

	if (n == 0)
		return 0;
	memcpy(hub.input, s->partial, n);
	free(s->partial);
	s->partial = NULL;
	s->partial_len = 0;
	return n;
}

static void
receive(struct stream *s)
{
	const size_t kept = s->partial_len;
	ssize_t n;

	while ((n = recv(s->io.fd, hub.input + kept, READ_SIZE, MSG_DONTWAIT)) < 0 && errno == EINTR)
		continue;
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return;
	if (n <= 0) {
		stream_close(s, n < 0 ? errno : 0);
		return;
	}
	(void)unkeep(s);
	feed(s, kept + (size_t)n);
}

static void
on_io(struct ev_loop *loop, ev_io *w, int revents)
{
	struct stream *s = (struct stream *)((char *)w - offsetof(struct stream, io));

	(void)loop;
	if (revents & EV_ERROR) { /* the kernel had no memory to watch it (epoll_ctl(2)), and libev has given it up */
		stream_close(s, ENOMEM);
		return;
	}
	if (revents & EV_WRITE)
		flush(s);
	if (s->dead || s->paused)
		return;
	if (revents & EV_CUSTOM) {
		const size_t n = unkeep(s);

		if (n > 0)
			feed(s, n);
	} else if (revents & EV_READ) {
		receive(s);
	}
}

void
stream_init(struct stream *s, const struct stream_class *class, struct ev_loop *loop, int fd)
{
	memset(s, 0, sizeof(*s));
	s->class = class;
	s->loop = loop;
	ev_io_init(&s->io, on_io, fd, EV_READ);
	ev_io_start(loop, &s->io);
}

void
stream_pause(struct stream *s)
{
	if (s->dead || s->paused)
		return;
	s->paused = true;
	watch(s, is_stalled(s));
}

void
stream_resume(struct stream *s)
{
	if (s->dead || !s->paused)
		return;
	s->paused = false;
	watch(s, is_stalled(s));
	if (s->partial_len > 0)
		ev_feed_event(s->loop, &s->io, EV_CUSTOM);
}

/* What is queued, as far as the peer takes it now. */
static void
say_last(const struct stream *s)
{
	size_t at = s->out_head, left = s->out_len;
	ssize_t n;

	while (left > 0 && (n = put(s, s->out + at, left)) > 0) {
		at += (size_t)n;
		left -= (size_t)n;
	}
}

void
stream_close(struct stream *s, int error)
{
	if (s->dead)
		return;
	s->dead = true;
	s->error = error;
	say_last(s);
	if (is_stalled(s))
		stall_end(s);
	ev_io_stop(s->loop, &s->io);
	TAILQ_INSERT_TAIL(&hub.dead, s, link);
	if (!ev_is_active(&hub.reaper))
		ev_prepare_start(s->loop, &hub.reaper);
}
