/*
 * People who mean no good, on one connection or thousands, of one uid or thousands (as root: the kernel tells the uid that
 * a process has when it connects).
 *
 * usage: hostile SOCKET WAY UID UIDS COUNT
 *
 * COUNT connections by UIDS uids from UID on, one uid after the other. It says "ready" when they are there, goes on until standard
 * input ends, and then tells what the daemon has said: "crowded N", "refused N" and "closed N".
 *
 *   silent   say nothing
 *   login    log in, and take nothing from then on
 *   storm    connect and go, again and again
 *   logins   log in and go, again and again
 *   resume   the same session comes back again and again
 *   bytes    log in with one byte a write, and go, again and again
 *   who      log in, and ask who is there as fast as they can
 *   small    log in, and ask for something that costs little, as often as fits into a socket
 *   wait     log in, and wait for the first of them, who is paired; then they all change their policy all the time
 *   tell     without a session, tell bob as many notes as they can; whoever is closed comes again
 *   later    the same for games, who is not there: notes that are to be kept
 *   stopped  log in in pairs; one sends as much as it can, the other takes nothing
 *   offers   log in in pairs; one offers streams as fast as it can, the other takes each, and passes down its end of the channel
 *            a descriptor whose close blocks. It tells "offered N", "channels N", and "passed N"
 */
#include <endian.h>
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../system/pass.h"
#include "../system/slow.h"
#include "base/macros.h"
#include "net/random.h"
#include "proto/feature.h"
#include "proto/offer.h"
#include "proto/upstream.h"

#define HELD_MAX 60000U
#define LOOK_MS 10

static const char *path;
static unsigned first_uid, uids, count, serial;
static int held[HELD_MAX];
static unsigned crowded, refused, closed, offered, channels, passed;
static uint32_t features;
static int end = -1; /* of a channel, that came with what was heard last */

/* ------ one connection ------ */

/* -1: it is not let in at all. */
static int
reach(unsigned number)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const uid_t uid = first_uid + number % uids;
	int fd;

	if (geteuid() != uid && (seteuid(0) < 0 || seteuid(uid) < 0))
		err(2, "uid %u", uid);
	(void)snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		err(2, "socket");
	while (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
		if (errno != EAGAIN && errno != EINTR)
			err(2, "connect");
		(void)poll(NULL, 0, 1);
	}
	return fd;
}

static void
put(int fd, const void *data, size_t n)
{
	(void)!send(fd, data, n, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void
say(int fd, const struct upstream_message *m)
{
	uint8_t frame[FRAME_MAX];

	put(fd, frame, upstream_encode(m, frame, sizeof(frame)));
}

/* HELLO and LOGIN in one; `id` NULL: a new one. Returns the length. */
static size_t
make_login(uint8_t *out, size_t size, const struct ident *id)
{
	const struct upstream_message hello = { .type = UPSTREAM_HELLO,
		.u.hello = { .magic = PROTOCOL_MAGIC, .version = PROTOCOL_VERSION, .features = features } };
	struct upstream_message login = { .type = UPSTREAM_LOGIN };
	size_t n = upstream_encode(&hello, out, size);

	if (id)
		login.u.login.id = *id;
	else if (random_ident(&login.u.login.id) < 0)
		err(2, "getrandom");
	login.u.login.resume_only = id && serial > 0;
	(void)snprintf(login.u.login.name, sizeof(login.u.login.name), "foe-%u-%u", (unsigned)getpid(), serial++);
	return n + upstream_encode(&login, out + n, size - n);
}

static void
log_in(int fd)
{
	uint8_t frame[FRAME_MAX];

	put(fd, frame, make_login(frame, sizeof(frame), NULL));
}

/*
 * Takes at most `length` bytes, and the end of a channel that comes with them. It is never closed, nor dropped for want of
 * room: a close of what was passed into it blocks, and an attack that waits is none.
 */
static ssize_t
take(int fd, void *in, size_t length)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { .iov_base = in, .iov_len = length };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
	};
	const ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	const struct cmsghdr *c = n < 0 ? NULL : CMSG_FIRSTHDR(&m);

	end = -1;
	if (c && c->cmsg_type == SCM_RIGHTS)
		memcpy(&end, CMSG_DATA(c), sizeof(end));
	return n;
}

