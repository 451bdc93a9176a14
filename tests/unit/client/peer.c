#include "client/peer.h"

#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../system/pass.h"
#include "net/socket.h"

#define NAME "peer-of-a-test" /* nobody has such a session */
#define ACCEPT_MS 60000

static int end = -1, listener = -1;
static uint8_t heard[8 * FRAME_MAX];
static size_t used, filled;

void
peer_open(struct link *l)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	*l = (struct link){ .name = NAME, .shown = NAME };
	link_init(l);
	link_adopt(l, fds[0]);
	end = fds[1];
	used = filled = 0;
}

void
peer_listen(struct link *l, const char *folder)
{
	char path[128];
	ino_t ino;

	*l = (struct link){ .name = NAME, .shown = NAME };
	link_init(l);
	(void)snprintf(l->dir.path, sizeof(l->dir.path), "%s", folder);
	l->dir.fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(l->dir.fd, 0);
	(void)snprintf(path, sizeof(path), "%s/" NAME ".sock", folder);
	listener = socket_listen(path, 0600, getgid(), &ino);
	ck_assert_int_ge(listener, 0);
	used = filled = 0;
}

void
peer_accept(void)
{
	struct pollfd p = { .fd = listener, .events = POLLIN };

	(void)poll(&p, 1, ACCEPT_MS);
	end = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	ck_assert_int_ge(end, 0);
	used = filled = 0;
}

void
peer_says(const struct control_message *m)
{
	peer_passes(m, -1);
}

void
peer_passes(const struct control_message *m, int fd)
{
	peer_passes_times(m, fd, fd >= 0);
}

void
peer_passes_times(const struct control_message *m, int fd, unsigned count)
{
	static uint8_t frame[2 * FRAME_MAX];
	const size_t n = control_encode(m, frame, sizeof(frame));

	ck_assert_uint_gt(n, 0);
	ck_assert_int_eq(pass_descriptors(end, frame, n, fd, count, 0), (ssize_t)n);
	if (fd >= 0)
		(void)close(fd);
}

void
peer_writes(const void *frames, size_t n)
{
	ck_assert_int_eq(send(end, frames, n, MSG_NOSIGNAL), (ssize_t)n);
}

bool
peer_frame(struct frame *f)
{
	ssize_t n;

	while ((n = frame_parse(heard + used, filled - used, f)) == 0) {
		const ssize_t more = recv(end, heard + filled, sizeof(heard) - filled, MSG_DONTWAIT);

		if (more <= 0)
			return false;
		filled += (size_t)more;
	}
	ck_assert_int_gt(n, 0);
	used += (size_t)n;
	return true;
}

bool
peer_heard(struct control_message *m)
{
	struct frame f;

	do {
		if (!peer_frame(&f))
			return false;
		ck_assert_int_eq(control_decode(&f, m), 0);
	} while (m->type == CONTROL_HELLO);
	return true;
}

void
peer_await(void)
{
	struct pollfd p = { .fd = end, .events = POLLIN };

	(void)poll(&p, 1, -1);
	if (p.revents == POLLHUP)
		_exit(9);
}

void
peer_hang_up(void)
{
	if (end >= 0)
		(void)close(end);
	end = -1;
}

void
peer_close(void)
{
	peer_hang_up();
	if (listener >= 0)
		(void)close(listener);
	listener = -1;
}
