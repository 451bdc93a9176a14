/*
 * One end of a conversation, for the relay and for pchatd alike: the same
 * frames of the same sizes, so that what differs is what the server does.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "bench.h"
#include "proto/upstream.h"

void
write_all(int fd, const void *data, size_t n)
{
	for (const char *p = data; n > 0;) {
		const ssize_t w = write(fd, p, n);

		if (w < 0 && errno != EINTR)
			err(1, "write");
		if (w > 0) {
			p += w;
			n -= (size_t)w;
		}
	}
}

void
read_all(int fd, void *data, size_t n)
{
	for (char *p = data; n > 0;) {
		const ssize_t r = read(fd, p, n);

		if (r == 0)
			errx(1, "the server closed a connection");
		if (r < 0 && errno != EINTR)
			err(1, "read");
		if (r > 0) {
			p += r;
			n -= (size_t)r;
		}
	}
}

static void
send_request(int fd, const struct upstream_message *m)
{
	uint8_t out[FRAME_MAX];

	write_all(fd, out, upstream_encode(m, out, sizeof(out)));
}

/* Reads frames until one of `type`. */
static void
await(int fd, enum upstream_type type, struct upstream_message *m)
{
	uint8_t in[FRAME_MAX];
	struct frame f;

	do {
		read_all(fd, in, FRAME_HEADER);
		uint32_t length;
		memcpy(&length, in, sizeof(length));
		length = le32toh(length);
		if (length > FRAME_BODY_MAX)
			errx(1, "over-long frame");
		read_all(fd, in + FRAME_HEADER, length);
		if (frame_parse(in, FRAME_HEADER + length, &f) <= 0 || upstream_decode(&f, m) < 0)
			errx(1, "malformed frame of type %#x", f.type);
		if (m->type == UPSTREAM_RESULT && m->u.result.verdict != VERDICT_OK)
			errx(1, "refused: verdict %u", m->u.result.verdict);
		if (m->type == UPSTREAM_BYE)
			errx(1, "sent away: %u", m->u.bye.reason);
	} while (m->type != type);
}

/* The daemon bounds requests of one uid, so as root each two connections take a uid of their own. */
static void
end_connect(struct end *e, const struct server *s, unsigned serial)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	const bool root = geteuid() == 0;

	strcpy(sun.sun_path, s->socket);
	e->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (root && seteuid(UID_BASE + serial / 2) < 0)
		err(1, "seteuid");
	if (connect(e->fd, (struct sockaddr *)&sun, sizeof(sun)) < 0)
		err(1, "%s", s->socket);
	if (root && seteuid(0) < 0)
		err(1, "seteuid");
}

void
end_login(struct end *e, const struct server *s, unsigned serial)
{
	struct upstream_message m = { .type = UPSTREAM_HELLO };

	memset(e, 0, sizeof(*e));
	end_connect(e, s, serial);
	if (getrandom(&e->next, sizeof(e->next), 0) != (ssize_t)sizeof(e->next))
		err(1, "getrandom");
	if (s->kind == SERVER_RELAY)
		return;
	m.u.hello.magic = PROTOCOL_MAGIC;
	m.u.hello.version = PROTOCOL_VERSION;
	send_request(e->fd, &m);
	memset(&m, 0, sizeof(m));
	m.type = UPSTREAM_LOGIN;
	m.u.login.id = e->next;
	snprintf(m.u.login.name, sizeof(m.u.login.name), "bench-%u", serial);
	send_request(e->fd, &m);
	await(e->fd, UPSTREAM_WELCOME, &m);
}

static void
learn_pair(struct end *e, const struct upstream_message *m)
{
	e->pair = m->u.paired.pair;
	e->epoch = m->u.paired.epoch;
}

void
end_pair(struct end *a, struct end *b, const struct server *s, unsigned serial)
{
	struct upstream_message m = { .type = UPSTREAM_TO };

	end_login(a, s, serial);
	end_login(b, s, serial + 1);
	if (s->kind == SERVER_RELAY)
		return;
	snprintf(m.u.to.name, sizeof(m.u.to.name), "bench-%u", serial + 1);
	send_request(a->fd, &m);
	await(a->fd, UPSTREAM_PAIRED, &m);
	learn_pair(a, &m);
	await(a->fd, UPSTREAM_RESULT, &m);
	await(b->fd, UPSTREAM_PAIRED, &m);
	learn_pair(b, &m);
}

void
end_close(struct end *e)
{
	(void)close(e->fd);
}

size_t
end_message(struct end *e, uint8_t *out, size_t body)
{
	const struct msg m = { .pair = e->pair, .epoch = e->epoch, .id = e->next, .length = (uint32_t)body };

	msg_encode_head(out, &m);
	memset(out + FRAME_HEADER + MSG_FIXED, 'x', body);
	e->next = ident_add(&e->next, 1);
	return FRAME_HEADER + MSG_FIXED + body;
}

size_t
end_ack(struct end *e, uint8_t *out, const uint8_t *message, uint32_t count)
{
	struct ack a = { .pair = e->pair, .epoch = e->epoch, .count = count, .verdict = VERDICT_OK };

	memcpy(&a.first, message + FRAME_HEADER + 16, IDENT_LEN);
	ack_encode(out, &a);
	return FRAME_HEADER + ACK_BODY;
}
