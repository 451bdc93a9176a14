/*
 * Speaks frames to a daemon or a helper, well-formed and otherwise, and prints
 * those that come back, one a line. For tests that need a peer that no pchat
 * program would be.
 *
 * usage: rawclient [-c] SOCKET [COMMAND]...
 *
 * A command is one argument, or, without any, one line of standard input:
 *
 *   hello [VERSION [FEATURES]]   magic WORD        the greeting; WORD in hex instead of the magic
 *   login NAME [ID] [resume] [pair=N with=NAME uid=N]  a random ID when there is none
 *   to NAME | wait NAME | cancel | leave | quit | who [CURSOR] | dnd on|off | block NAME
 *   msg TEXT                     flood COUNT SIZE  under the latest pair and epoch; ids count up
 *   pair N | epoch N                               instead of the latest
 *   ack COUNT [VERDICT]                            the oldest messages not yet acknowledged
 *   offer_ack VERDICT                              of the latest offer; its number is 1
 *   autoack on|off                                 at once, each OK
 *   hex BYTES                    frame TYPE [HEX]  anything
 *   expect WORD [TEXT]                             prints up to a line that begins with WORD and holds TEXT;
 *                                                  status 1 when there is none within $PATIENCE seconds (10)
 *   linger                                         goes on printing until it is killed
 *   again                                          another connection in place of this one
 *   deaf on|off                                    reads nothing
 *   shut                                           no more from us
 *
 * -c: the socket of a helper: hello is its greeting, and frames are printed by type and in hex. At the end of the
 * commands it ends, at the end of standard input as well.
 */
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "net/random.h"
#include "net/socket.h"
#include "proto/control.h"
#include "proto/quote.h"
#include "proto/status.h"
#include "proto/upstream.h"

#define LINE 1024

static int sock = -1;
static const char *path;
static bool is_control, autoack, deaf, closed;
static uint8_t input[FRAME_MAX + 65536];
static size_t input_len;
static uint64_t pair;
static uint32_t epoch;
static struct ident next_id; /* of the next message sent */
static struct ident heard;   /* the oldest message received and not acknowledged */
static uint32_t unacked;
static struct ident offered; /* the latest offer */
static char printed[LINE];   /* the latest line */

/* ------ sending ------ */

static void pump(int timeout_ms);

