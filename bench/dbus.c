/*
 * What a D-Bus is spoken to with: https://dbus.freedesktop.org/doc/dbus-specification.html
 * No library, for what is measured is the bus: each message is laid out once, and then only written.
 */
#include <endian.h>
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "peers.h"

enum message_type { METHOD_CALL = 1, METHOD_RETURN = 2, SIGNAL = 4 };
enum field { PATH = 1, INTERFACE, MEMBER, DESTINATION = 6, SIGNATURE = 8, UNIX_FDS };

/* ----------------------------------------------------------------- marshalling */

struct blob {
	size_t n;
	uint8_t b[1024];
};

static void
put(struct blob *o, const void *data, size_t n)
{
	if (n > sizeof(o->b) - o->n)
		errx(1, "a D-Bus message is too long for the bench");
	memcpy(o->b + o->n, data, n);
	o->n += n;
}

static void
align(struct blob *o, size_t to)
{
	while (o->n % to != 0)
		put(o, "", 1);
}

static void
put_u32(struct blob *o, uint32_t v)
{
	v = htole32(v);
	align(o, 4);
	put(o, &v, sizeof(v));
}

static void
put_u64(struct blob *o, uint64_t v)
{
	v = htole64(v);
	align(o, 8);
	put(o, &v, sizeof(v));
}

static void
put_string(struct blob *o, const char *text)
{
	put_u32(o, (uint32_t)strlen(text));
	put(o, text, strlen(text) + 1);
}

static void
put_signature(struct blob *o, const char *text)
{
	const uint8_t n = (uint8_t)strlen(text);

	put(o, &n, 1);
	put(o, text, n + 1U);
}

/* An array of structs begins; returns where its length stands. */
static size_t
open_array(struct blob *o)
{
	put_u32(o, 0);
	const size_t at = o->n - 4;
	align(o, 8);
	return at;
}

/* The padding before the first struct does not count. */
static void
close_array(struct blob *o, size_t at)
{
	const uint32_t n = htole32((uint32_t)(o->n - (at + 4 + 7) / 8 * 8));

	memcpy(o->b + at, &n, sizeof(n));
}

static void
put_field(struct blob *o, enum field field, const char *type, const char *text)
{
	const uint8_t code = (uint8_t)field;

	align(o, 8);
	put(o, &code, 1);
	put_signature(o, type);
	if (*type == 'g')
		put_signature(o, text);
	else
		put_string(o, text);
}

/* A whole message; `fds` descriptors go with it. */
static void
put_message(struct blob *o, enum message_type type, const char *destination, const char *path, const char *interface,
    const char *member, const char *signature, const struct blob *body, uint32_t fds)
{
	const uint8_t head[] = { 'l', (uint8_t)type, 0, 1 };

	o->n = 0;
	put(o, head, sizeof(head));
	put_u32(o, (uint32_t)body->n);
	put_u32(o, 1); /* the serial: any but 0 */
	const size_t fields = open_array(o);
	put_field(o, PATH, "o", path);
	put_field(o, INTERFACE, "s", interface);
	put_field(o, MEMBER, "s", member);
	if (destination)
		put_field(o, DESTINATION, "s", destination);
	if (body->n > 0)
		put_field(o, SIGNATURE, "g", signature);
	if (fds > 0) {
		const uint8_t code = UNIX_FDS;

		align(o, 8);
		put(o, &code, 1);
		put_signature(o, "u");
		put_u32(o, fds);
	}
	close_array(o, fields);
	align(o, 8);
	put(o, body->b, body->n);
}

/* Reads one message, below 1 KiB; its type; its body begins at *body of it. */
static enum message_type
read_message(int fd, struct blob *m, size_t *body)
{
	uint32_t body_len, fields_len;

	read_all(fd, m->b, 16);
	memcpy(&body_len, m->b + 4, 4);
	memcpy(&fields_len, m->b + 12, 4);
	*body = 16 + (le32toh(fields_len) + (size_t)7) / 8 * 8;
	m->n = *body + le32toh(body_len);
	if (m->n > sizeof(m->b))
		errx(1, "a D-Bus message is too long for the bench");
	read_all(fd, m->b + 16, m->n - 16);
	return m->b[1];
}

/* ----------------------------------------------------------------- connections */

static void
expect_line(int fd, const char *word)
{
	char line[128];
	size_t n = 0;

	do
		read_all(fd, line + n, 1);
	while (line[n++] != '\n' && n < sizeof(line));
	if (strncmp(line, word, strlen(word)) != 0)
		errx(1, "D-Bus: expected %s, read %.*s", word, (int)n, line);
}

static void
say_line(int fd, const char *line)
{
	write_all(fd, line, strlen(line));
}

