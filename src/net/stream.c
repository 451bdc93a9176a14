#include "net/stream.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/macros.h"
#include "core/limits.h"
#include "net/hub.h"

#define STALL_MS (STALL_SECONDS * 1000ULL)
#define READ_SIZE 65536U
#define TODO_REST 0x40            /* what the owner has left of its input is to be given to it again */
#define OUT_MIN 4096U             /* queues begin at this size, and one of it is kept for the next */
#define DESCRIPTORS_OF_OTHERS 64U /* files, pipes, timers: whatever the process has beside its streams */

/* Output that the peer does not take now. A stream has it while some is queued, and nearly none does. */
struct stream_output {
	struct stream *of;
	struct deadline stalled; /* hub::stalled: runs while the peer is waited for */
	uint32_t head, length;   /* what is queued, of */
	uint32_t cap;            /* bytes at: */
	uint8_t *bytes;
};

static void
output_free(struct stream_output *o)
{
	if (o)
		free(o->bytes);
	free(o);
}

static struct stream_output *
output_new(void)
{
	struct stream_output *o = calloc(1, sizeof(*o));

	if (!o || !(o->bytes = malloc(OUT_MIN))) {
		free(o);
		return NULL;
	}
	o->cap = OUT_MIN;
	return o;
}

static void
discard_output(struct stream *s)
{
	struct stream_output *o = s->out;

	if (!o)
		return;
	s->out = NULL;
	deadlines_remove(&s->hub->stalled, &o->stalled);
	o->head = o->length = 0;
	if (o->cap == OUT_MIN && !s->hub->spare)
		s->hub->spare = o;
	else
		output_free(o);
}

size_t
stream_pending(const struct stream *s)
{
	return s->out ? s->out->length : 0;
}

void
stream_release(struct stream *s)
{
	for (uint8_t i = 0; i < s->n_passed; i++)
		closing_end(s->hub->loop, s->passed[i], UINT32_MAX);
	s->n_passed = 0;
	if (s->shared)
		(void)close(s->io.fd); /* not the last one: nothing is closed by it that could block */
	else
		closing_socket(s->hub->loop, s->io.fd);
	if (s->dead) /* it is not reaped any more */
		TAILQ_REMOVE(&s->hub->dead, &s->turn, link);
	else
		turns_remove(&s->hub->turns, &s->turn);
	s->hub->streams--;
	free(s->partial);
	s->partial = NULL;
	discard_output(s);
}

static void
reap(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct hub *hub = w->data;
	struct turn *t;

	(void)revents;
	while ((t = TAILQ_FIRST(&hub->dead))) {
		struct stream *s = container_of(t, struct stream, turn);

		stream_release(s); /* takes it off the list */
		s->class->closed(s, s->error);
	}
	ev_prepare_stop(loop, w);
}

static void
on_stalled(struct deadlines *ds, struct deadline *d)
{
	(void)ds;
	stream_close(container_of(d, struct stream_output, stalled)->of, ETIMEDOUT);
}

/* For how many streams there are descriptors beside those that one message may bring. */
static size_t
descriptor_room(void)
{
	const size_t kept = CLOSING_PASSED + DESCRIPTORS_OF_OTHERS;
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur < kept ? 0 : limit.rlim_cur - kept;
}

static void serve_turn(struct ev_loop *loop, ev_check *w, int revents);

static void
hurry(struct ev_loop *loop, ev_idle *w, int revents)
{
	(void)loop, (void)w, (void)revents;
}

static void
turns_setup(struct hub *hub)
{
	turns_init(&hub->turns);
	ev_idle_init(&hub->hurry, hurry);
	ev_check_init(&hub->server, serve_turn);
	hub->server.data = hub;
	ev_set_priority(&hub->server, EV_MINPRI);
}

/* Some are left for the next turn, or none are. */
static void
turns_go_on(struct hub *hub, bool some)
{
	if ((ev_is_active(&hub->server) != 0) == some)
		return;
	if (some) {
		ev_check_start(hub->loop, &hub->server);
		ev_idle_start(hub->loop, &hub->hurry);
	} else {
		ev_check_stop(hub->loop, &hub->server);
		ev_idle_stop(hub->loop, &hub->hurry);
	}
}