/* The next frame, waiting at most so long; false: there is none, or the other side is gone. Only small ones are asked for. */
static bool
hear(int fd, struct upstream_message *m, int wait_ms)
{
	static uint8_t in[FRAME_MAX];
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint32_t length;
	struct frame f;

	if (poll(&p, 1, wait_ms) <= 0 || recv(fd, in, FRAME_HEADER, MSG_PEEK | MSG_DONTWAIT) != FRAME_HEADER)
		return false;
	memcpy(&length, in, sizeof(length));
	length = le32toh(length) + FRAME_HEADER;
	if (length > sizeof(in) || take(fd, in, length) != (ssize_t)length)
		return false;
	return frame_parse(in, length, &f) > 0 && f.type != FRAME_MSG && f.type != FRAME_ACK &&
	    upstream_decode(&f, m) == 0;
}

static void
note(const struct upstream_message *m)
{
	crowded += m->type == UPSTREAM_BYE && m->u.bye.reason == BYE_CROWDED;
	refused += m->type == UPSTREAM_RESULT && m->u.result.verdict != VERDICT_OK;
}

/* Reads until it hears `type`, or how it is refused. */
static bool
await(int fd, uint32_t type, struct upstream_message *m)
{
	while (hear(fd, m, 10000)) {
		if (m->type == type)
			return true;
		note(m);
		if (m->type == UPSTREAM_BYE || (m->type == UPSTREAM_RESULT && m->u.result.verdict != VERDICT_OK))
			return false;
	}
	return false;
}

/* ------ ways ------ */

static bool
over(int wait_ms)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&p, 1, wait_ms) > 0;
}

static void
ready(void)
{
	(void)puts("ready");
	(void)fflush(stdout);
}

static void
hold(void)
{
	ready();
	while (!over(1000))
		continue;
}

static void
silent(void)
{
	for (unsigned i = 0; i < count; i++)
		held[i] = reach(i);
	hold();
}

static unsigned
enter_all(void)
{
	struct upstream_message m;
	unsigned n = 0;

	for (unsigned i = 0; i < count; i++) {
		held[n] = reach(i);
		log_in(held[n]);
		if (await(held[n], UPSTREAM_WELCOME, &m))
			n++;
		else
			(void)close(held[n]);
	}
	count = n;
	return n;
}

static void
login(void)
{
	(void)enter_all();
	hold();
}

static void
storm(void)
{
	ready();
	for (unsigned i = 0; i % 64 != 0 || !over(0); i++)
		(void)close(reach(i));
	count = 0;
}

static void
again(const struct ident *id, bool by_bytes)
{
	uint8_t frame[FRAME_MAX];

	ready();
	for (unsigned i = 0; i % 8 != 0 || !over(0); i++) {
		const size_t n = make_login(frame, sizeof(frame), id);
		const int fd = reach(i);
		struct upstream_message m;

		for (size_t at = 0; by_bytes && at + 1 < n; at++)
			put(fd, frame + at, 1);
		put(fd, by_bytes ? frame + n - 1 : frame, by_bytes ? 1 : n);
		if (hear(fd, &m, LOOK_MS))
			note(&m);
		if (!id)
			say(fd, &(struct upstream_message){ .type = UPSTREAM_QUIT });
		(void)close(fd);
	}
	count = 0;
}

static void
logins(void)
{
	again(NULL, false);
}

static void
bytes(void)
{
	again(NULL, true);
}

static void
resume(void)
{
	struct ident id;

	if (random_ident(&id) < 0)
		err(2, "getrandom");
	uids = 1;
	again(&id, false);
}

/* Takes what has come, and throws it away. */
static void
drain(int fd)
{
	static uint8_t in[65536];

	while (take(fd, in, sizeof(in)) > 0)
		continue;
}

static void
who(void)
{
	const unsigned n = enter_all();

	ready();
	while (!over(0)) {
		for (unsigned i = 0; i < n; i++) {
			for (unsigned k = 0; k < 16; k++)
				say(held[i], &(struct upstream_message){ .type = UPSTREAM_WHO });
			drain(held[i]);
		}
	}
}

static void
small(void)
{
	static uint8_t many[65536];
	const struct upstream_message m = { .type = UPSTREAM_LEAVE };
	static size_t at[HELD_MAX]; /* where each goes on: what it said last may have gone in part */
	const unsigned n = enter_all();
	size_t length = 0, one;

	while ((one = upstream_encode(&m, many + length, sizeof(many) - length)) > 0)
		length += one;
	ready();
	while (!over(0)) {
		for (unsigned i = 0; i < n; i++) {
			const ssize_t done = send(held[i], many + at[i], length - at[i], MSG_NOSIGNAL | MSG_DONTWAIT);

			at[i] = done > 0 ? (at[i] + (size_t)done) % length : at[i];
			drain(held[i]);
		}
	}
}

