/*
 * Those whom nobody may stop: pairs that talk through a daemon, a message and its acknowledgement at a time, each pair ten
 * times a second. Tells how many messages went, how many were lost, and how long a round trip took.
 *
 * usage: victims SOCKET PAIRS SECONDS
 *
 * Prints "sent N lost N p50 US p99 US max US". A message that is not acknowledged within 30 s is lost.
 */
#include <endian.h>
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "net/random.h"
#include "net/socket.h"
#include "proto/upstream.h"

#define PAIRS_MAX 64U
#define PERIOD_MS 100
#define PATIENCE_MS 30000
#define SAMPLES_MAX 1000000U

struct end {
	int fd;
	uint64_t pair;
	uint32_t epoch;
};

static double sample[SAMPLES_MAX];
static size_t samples, lost;

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static bool
read_all(int fd, uint8_t *in, size_t n)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	while (n > 0) {
		ssize_t r;

		if (poll(&p, 1, PATIENCE_MS) <= 0)
			return false;
		r = recv(fd, in, n, 0);
		if (r <= 0)
			return false;
		in += r;
		n -= (size_t)r;
	}
	return true;
}

/* The next frame. */
static bool
next(int fd, uint8_t *in, struct frame *f)
{
	uint32_t length;

	if (!read_all(fd, in, FRAME_HEADER))
		return false;
	memcpy(&length, in, sizeof(length));
	length = le32toh(length);
	return length <= FRAME_BODY_MAX && read_all(fd, in + FRAME_HEADER, length) &&
	    frame_parse(in, FRAME_HEADER + length, f) > 0;
}

static void
await(int fd, uint32_t type, struct upstream_message *m)
{
	static uint8_t in[FRAME_MAX];
	struct frame f;

	do
		if (!next(fd, in, &f) || upstream_decode(&f, m) < 0 || m->type == UPSTREAM_BYE)
			errx(1, "a victim cannot log in or find its partner");
	while (m->type != type);
}

static void
say(int fd, const struct upstream_message *m)
{
	uint8_t out[FRAME_MAX];
	const size_t n = upstream_encode(m, out, sizeof(out));

	if (send(fd, out, n, MSG_NOSIGNAL) != (ssize_t)n)
		err(1, "send");
}

static void
enter(struct end *e, const char *path, const char *name)
{
	struct upstream_message m = { .type = UPSTREAM_HELLO,
		.u.hello = { .magic = PROTOCOL_MAGIC, .version = PROTOCOL_VERSION } };

	e->fd = socket_connect(path, true);
	if (e->fd < 0)
		errx(1, "connect: %s", strerror(-e->fd));
	say(e->fd, &m);
	m = (struct upstream_message){ .type = UPSTREAM_LOGIN };
	(void)snprintf(m.u.login.name, sizeof(m.u.login.name), "%s", name);
	if (random_ident(&m.u.login.id) < 0)
		err(1, "getrandom");
	say(e->fd, &m);
	await(e->fd, UPSTREAM_WELCOME, &m);
}

static void
pair(struct end *a, struct end *b, const char *path, unsigned number)
{
	struct upstream_message m = { .type = UPSTREAM_TO };
	char name[NAME_MAX_LEN + 1];

	(void)snprintf(name, sizeof(name), "victim-%u-a", number);
	enter(a, path, name);
	name[strlen(name) - 1] = 'b';
	enter(b, path, name);
	(void)snprintf(m.u.to.name, sizeof(m.u.to.name), "%s", name);
	say(a->fd, &m);
	await(a->fd, UPSTREAM_PAIRED, &m);
	a->pair = b->pair = m.u.paired.pair;
	a->epoch = b->epoch = m.u.paired.epoch;
	await(b->fd, UPSTREAM_PAIRED, &m);
}

static bool
hears(int fd, uint16_t type, uint8_t *in, struct frame *f)
{
	do
		if (!next(fd, in, f))
			return false;
	while (f->type != type);
	return true;
}

/* One message there, and its acknowledgement back. */
static bool
trip(const struct end *a, const struct end *b)
{
	static uint8_t out[FRAME_MAX], in[FRAME_MAX];
	struct msg m = { .pair = a->pair, .epoch = a->epoch, .length = 64 };
	struct ack k = { .pair = a->pair, .epoch = a->epoch, .count = 1, .verdict = VERDICT_OK };
	const size_t n = FRAME_HEADER + MSG_FIXED + m.length;
	struct frame f;

	if (random_ident(&m.id) < 0)
		return false;
	msg_encode_head(out, &m);
	if (send(a->fd, out, n, MSG_NOSIGNAL) != (ssize_t)n || !hears(b->fd, FRAME_MSG, in, &f) ||
	    msg_decode(&f, &m) < 0)
		return false;
	k.first = m.id;
	ack_encode(out, &k);
	return send(b->fd, out, FRAME_HEADER + ACK_BODY, MSG_NOSIGNAL) == FRAME_HEADER + ACK_BODY &&
	    hears(a->fd, FRAME_ACK, in, &f) && ack_decode(&f, &k) == 0 && k.verdict == VERDICT_OK;
}

static int
compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
quantile(double q)
{
	return samples == 0 ? 0. : sample[(size_t)((double)(samples - 1) * q)];
}

int
main(int argc, char **argv)
{
	static struct end a[PAIRS_MAX], b[PAIRS_MAX];
	unsigned pairs;
	double end;

	if (argc != 4 || (pairs = (unsigned)strtoul(argv[2], NULL, 10)) < 1 || pairs > PAIRS_MAX)
		errx(2, "usage: victims SOCKET PAIRS SECONDS");
	for (unsigned i = 0; i < pairs; i++)
		pair(&a[i], &b[i], argv[1], i);
	end = now() + strtod(argv[3], NULL) * 1e6;
	while (now() < end && lost == 0) {
		const double turn = now();

		for (unsigned i = 0; i < pairs && samples < SAMPLES_MAX; i++) {
			const double began = now();

			if (trip(&a[i], &b[i]))
				sample[samples++] = now() - began;
			else
				lost++;
		}
		(void)poll(NULL, 0, (int)(PERIOD_MS - (now() - turn) / 1e3 > 0 ? PERIOD_MS - (now() - turn) / 1e3 : 0));
	}
	for (unsigned i = 0; i < pairs; i++) {
		say(a[i].fd, &(struct upstream_message){ .type = UPSTREAM_QUIT });
		say(b[i].fd, &(struct upstream_message){ .type = UPSTREAM_QUIT });
	}
	qsort(sample, samples, sizeof(*sample), compare);
	(void)printf(
	    "sent %zu lost %zu p50 %.0f p99 %.0f max %.0f\n", samples, lost, quantile(.5), quantile(.99), quantile(1.));
	return lost > 0;
}