int
stream_setup(struct ev_loop *loop)
{
	struct hub *hub = calloc(1, sizeof(*hub));
	int r;

	if (!hub)
		return -ENOMEM;
	hub->loop = loop;
	hub->input = malloc(FRAME_MAX + READ_SIZE);
	r = hub->input ? closing_init(&hub->closing, loop) : -ENOMEM;
	if (r < 0) {
		free(hub->input);
		free(hub);
		return r;
	}
	hub->room = descriptor_room();
	hub->into.iov_len = READ_SIZE;
	hub->message = (struct msghdr){ .msg_iov = &hub->into, .msg_iovlen = 1, .msg_control = hub->control };
	TAILQ_INIT(&hub->dead);
	deadlines_init(&hub->stalled, loop, STALL_MS, on_stalled);
	ev_prepare_init(&hub->reaper, reap);
	hub->reaper.data = hub;
	turns_setup(hub);
	ev_set_userdata(loop, hub);
	return 0;
}

void
stream_teardown(struct ev_loop *loop)
{
	struct hub *hub = hub_of(loop);

	if (!hub)
		return;
	ev_prepare_stop(loop, &hub->reaper);
	turns_go_on(hub, false);
	(void)ev_clear_pending(loop, &hub->server);
	deadlines_stop(&hub->stalled);
	closing_release(&hub->closing);
	output_free(hub->spare);
	free(hub->input);
	free(hub);
	ev_set_userdata(loop, NULL);
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
	pending = ev_clear_pending(s->hub->loop, &s->io);
	ev_io_stop(s->hub->loop, &s->io);
	ev_io_set(&s->io, s->io.fd, want);
	if (want)
		ev_io_start(s->hub->loop, &s->io);
	pending &= want;
	if (pending)
		ev_feed_event(s->hub->loop, &s->io, pending);
}

static void
stall_begin(struct stream *s)
{
	deadlines_add(&s->hub->stalled, &s->out->stalled);
	watch(s, true);
}

