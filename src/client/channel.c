#include "client/channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "net/closing.h"

#define SMALL (PIECE_HEADER + PIECE_SMALL_MAX)
#define OUT_ROOM (2U * SMALL + PIECE_HEADER + PIECE_DATA_MAX + 2U * SMALL)

int
channel_open(struct channel *c, int fd)
{
	const int size = 1 << 20;

	*c = (struct channel){ .fd = fd, .in = malloc(CHANNEL_ROOM), .out = malloc(OUT_ROOM) };
	if (!c->in || !c->out)
		return -ENOMEM;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)); /* as much of it as the host allows */
	return 0;
}

void
channel_release(struct channel *c)
{
	freep(&c->in);
	freep(&c->out);
	c->in = c->out = NULL;
}

int
channel_fill(struct channel *c)
{
	static char control[CMSG_SPACE(CLOSING_PASSED * sizeof(int))];
	struct msghdr m = { .msg_control = control, .msg_controllen = sizeof(control) };
	struct iovec room;
	ssize_t n;

	memmove(c->in, c->in + c->in_start, c->in_end - c->in_start);
	c->in_end -= c->in_start;
	c->in_start = 0;
	room = (struct iovec){ .iov_base = c->in + c->in_end, .iov_len = CHANNEL_ROOM - c->in_end };
	m.msg_iov = &room;
	m.msg_iovlen = 1;
	while ((n = recvmsg(c->fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR)
		continue;
	if (n < 0)
		return errno == EAGAIN ? 0 : errno == ECONNRESET ? -EPIPE : -errno;
	if (m.msg_controllen > 0 || (m.msg_flags & MSG_CTRUNC))
		return -EPERM;
	c->in_end += (uint32_t)n;
	return n > 0 ? 1 : -EPIPE;
}

int
channel_next(struct channel *c, struct piece *p)
{
	const int n = piece_parse(&c->reader, c->in + c->in_start, c->in_end - c->in_start, p);

	if (n < 0)
		return -EPROTO;
	c->in_start += (uint32_t)n;
	return n > 0;
}

uint8_t *
channel_room(struct channel *c)
{
	c->out_start = c->out_end = 0;
	return c->out + PIECE_HEADER;
}

void
channel_put_data(struct channel *c, uint32_t length)
{
	piece_data_header(c->out, length);
	c->out_end = PIECE_HEADER + length;
}

void
channel_lend_data(struct channel *c, uint8_t *data, uint32_t length)
{
	piece_data_header(data - PIECE_HEADER, length);
	c->lent = data - PIECE_HEADER;
	c->lent_left = PIECE_HEADER + length;
}

void
channel_put(struct channel *c, const struct piece *p)
{
	if (c->out_start == c->out_end)
		c->out_start = c->out_end = 0;
	if (OUT_ROOM - c->out_end >= SMALL)
		c->out_end += (uint32_t)piece_encode(p, c->out + c->out_end);
}

/* As much as it takes now: bytes, or -errno. */
static int
write_some(const struct channel *c, const uint8_t *bytes, uint32_t length)
{
	ssize_t n;

	do
		n = send(c->fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN || errno == ENOBUFS ? -EAGAIN : -errno;
	return (int)n;
}

int
channel_flush(struct channel *c)
{
	int n;

	for (; c->lent_left > 0; c->lent += n, c->lent_left -= (uint32_t)n)
		if ((n = write_some(c, c->lent, c->lent_left)) < 0)
			return n;
	for (; c->out_start < c->out_end; c->out_start += (uint32_t)n)
		if ((n = write_some(c, c->out + c->out_start, c->out_end - c->out_start)) < 0)
			return n;
	return 0;
}
