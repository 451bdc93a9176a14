#include "daemon/fake_client.h"

#include <check.h>
#include <sys/socket.h>

#define QUEUE (1 << 20) /* bytes that are taken without a reader */

static ssize_t
on_input(struct stream *s, uint8_t *data, size_t n)
{
	(void)s, (void)data;
	return (ssize_t)n;
}

static void
on_closed(struct stream *s, int error)
{
	(void)s, (void)error;
}

static const struct stream_class class = { .input = on_input, .closed = on_closed, .output_cap = QUEUE };

int
fake_client(struct client *c, struct ev_loop *loop)
{
	const int size = QUEUE;
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
	ck_assert_int_eq(setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
	*c = (struct client){ .slot = SLOT_NONE };
	stream_init(&c->stream, &class, loop, fds[0]);
	return fds[1];
}