static void
stall_end(struct stream *s)
{
	deadlines_remove(&s->hub->stalled, &s->out->stalled);
	watch(s, false);
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

/* What the stream has queued; an empty queue when it had none. NULL: short of memory. */
static struct stream_output *
output_of(struct stream *s)
{
	if (s->out)
		return s->out;
	s->out = s->hub->spare ? s->hub->spare : output_new();
	s->hub->spare = NULL;
	if (s->out)
		s->out->of = s;
	return s->out;
}

/* Room for n more bytes behind what is queued. */
static bool
reserve(struct stream_output *o, size_t n)
{
	const size_t need = o->length + n;
	size_t cap = o->cap;
	uint8_t *p;

	if (o->head + need <= o->cap)
		return true;
	if (o->head > 0) {
		memmove(o->bytes, o->bytes + o->head, o->length);
		o->head = 0;
	}
	while (cap < need)
		cap *= 2;
	if (cap == o->cap)
		return true;
	if (!(p = realloc(o->bytes, cap)))
		return false;
	o->bytes = p;
	o->cap = (uint32_t)cap;
	return true;
}

static bool
queue(struct stream *s, const uint8_t *data, size_t n)
{
	struct stream_output *o;

	if (n > s->class->output_cap || stream_pending(s) > s->class->output_cap - n) {
		stream_close(s, ENOBUFS);
		return false;
	}
	if (!(o = output_of(s)) || !reserve(o, n)) {
		stream_close(s, ENOMEM);
		return false;
	}
	memcpy(o->bytes + o->head + o->length, data, n);
	o->length += (uint32_t)n;
	return true;
}

/* Writes what is queued; after it the stream is watched for output as long as some is left. */
static void
flush(struct stream *s)
{
	struct stream_output *o = s->out;
	ssize_t n;

	if (!o)
		return;
	n = put(s, o->bytes + o->head, o->length);
	if (n < 0) {
		write_failed(s, (int)-n);
		return;
	}
	o->head += (uint32_t)n;
	o->length -= (uint32_t)n;
	if (is_stalled(s) && n > 0)
		stall_end(s); /* it moved: if it waits again, it waits from now on */
	if (o->length == 0)
		discard_output(s);
	else if (!is_stalled(s))
		stall_begin(s);
}

bool
stream_write(struct stream *s, const void *data, size_t n)
{
	const uint8_t *p = data;
	ssize_t done = 0;

	if (s->dead || s->deaf)
		return false;
	if (!s->out && !s->corked) {
		done = put(s, p, n);
		if (done < 0) {
			write_failed(s, (int)-done);
			return false;
		}
	}
	if ((size_t)done == n)
		return true;
	if (!queue(s, p + done, n - (size_t)done))
		return false;
	if (!s->corked && !is_stalled(s))
		stall_begin(s);
	return true;
}

bool
stream_takes(struct stream *s)
{
	struct pollfd p = { .fd = s->io.fd, .events = POLLOUT };

	if (s->dead || s->deaf)
		return false;
	flush(s);
	return !s->dead && !s->deaf && !s->out && poll(&p, 1, 0) == 1 && p.revents == POLLOUT;
}

bool
stream_pass(struct stream *s, const void *data, size_t n, int fd)
{
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { .room = { 0 } };
	struct iovec bytes = { .iov_base = (void *)data, .iov_len = n };
	struct msghdr m = {
		.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof(control.room)
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	ssize_t done;

	if (!stream_takes(s))
		return false;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	while ((done = sendmsg(s->io.fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT)) < 0 && errno == EINTR)
		continue;
	if (done <= 0)
		return false;
	if ((size_t)done < n && queue(s, (const uint8_t *)data + done, n - (size_t)done) && !is_stalled(s))
		stall_begin(s);
	return true;
}

void
stream_expect(struct stream *s, bool expects)
{
	s->expects = expects;
}

int
stream_take_passed(struct stream *s)
{
	const int fd = s->n_passed > 0 ? s->passed[0] : -1;

	if (fd < 0)
		return -1;
	s->passed[0] = s->passed[1];
	s->n_passed--;
	return fd;
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

/* The stream has something to do: `todo`. */
static void
stand_in_line(struct stream *s, int todo)
{
	s->todo |= (uint8_t)todo;
	if (!s->turn.party)
		turns_add(&s->hub->turns, &s->turn, s->class->party ? s->class->party(s) : &s->hub->everybody);
}

/* Gives the owner the first n bytes of the shared buffer. */
static void
feed(struct stream *s, size_t n)
{
	ssize_t consumed;

	s->yielded = false;
	consumed = s->class->input(s, s->hub->input, n);
	if (s->dead)
		return;
	if (consumed < 0)
		stream_close(s, EPROTO);
	else
		keep(s, s->hub->input + consumed, n - (size_t)consumed);
	if (!s->dead && s->yielded && s->partial_len > 0) {
		stand_in_line(s, TODO_REST);
		turns_go_on(s->hub, true);
	}
}

/* Moves what was kept to the front of the shared buffer. */
static size_t
unkeep(struct stream *s)
{
	const size_t n = s->partial_len;

	if (n == 0)
		return 0;
	memcpy(s->hub->input, s->partial, n);
	free(s->partial);
	s->partial = NULL;
	s->partial_len = 0;
	return n;
}

/* ------ descriptors that a peer passes ------ */

/* They are on their way out, and so is the peer. */
static void
refuse_descriptors(struct stream *s, struct msghdr *m)
{
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			closing_passed(s->hub->loop, s->io.fd, (const int *)(const void *)CMSG_DATA(c),
			    (c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
	stream_close(s, EPERM);
}

/* One that is expected, and nothing else, is kept for the owner. */
static bool
keep_passed(struct stream *s, struct msghdr *m)
{
	const struct cmsghdr *c = CMSG_FIRSTHDR(m);

	if (!s->expects || s->n_passed == STREAM_PASSED || (m->msg_flags & MSG_CTRUNC) || !c ||
	    c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(sizeof(int)) ||
	    CMSG_NXTHDR(m, (struct cmsghdr *)c))
		return false;
	memcpy(&s->passed[s->n_passed++], CMSG_DATA(c), sizeof(int));
	return true;
}

/* Reads what has come. Descriptors that came with it are received as well, with room for all. */
static ssize_t
take(struct stream *s, uint8_t *into)
{
	struct hub *hub = s->hub;
	struct msghdr *m = &hub->message;
	ssize_t n;

	hub->into.iov_base = into;
	m->msg_controllen = sizeof(hub->control);
	n = recvmsg(s->io.fd, m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n >= 0 && m->msg_controllen > 0 && !keep_passed(s, m))
		refuse_descriptors(s, m);
	return n;
}

/*
 * The same without room for descriptors: looks first, which closes none, and reads no more than it has seen. Where
 * there is one, it and the rest stay unread.
 */
static ssize_t
take_looking(struct stream *s, uint8_t *into)
{
	struct iovec room = { .iov_base = into, .iov_len = READ_SIZE };
	struct msghdr m = { .msg_iov = &room, .msg_iovlen = 1 };
	const ssize_t n = recvmsg(s->io.fd, &m, MSG_DONTWAIT | MSG_PEEK);

	if (n >= 0 && (m.msg_flags & MSG_CTRUNC)) {
		stream_close(s, EPERM);
		return n;
	}
	return n > 0 ? recv(s->io.fd, into, (size_t)n, MSG_DONTWAIT) : n;
}

/* Whether a message's descriptors, as many as there may be, find room in the table, and are closed soon. */
static bool
has_room(const struct hub *hub)
{
	return closing_takes(&hub->closing) && hub->streams + hub->closing.n_waiting <= hub->room;
}

static void
receive(struct stream *s)
{
	const size_t kept = s->partial_len;
	uint8_t *into = s->hub->input + kept;
	ssize_t n;

	do
		n = !s->expects && (s->look_first || !has_room(s->hub)) ? take_looking(s, into) : take(s, into);
	while (n < 0 && errno == EINTR);
	if (s->dead || (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)))
		return;
	if (n <= 0) {
		stream_close(s, n < 0 ? errno : 0);
		return;
	}
	(void)unkeep(s);
	feed(s, kept + (size_t)n);
}

static void
serve(struct stream *s, int todo)
{
	if (todo & EV_WRITE)
		flush(s);
	if (s->dead || s->paused)
		return;
	if (todo & TODO_REST) {
		const size_t n = unkeep(s);

		if (n > 0)
			feed(s, n);
	} else if (todo & EV_READ) {
		receive(s);
	}
}

static void
on_io(struct ev_loop *loop, ev_io *w, int revents)
{
	struct stream *s = container_of(w, struct stream, io);

	if (revents & EV_ERROR) { /* the kernel had no memory to watch it (epoll_ctl(2)), and libev has given it up */
		stream_close(s, ENOMEM);
		return;
	}
	if (!turns_wait(&s->hub->turns) && ev_pending_count(loop) == 0) {
		serve(s, revents); /* nothing else has happened */
		return;
	}
	stand_in_line(s, revents & (EV_READ | EV_WRITE));
	if (!ev_is_pending(&s->hub->server))
		ev_feed_event(loop, &s->hub->server, EV_CHECK);
}

/* Who has more to do is in line once more, behind the others of its party, and its party behind the others. */
static void
serve_turn(struct ev_loop *loop, ev_check *w, int revents)
{
	struct hub *hub = w->data;
	const uint64_t began = clock_monotonic_ms();
	struct turn *t;

	(void)loop, (void)revents;
	turns_begin(&hub->turns);
	while ((t = turns_next(&hub->turns))) {
		struct stream *s = container_of(t, struct stream, turn);
		const int todo = s->todo;

		s->todo = 0;
		serve(s, todo);
		if (turns_over(&hub->turns, clock_monotonic_ms() - began))
			break;
	}
	turns_go_on(hub, turns_wait(&hub->turns));
}

void
stream_init(struct stream *s, const struct stream_class *class, struct ev_loop *loop, int fd)
{
	memset(s, 0, sizeof(*s));
	s->class = class;
	s->hub = hub_of(loop);
	s->hub->streams++;
	ev_io_init(&s->io, on_io, fd, EV_READ);
	ev_io_start(loop, &s->io);
}

void
stream_yield(struct stream *s)
{
	s->yielded = true;
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
	if (s->partial_len > 0) {
		stand_in_line(s, TODO_REST);
		turns_go_on(s->hub, true);
	}
}

/* What is queued, as far as the peer takes it now. */
static void
say_last(const struct stream *s)
{
	size_t at = s->out ? s->out->head : 0, left = stream_pending(s);
	ssize_t n;

	while (left > 0 && (n = put(s, s->out->bytes + at, left)) > 0) {
		at += (size_t)n;
		left -= (size_t)n;
	}
}

void
stream_hand_over(struct stream *s)
{
	s->shared = true;
	stream_close(s, 0);
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
	ev_io_stop(s->hub->loop, &s->io);
	turns_remove(&s->hub->turns, &s->turn);
	TAILQ_INSERT_TAIL(&s->hub->dead, &s->turn, link);
	if (!ev_is_active(&s->hub->reaper))
		ev_prepare_start(s->hub->loop, &s->hub->reaper);
}