static void
authenticate(int fd)
{
	char uid[16], line[64];
	int n = snprintf(line, sizeof(line), "AUTH EXTERNAL ");

	snprintf(uid, sizeof(uid), "%u", (unsigned)geteuid());
	for (const char *c = uid; *c; c++)
		n += snprintf(line + n, sizeof(line) - (size_t)n, "%02x", (unsigned)*c);
	write_all(fd, "", 1);
	say_line(fd, line);
	say_line(fd, "\r\n");
	expect_line(fd, "OK ");
	say_line(fd, "NEGOTIATE_UNIX_FD\r\n");
	expect_line(fd, "AGREE_UNIX_FD");
	say_line(fd, "BEGIN\r\n");
}

static int
join(const char *path, char *name, size_t size)
{
	static const struct blob nothing;
	const int fd = dial(path);
	struct blob m;
	size_t body;

	authenticate(fd);
	put_message(&m, METHOD_CALL, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello",
	    "", &nothing, 0);
	write_all(fd, m.b, m.n);
	while (read_message(fd, &m, &body) != METHOD_RETURN)
		continue;
	snprintf(name, size, "%s", (const char *)m.b + body + 4);
	while (read_message(fd, &m, &body) != SIGNAL) /* the name is acquired */
		continue;
	return fd;
}

void
dbus_open(struct wire *w, const char *path, size_t body)
{
	char name[2][64], text[128];
	struct blob m, in = { 0 };
	size_t at;

	for (int i = 0; i < 2; i++)
		w->tell[i] = w->hear[i] = join(path, name[i], sizeof(name[i]));
	snprintf(text, sizeof(text), "%0*d", (int)body, 0);
	put_string(&in, text);
	for (int i = 0; i < 2; i++) {
		put_message(&m, SIGNAL, name[1 - i], "/bench", "org.pchat.Bench", "Said", "s", &in, 0);
		if (m.n > sizeof(w->said[i]))
			errx(1, "a D-Bus message is too long for the bench");
		memcpy(w->said[i], m.b, m.n);
		w->said_len[i] = m.n;
		/* The bus adds who it is from. */
		write_all(w->tell[i], m.b, m.n);
		(void)read_message(w->hear[1 - i], &m, &at);
		w->heard_len[1 - i] = m.n;
	}
	w->answer_len = 0;
}

/* ----------------------------------------------------------------- dbus-broker */

/* What it takes as a policy; here everybody may do everything. */
#define BATCH "bta(btbs)a(btssssuutt)a(btssssuutt)"
#define POLICY "(a(u(" BATCH "))a(buu(" BATCH "))a(ss)bs)"

static void
put_transfer_rule(struct blob *o)
{
	const size_t rules = open_array(o);

	put_u32(o, true);
	put_u64(o, 1);
	for (int i = 0; i < 4; i++)
		put_string(o, "");
	put_u32(o, 0);
	put_u32(o, 0);
	put_u64(o, 0);
	put_u64(o, UINT64_MAX);
	close_array(o, rules);
}

static void
put_policy(struct blob *o)
{
	put_signature(o, POLICY);
	align(o, 8);
	const size_t users = open_array(o);
	put_u32(o, UINT32_MAX); /* whoever has none of his own */
	align(o, 8);
	put_u32(o, true); /* may connect, priority 1 */
	put_u64(o, 1);
	const size_t names = open_array(o);
	put_u32(o, true);
	put_u64(o, 1);
	put_u32(o, true);
	put_string(o, "");
	close_array(o, names);
	put_transfer_rule(o); /* sends */
	put_transfer_rule(o); /* receives */
	close_array(o, users);
	close_array(o, open_array(o)); /* groups */
	close_array(o, open_array(o)); /* SELinux */
	put_u32(o, false);             /* AppArmor, and what it calls this bus */
	put_string(o, "");
}

static int
listen_at(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)unlink(path);
	strcpy(sun.sun_path, path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0 || listen(fd, 16) < 0)
		err(1, "%s", path);
	return fd;
}

static void
send_with_descriptor(int to, const struct blob *m, int fd)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec part = { (void *)(uintptr_t)m->b, m->n };
	struct msghdr h = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&h);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	if (sendmsg(to, &h, 0) != (ssize_t)m->n)
		err(1, "cannot tell dbus-broker where to listen");
}

void
dbus_broker_listen(int controller, const char *path)
{
	const int fd = listen_at(path);
	struct blob m, body = { 0 };
	size_t at;

	authenticate(controller);
	put_string(&body, "/org/bus1/DBus/Listener/0");
	put_u32(&body, 0); /* the first descriptor */
	put_policy(&body);
	put_message(
	    &m, METHOD_CALL, NULL, "/org/bus1/DBus/Broker", "org.bus1.DBus.Broker", "AddListener", "ohv", &body, 1);
	send_with_descriptor(controller, &m, fd);
	if (read_message(controller, &m, &at) != METHOD_RETURN)
		errx(1, "dbus-broker will not listen");
	(void)close(fd);
}