static void
ask(int fd, const char *name, bool wait)
{
	struct upstream_message m = { .type = UPSTREAM_TO, .u.to.wait = wait };

	(void)snprintf(m.u.to.name, sizeof(m.u.to.name), "%s", name);
	say(fd, &m);
}

static void
name_of(unsigned number, char *out, size_t size)
{
	(void)snprintf(out, size, "foe-%u-%u", (unsigned)getpid(), number);
}

static void
wait_all(void)
{
	struct upstream_message m = { .type = UPSTREAM_POLICY };
	char name[NAME_MAX_LEN + 1];
	const unsigned n = enter_all();

	if (n < 3)
		errx(2, "too few came in");
	name_of(1, name, sizeof(name));
	ask(held[0], name, false);
	name_of(0, name, sizeof(name));
	for (unsigned i = 2; i < n; i++)
		ask(held[i], name, true);
	ready();
	while (!over(LOOK_MS)) {
		m.u.policy.dnd = !m.u.policy.dnd;
		say(held[0], &m);
		for (unsigned i = 0; i < n; i++)
			drain(held[i]);
		for (unsigned i = 2; i < n && !m.u.policy.dnd; i++)
			ask(held[i], name, true);
	}
}

/* As many messages as its window holds, and its partner's socket does not. */
static void
flood(int fd, uint64_t pair, uint32_t epoch)
{
	static uint8_t frame[FRAME_MAX];
	struct msg m = { .pair = pair, .epoch = epoch, .length = 32768 };
	const size_t n = FRAME_HEADER + MSG_FIXED + m.length;

	for (unsigned i = 0; i < WINDOW_BYTES / m.length; i++) {
		struct pollfd p = { .fd = fd, .events = POLLOUT };

		if (random_ident(&m.id) < 0)
			err(2, "getrandom");
		msg_encode_head(frame, &m);
		for (size_t at = 0; at < n && poll(&p, 1, 1000) > 0;) {
			const ssize_t w = send(fd, frame + at, n - at, MSG_NOSIGNAL | MSG_DONTWAIT);

			if (w < 0 && errno != EAGAIN)
				return;
			at += w > 0 ? (size_t)w : 0;
		}
	}
}

static void
stopped(void)
{
	char name[NAME_MAX_LEN + 1];
	const unsigned n = enter_all();

	for (unsigned i = 0; i + 1 < n; i += 2) {
		struct upstream_message m;

		name_of(i + 1, name, sizeof(name));
		ask(held[i], name, false);
		if (await(held[i], UPSTREAM_PAIRED, &m))
			flood(held[i], m.u.paired.pair, m.u.paired.epoch);
	}
	hold();
}

/* HELLO of one that only tells. */
static int
reach_to_tell(unsigned number)
{
	const struct upstream_message hello = { .type = UPSTREAM_HELLO,
		.u.hello = { .magic = PROTOCOL_MAGIC, .version = PROTOCOL_VERSION, .features = FEATURE_NOTES } };
	const int fd = reach(number);

	say(fd, &hello);
	return fd;
}

static void
tell_on(const char *name, uint8_t flags)
{
	static uint8_t body[NOTE_MAX];
	struct upstream_message m = { .type = UPSTREAM_TELL,
		.u.tell = { .flags = flags, .body = body, .length = sizeof(body) } };

	(void)snprintf(m.u.tell.name, sizeof(m.u.tell.name), "%s", name);
	memset(body, 'x', sizeof(body));
	for (unsigned i = 0; i < count; i++)
		held[i] = reach_to_tell(i);
	ready();
	while (!over(0)) {
		for (unsigned i = 0; i < count; i++) {
			char byte;

			for (unsigned k = 0; k < 16; k++) {
				if (random_ident(&m.u.tell.msgid) < 0)
					err(2, "getrandom");
				say(held[i], &m);
			}
			drain(held[i]);
			if (recv(held[i], &byte, 1, MSG_DONTWAIT | MSG_PEEK) != 0)
				continue;
			closed++;
			(void)close(held[i]);
			held[i] = reach_to_tell(i);
		}
	}
}

static void
tell(void)
{
	tell_on("bob", 0);
}

