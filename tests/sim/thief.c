/*
 * A thief on the host: knows the protocol, and every session's and pair's id (model.h), as if all had been betrayed. With an
 * account of her own she tries names, session ids, pairs, old ones too, and what is no frame at all. Whether any of it
 * leads anywhere, the model and the judge see.
 */
#include "thief.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "kernel.h"
#include "model.h"
#include "net/endpoint.h"
#include "proto/frame.h"
#include "proto/upstream.h"

#define FRAMES 12U
#define LOOK_MS 200

static void
say(int fd, const struct upstream_message *m)
{
	uint8_t frame[FRAME_MAX];
	const size_t n = upstream_encode(m, frame, sizeof(frame));

	(void)send(fd, frame, n, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Reads what comes, and believes nothing. False: the other end has closed. */
static bool
look(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint8_t data[4096];

	if (poll(&p, 1, LOOK_MS) > 0)
		return recv(fd, data, sizeof(data), MSG_DONTWAIT) > 0;
	return true;
}

static void
greet(int fd)
{
	const struct upstream_message hello = { .type = UPSTREAM_HELLO,
		.u.hello = { .magic = PROTOCOL_MAGIC, .version = PROTOCOL_VERSION, .features = kernel_pick(2) } };

	say(fd, &hello);
}

static void
login(int fd, const char *const *names, unsigned count)
{
	struct upstream_message m = { .type = UPSTREAM_LOGIN };
	const char *name = kernel_pick(2) ? "mallory" : names[kernel_pick(count)];

	for (unsigned i = 0; i < IDENT_LEN; i++)
		m.u.login.id.b[i] = (uint8_t)kernel_pick(256);
	if (kernel_pick(2))
		(void)model_betray_session(&m.u.login.id);
	(void)snprintf(m.u.login.name, sizeof(m.u.login.name), "%s", name);
	m.u.login.resume_only = kernel_pick(2);
	m.u.login.pair = model_betray_pair();
	m.u.login.partner.uid = 1001 + kernel_pick(count);
	(void)snprintf(m.u.login.partner.name, sizeof(m.u.login.partner.name), "%s", names[kernel_pick(count)]);
	say(fd, &m);
}

static size_t
encode_message(uint8_t *frame, uint64_t pair, uint32_t epoch)
{
	struct msg m = { .pair = pair, .epoch = epoch, .length = sizeof(THIEF_TEXT) - 1 };

	for (unsigned i = 0; i < IDENT_LEN; i++)
		m.id.b[i] = (uint8_t)kernel_pick(256);
	msg_encode_head(frame, &m);
	memcpy(frame + FRAME_HEADER + MSG_FIXED, THIEF_TEXT, m.length);
	return FRAME_HEADER + MSG_FIXED + m.length;
}

/* Behind a message of her own pair, when she has one: where that goes, this one may go, too. */
static void
write_under(int fd, uint64_t pair)
{
	uint8_t frames[2 * (FRAME_HEADER + MSG_FIXED + sizeof(THIEF_TEXT))];
	uint32_t epoch;
	const uint64_t own = model_betray_own("mallory", &epoch);
	size_t n = own ? encode_message(frames, own, epoch) : 0;

	n += encode_message(frames + n, pair, 1 + kernel_pick(4));
	(void)send(fd, frames, n, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void
acknowledge(int fd, uint64_t pair)
{
	uint8_t frame[FRAME_HEADER + ACK_BODY];
	struct ack a = { .pair = pair, .epoch = 1 + kernel_pick(4), .count = 1 + kernel_pick(20) };

	(void)model_betray_message(&a.first);
	ack_encode(frame, &a);
	(void)send(fd, frame, sizeof(frame), MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void
try_something(int fd, const char *const *names, unsigned count)
{
	struct upstream_message m = { .type = UPSTREAM_TO };
	uint8_t garbage[64];

	switch (kernel_pick(10)) {
	case 0:
	case 1:
	case 2:
		write_under(fd, model_betray_pair());
		break;
	case 3:
		acknowledge(fd, model_betray_pair());
		break;
	case 4:
	case 5:
		(void)snprintf(m.u.to.name, sizeof(m.u.to.name), "%s", names[kernel_pick(count)]);
		m.u.to.wait = kernel_pick(2);
		say(fd, &m);
		break;
	case 6:
		m.type = kernel_pick(2) ? UPSTREAM_LEAVE : UPSTREAM_CANCEL;
		say(fd, &m);
		break;
	case 7:
		login(fd, names, count);
		break;
	case 8:
		m.type = UPSTREAM_WHO;
		say(fd, &m);
		break;
	default:
		for (size_t i = 0; i < sizeof(garbage); i++)
			garbage[i] = (uint8_t)kernel_pick(kernel_pick(2) ? 256 : 4);
		if (kernel_pick(3) == 0)
			(void)send(fd, garbage, sizeof(garbage), MSG_NOSIGNAL | MSG_DONTWAIT);
		break;
	}
}

int
thief_main(const char *const *names, unsigned count)
{
	const struct sockaddr_un sa = { .sun_family = AF_UNIX, .sun_path = ENDPOINT_HOST };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) < 0)
		return 1;
	if (kernel_pick(8))
		greet(fd);
	if (kernel_pick(8))
		login(fd, names, count);
	for (unsigned n = kernel_pick(FRAMES); n > 0 && look(fd); n--)
		try_something(fd, names, count);
	(void)close(fd);
	return 0;
}