static void
put(const void *data, size_t n)
{
	const uint8_t *p = data;

	while (n > 0 && !closed) {
		const ssize_t r = send(sock, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (r > 0) {
			p += r;
			n -= (size_t)r;
		} else if (errno == EAGAIN) {
			struct pollfd w = { .fd = sock, .events = POLLOUT };

			pump(0);
			(void)poll(&w, 1, 100);
		} else if (errno != EINTR) {
			pump(100); /* what it said before it went */
			return;
		}
	}
}

static void
put_upstream(const struct upstream_message *m)
{
	static uint8_t out[FRAME_MAX];

	put(out, upstream_encode(m, out, sizeof(out)));
}

static void
put_hello(uint32_t magic, uint16_t version, uint32_t features)
{
	struct upstream_message up = { .type = UPSTREAM_HELLO, .u.hello = { magic, version, features } };
	struct control_message down = { .type = CONTROL_HELLO, .u.hello = { magic, version, features } };
	uint8_t out[64];

	if (is_control)
		put(out, control_encode(&down, out, sizeof(out)));
	else
		put_upstream(&up);
}

static void
put_msg(const void *body, uint32_t n)
{
	const struct msg m = { .pair = pair, .epoch = epoch, .id = next_id, .length = n };
	static uint8_t frame[FRAME_MAX];

	if (n > FRAME_BODY_MAX - MSG_FIXED)
		errx(2, "msg: too long for a frame");
	msg_encode_head(frame, &m);
	memcpy(frame + FRAME_HEADER + MSG_FIXED, body, n);
	put(frame, FRAME_HEADER + MSG_FIXED + n);
	next_id = ident_add(&next_id, 1);
}

static void
put_ack(uint32_t count, enum verdict v)
{
	const struct ack a = { .pair = pair, .epoch = epoch, .count = count, .first = heard, .verdict = (uint8_t)v };
	uint8_t frame[FRAME_HEADER + ACK_BODY];

	ack_encode(frame, &a);
	put(frame, sizeof(frame));
	heard = ident_add(&heard, count);
	unacked -= count < unacked ? count : unacked;
}

/* ------ receiving ------ */

static void PRINTF_LIKE(1, 2) say(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(printed, sizeof(printed), fmt, args);
	va_end(args);
	(void)puts(printed);
	(void)fflush(stdout);
}

static void
say_msg(const struct frame *f)
{
	char text[LINE / 2], id[IDENT_HEX_LEN + 1];
	struct msg m;

	if (msg_decode(f, &m) < 0) {
		say("MSG malformed");
		return;
	}
	ident_format(&m.id, id);
	if (unacked++ == 0)
		heard = m.id;
	say("MSG pair=%" PRIu64 " epoch=%u id=%s length=%u %s", m.pair, m.epoch, id, m.length,
	    quote((const char *)m.body, m.length, text, sizeof(text)));
	if (autoack)
		put_ack(1, VERDICT_OK);
}

static void
say_ack(const struct frame *f)
{
	char id[IDENT_HEX_LEN + 1];
	struct ack a;

	if (ack_decode(f, &a) < 0) {
		say("ACK malformed");
		return;
	}
	ident_format(&a.first, id);
	say("ACK pair=%" PRIu64 " epoch=%u first=%s count=%u %s", a.pair, a.epoch, id, a.count, status_name(a.verdict));
}

static void
say_bye(uint8_t reason)
{
	static const char *const names[] = { "?", "version", "malformed", "window", "stalled", "replaced", "timeout",
		"crowded", "stopping" };

	say("BYE %s", names[reason < ARRAY_SIZE(names) ? reason : 0]);
}

static void
say_who(const struct upstream_message *m)
{
	static const char *const states[] = { "free", "paired", "reconnecting" };

	struct who_page page = m->u.who_page;
	struct who_entry e;

	while (who_page_next(&page, &e))
		say("WHO name=%s account=%s uid=%u %s %s", e.peer.name, e.peer.account, e.peer.uid, states[e.state],
		    e.reachable ? "reachable" : "unreachable");
	say("WHO_PAGE count=%u next=%u", m->u.who_page.count, m->u.who_page.next);
}

static void
say_upstream(const struct upstream_message *m)
{
	static const char *const endings[] = { "none", "left", "quit", "gone" };

	switch (m->type) {
	case UPSTREAM_RESULT:
		say("RESULT %s", status_name(m->u.result.verdict));
		break;
	case UPSTREAM_WELCOME:
		say("WELCOME name=%s account=%s uid=%u %s last_end=%s grace=%u", m->u.welcome.self.name,
		    m->u.welcome.self.account, m->u.welcome.self.uid, m->u.welcome.resumed ? "resumed" : "new",
		    endings[m->u.welcome.last_end], m->u.welcome.grace_ms);
		break;
	case UPSTREAM_WHO_PAGE:
		say_who(m);
		break;
	case UPSTREAM_PAIRED:
		pair = m->u.paired.pair;
		epoch = m->u.paired.epoch;
		unacked = 0;
		say("PAIRED name=%s account=%s uid=%u %s pair=%" PRIu64 " epoch=%u", m->u.paired.peer.name,
		    m->u.paired.peer.account, m->u.paired.peer.uid, m->u.paired.online ? "online" : "offline", pair,
		    epoch);
		break;
	case UPSTREAM_ENDED:
		say("ENDED pair=%" PRIu64 " %s", m->u.ended.pair, endings[m->u.ended.ending]);
		break;
	case UPSTREAM_LOST:
		say("LOST pair=%" PRIu64, m->u.link.pair);
		break;
	case UPSTREAM_BACK:
		epoch = m->u.link.epoch;
		unacked = 0;
		say("BACK pair=%" PRIu64 " epoch=%u", m->u.link.pair, epoch);
		break;
	case UPSTREAM_WAIT_OVER:
		say("WAIT_OVER %s", status_name(m->u.wait_over.verdict));
		break;
	case UPSTREAM_WAITING:
		say("WAITING name=%s account=%s uid=%u", m->u.waiting.peer.name, m->u.waiting.peer.account,
		    m->u.waiting.peer.uid);
		break;
	case UPSTREAM_OFFERED:
		offered = m->u.offer.msgid;
		say("OFFERED length=%u", m->u.offer.length);
		break;
	case UPSTREAM_TOLD:
		say("TOLD %s", status_name(m->u.told.verdict));
		break;
	case UPSTREAM_BYE:
		say_bye(m->u.bye.reason);
		break;
	default:
		say("FRAME type=0x%02x", (unsigned)m->type);
		break;
	}
}

static void
say_raw(const struct frame *f)
{
	static struct control_message m;
	char hex[513];

	for (uint32_t i = 0; i < f->length && i < 256; i++)
		(void)snprintf(hex + (size_t)2 * i, 3, "%02x", f->body[i]);
	hex[f->length < 256 ? 2 * f->length : 512] = '\0';
	if (is_control && control_decode(f, &m) == 0 && m.type == CONTROL_OUTCOME)
		say("OUTCOME %s", status_name(m.u.outcome.verdict));
	else if (is_control && control_decode(f, &m) == 0 && m.type == CONTROL_BYE)
		say_bye(m.u.bye.reason);
	else
		say("FRAME type=0x%02x length=%u %s", f->type, f->length, hex);
}

static void
say_frame(const struct frame *f)
{
	static struct upstream_message m;

	if (f->type == FRAME_MSG)
		say_msg(f);
	else if (f->type == FRAME_ACK)
		say_ack(f);
	else if (!is_control && upstream_decode(f, &m) == 0)
		say_upstream(&m);
	else
		say_raw(f);
}

/* Prints the next frame that is there; false when more must be read for it. */
static bool
next_frame(void)
{
	struct frame f;
	const ssize_t used = frame_parse(input, input_len, &f);

	if (used < 0)
		errx(1, "the other side sent something that is no frame");
	if (used == 0)
		return false;
	say_frame(&f);
	input_len -= (size_t)used;
	memmove(input, input + used, input_len);
	return true;
}

/* Reads once, waiting at most so long. */
static void
fill(int timeout_ms)
{
	struct pollfd r = { .fd = sock, .events = POLLIN };
	ssize_t n;

	if (deaf)
		r.fd = -1; /* only time passes */
	if (closed || poll(&r, 1, timeout_ms) <= 0)
		return;
	n = recv(sock, input + input_len, sizeof(input) - input_len, MSG_DONTWAIT);
	if (n > 0) {
		input_len += (size_t)n;
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		closed = true;
		say("CLOSED");
	}
}

static void
pump(int timeout_ms)
{
	fill(timeout_ms);
	while (next_frame())
		continue;
}

static uint64_t
patience_ms(void)
{
	const char *seconds = getenv("PATIENCE");

	return UINT64_C(1000) * (seconds ? strtoull(seconds, NULL, 10) : 10);
}

static void
expect(const char *word, const char *text)
{
	const uint64_t end = clock_monotonic_ms() + patience_ms();

	for (uint64_t now; (now = clock_monotonic_ms()) < end;) {
		if (!next_frame() && closed) {
			if (strcmp(word, "CLOSED") == 0)
				return;
			break;
		}
		if (strncmp(printed, word, strlen(word)) == 0 && (!text || strstr(printed, text))) {
			printed[0] = '\0';
			return;
		}
		printed[0] = '\0';
		if (frame_parse(input, input_len, &(struct frame){ 0 }) == 0)
			fill((int)(end - now));
	}
	errx(1, "expected %s %s", word, text ? text : "");
}

/* ------ commands ------ */

static void
do_connect(void)
{
	if (sock >= 0)
		(void)close(sock);
	sock = socket_connect(path, true);
	if (sock < 0)
		errx(1, "cannot connect: %s", strerror(-sock));
	closed = false;
	input_len = 0;
	printed[0] = '\0';
}

static void
do_linger(void)
{
	for (;;) {
		if (closed || deaf)
			(void)pause();
		pump(-1);
	}
}

static size_t
unhex(const char *text, uint8_t *out, size_t size)
{
	size_t n = 0;
	unsigned byte;

	for (; *text; text++) {
		if (*text == ' ')
			continue;
		if (n == size || sscanf(text++, "%2x", &byte) != 1 || !*text)
			errx(2, "not hex");
		out[n++] = (uint8_t)byte;
	}
	return n;
}

static void
do_login(char *args)
{
	struct upstream_message m = { .type = UPSTREAM_LOGIN };
	const char *word = strtok(args, " ");

	if (random_ident(&m.u.login.id) < 0)
		err(1, "getrandom");
	(void)snprintf(m.u.login.name, sizeof(m.u.login.name), "%s", word ? word : "");
	while ((word = strtok(NULL, " "))) {
		if (strcmp(word, "resume") == 0)
			m.u.login.resume_only = true;
		else if (strncmp(word, "pair=", 5) == 0)
			m.u.login.pair = strtoull(word + 5, NULL, 10);
		else if (strncmp(word, "with=", 5) == 0)
			(void)snprintf(m.u.login.partner.name, sizeof(m.u.login.partner.name), "%s", word + 5);
		else if (strncmp(word, "uid=", 4) == 0)
			m.u.login.partner.uid = (uint32_t)strtoul(word + 4, NULL, 10);
		else if (!ident_parse(word, &m.u.login.id))
			errx(2, "login: '%s'?", word);
	}
	put_upstream(&m);
}

static void
do_policy(bool dnd, const char *block)
{
	struct upstream_message m = { .type = UPSTREAM_POLICY, .u.policy.dnd = dnd };

	if (block) {
		m.u.policy.count = 1;
		m.u.policy.rule[0].type = POLICY_BLOCK_NAME;
		(void)snprintf(m.u.policy.rule[0].name, sizeof(m.u.policy.rule[0].name), "%s", block);
	}
	put_upstream(&m);
}

static void
do_name(enum upstream_type type, const char *name, bool wait)
{
	struct upstream_message m = { .type = type };

	m.u.to.wait = wait;
	(void)snprintf(m.u.to.name, sizeof(m.u.to.name), "%s", name);
	put_upstream(&m);
}

static void
do_plain(enum upstream_type type)
{
	const struct upstream_message m = { .type = type };

	put_upstream(&m);
}

static void
do_flood(const char *args)
{
	static uint8_t body[FRAME_BODY_MAX];
	unsigned long count, size;

	if (sscanf(args, "%lu %lu", &count, &size) != 2 || size > FRAME_BODY_MAX - MSG_FIXED)
		errx(2, "flood COUNT SIZE");
	memset(body, 'x', sizeof(body));
	while (count-- > 0 && !closed)
		put_msg(body, (uint32_t)size);
}

static void
do_frame(const char *args)
{
	static uint8_t out[FRAME_MAX];
	char *body;
	const unsigned long type = strtoul(args, &body, 16);
	const size_t n = unhex(body, out + FRAME_HEADER, FRAME_BODY_MAX);

	frame_header(out, (uint16_t)type, (uint32_t)n);
	put(out, FRAME_HEADER + n);
}

static void
do_ack(const char *args)
{
	unsigned count, v = VERDICT_OK;

	if (sscanf(args, "%u %u", &count, &v) < 1)
		errx(2, "ack COUNT [VERDICT]");
	put_ack(count, v);
}

static void
do_offer_ack(const char *args)
{
	const struct upstream_message m = { .type = UPSTREAM_OFFER_ACK,
		.u.word = { .msgid = offered, .verdict = (uint8_t)strtoul(args, NULL, 10), .number = 1 } };

	put_upstream(&m);
}

static void
do_expect(char *args)
{
	char *text = strchr(args, ' ');

	if (text)
		*text++ = '\0';
	expect(args, text);
}

static void
do_hex(const char *args)
{
	static uint8_t out[2 * FRAME_MAX];

	put(out, unhex(args, out, sizeof(out)));
}

static uint32_t
number(const char *text, int base)
{
	return (uint32_t)strtoul(text, NULL, base);
}

static void
do_hello(const char *args)
{
	const char *features = strchr(args, ' ');

	put_hello(PROTOCOL_MAGIC, *args ? (uint16_t)number(args, 10) : PROTOCOL_VERSION,
	    features ? number(features + 1, 10) : 0);
}

static void
run(char *line)
{
	char *args = strchr(line, ' ');
	char none[1] = "";

	if (args)
		*args++ = '\0';
	else
		args = none;
#define COMMAND(word, what)            \
	if (strcmp(line, word) == 0) { \
		what;                  \
		return;                \
	}
	COMMAND("hello", do_hello(args))
	COMMAND("magic", put_hello(number(args, 16), PROTOCOL_VERSION, 0))
	COMMAND("login", do_login(args))
	COMMAND("to", do_name(UPSTREAM_TO, args, false))
	COMMAND("wait", do_name(UPSTREAM_TO, args, true))
	COMMAND("cancel", do_plain(UPSTREAM_CANCEL))
	COMMAND("leave", do_plain(UPSTREAM_LEAVE))
	COMMAND("quit", do_plain(UPSTREAM_QUIT))
	COMMAND(
	    "who", put_upstream(&(struct upstream_message){ .type = UPSTREAM_WHO, .u.who.cursor = number(args, 10) }))
	COMMAND("dnd", do_policy(strcmp(args, "on") == 0, NULL))
	COMMAND("block", do_policy(false, args))
	COMMAND("msg", put_msg(args, (uint32_t)strlen(args)))
	COMMAND("flood", do_flood(args))
	COMMAND("pair", pair = strtoull(args, NULL, 10))
	COMMAND("epoch", epoch = number(args, 10))
	COMMAND("ack", do_ack(args))
	COMMAND("autoack", autoack = strcmp(args, "on") == 0)
	COMMAND("hex", do_hex(args))
	COMMAND("frame", do_frame(args))
	COMMAND("offer_ack", do_offer_ack(args))
	COMMAND("expect", do_expect(args))
	COMMAND("deaf", deaf = strcmp(args, "on") == 0)
	COMMAND("shut", (void)shutdown(sock, SHUT_WR))
	COMMAND("linger", do_linger())
	COMMAND("again", do_connect())
#undef COMMAND
	errx(2, "unknown command '%s'", line);
}

/* Commands come and frames are printed as they come. */
static void
serve_stdin(void)
{
	static char line[4 * FRAME_MAX];
	size_t len = 0;

	for (;;) {
		struct pollfd p[2] = { { .fd = STDIN_FILENO, .events = POLLIN },
			{ .fd = closed || deaf ? -1 : sock, .events = POLLIN } };
		char *end;
		ssize_t n;

		(void)poll(p, 2, -1);
		if (p[1].revents)
			pump(0);
		if (!p[0].revents)
			continue;
		n = read(STDIN_FILENO, line + len, sizeof(line) - 1 - len);
		if (n <= 0)
			return;
		len += (size_t)n;
		while ((end = memchr(line, '\n', len))) {
			*end++ = '\0';
			run(line);
			len -= (size_t)(end - line);
			memmove(line, end, len);
		}
	}
}

int
main(int argc, char **argv)
{
	int at = 1;

	if (argc > 1 && strcmp(argv[1], "-c") == 0) {
		is_control = true;
		at++;
	}
	if (at >= argc)
		errx(2, "usage: rawclient [-c] SOCKET [COMMAND]...");
	if (random_ident(&next_id) < 0)
		err(1, "getrandom");
	path = argv[at++];
	do_connect();
	if (at == argc)
		serve_stdin();
	for (; at < argc; at++)
		run(argv[at]);
	return 0;
}