static void
later(void)
{
	tell_on("games", TELL_LATER);
}

/* Into the channel, for whoever closes its other end. */
static void
pass_slow(void)
{
	const int slow = slow_make();

	channels++;
	if (pass_descriptors(end, "x", 1, slow, 1, MSG_DONTWAIT) < 0)
		return; /* and it is ours until we end, when nobody waits for its close */
	passed++;
	slow_close(slow);
}

static void
offer_some(int fd, uint64_t pair)
{
	uint8_t body[OFFER_MAX];
	struct upstream_message m = { .type = UPSTREAM_OFFER, .u.offer = { .pair = pair, .body = body } };

	m.u.offer.length = (uint32_t)offer_put_stream(body, "siege", 5);
	for (unsigned k = 0; k < 16; k++) {
		if (random_ident(&m.u.offer.msgid) < 0)
			err(2, "getrandom");
		say(fd, &m);
		offered++;
	}
}

/* What was offered is said to be stored, taken, and let go. */
static void
take_offers(int fd)
{
	static uint64_t number;
	struct upstream_message m, word;

	while (hear(fd, &m, 0)) {
		word = (struct upstream_message){ .type = UPSTREAM_OFFER_ACK };
		if (m.type == UPSTREAM_OFFERED) {
			word.u.word = (struct offer_word){ .msgid = m.u.offer.msgid, .number = ++number };
			say(fd, &word);
			word.type = UPSTREAM_ACCEPT;
			say(fd, &word);
		} else if (m.type == UPSTREAM_CHANNEL && end >= 0) {
			pass_slow();
			word.type = UPSTREAM_OFFER_OVER;
			word.u.word = (struct offer_word){ .msgid = m.u.word.msgid };
			say(fd, &word);
		}
	}
}

static void
offers(void)
{
	static uint64_t pair[HELD_MAX];
	struct upstream_message m;
	char name[NAME_MAX_LEN + 1];
	unsigned n;

	slow_begin();
	features = FEATURES_KNOWN;
	n = enter_all();
	for (unsigned i = 0; i + 1 < n; i += 2) {
		name_of(i + 1, name, sizeof(name));
		ask(held[i], name, false);
		if (await(held[i], UPSTREAM_PAIRED, &m))
			pair[i] = m.u.paired.pair;
	}
	ready();
	while (!over(0)) {
		for (unsigned i = 0; i + 1 < n; i += 2) {
			offer_some(held[i], pair[i]);
			drain(held[i]);
			take_offers(held[i + 1]);
		}
	}
}

static void
look_back(void)
{
	struct upstream_message m;
	char byte;

	for (unsigned i = 0; i < count; i++) {
		while (hear(held[i], &m, 0))
			note(&m);
		closed += recv(held[i], &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
		(void)close(held[i]);
	}
	(void)printf("crowded %u\nrefused %u\nclosed %u\noffered %u\nchannels %u\npassed %u\n", crowded, refused,
	    closed, offered, channels, passed);
}

/* As we began: of a process that has changed its uid nobody sees the memory, not even a sanitizer's look for leaks at the end. */
static void
come_home(void)
{
	if (seteuid(getuid()) < 0 || prctl(PR_SET_DUMPABLE, 1) < 0)
		err(2, "uid %u", (unsigned)getuid());
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} ways[] = { { "silent", silent }, { "login", login }, { "storm", storm }, { "logins", logins },
		{ "resume", resume }, { "bytes", bytes }, { "who", who }, { "small", small }, { "wait", wait_all },
		{ "tell", tell }, { "later", later }, { "stopped", stopped }, { "offers", offers } };
	const struct rlimit files = { .rlim_cur = HELD_MAX + 64, .rlim_max = HELD_MAX + 64 };

	if (argc != 6)
		errx(2, "usage: hostile SOCKET WAY UID UIDS COUNT");
	path = argv[1];
	first_uid = (unsigned)strtoul(argv[3], NULL, 10);
	uids = (unsigned)strtoul(argv[4], NULL, 10);
	count = (unsigned)strtoul(argv[5], NULL, 10);
	if (uids == 0 || count > HELD_MAX)
		errx(2, "hostile: UIDS or COUNT?");
	(void)setrlimit(RLIMIT_NOFILE, &files);
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		if (strcmp(argv[2], ways[i].name) != 0)
			continue;
		ways[i].run();
		look_back();
		come_home();
		return 0;
	}
	errx(2, "hostile: '%s'?", argv[2]);
}
