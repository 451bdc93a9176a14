/*
 * A pseudo-terminal on which a random hand edits while messages arrive, the window changes its size and the prompt
 * its text. The editor runs in a child, built with the sanitizers; it must live through all of it, and
 * at the end still take a line. Prints its seed; give it back to repeat a run:
 *
 *     fuzz_editor [ACTIONS [SEED]]
 */
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/chat/editor/editor.h"
#include "core/limits.h"
#include "net/loop.h"

#define ACTIONS 120000UL
#define SECONDS 170U
#define LAST_WORDS "still alive"

/* --------------------------------------------------------- the child: an editor and its user */

struct user {
	struct editor *editor;
	struct ev_loop *loop;
	int report;
	unsigned lines, tabs;
};

static void
said(void *context, const char *text, size_t len)
{
	struct user *u = context;

	if (len == 0 || len > MESSAGE_MAX)
		abort();
	u->lines++;
	editor_print(u->editor, text, len);
	if (len > 7 && strncmp(text, "restore", 7) == 0)
		editor_restore(u->editor, text + 7, len - 7);
	if (len >= sizeof(LAST_WORDS) - 1 && strstr(text, LAST_WORDS) &&
	    write(u->report, &u->lines, sizeof(u->lines)) == sizeof(u->lines))
		ev_break(u->loop, EVBREAK_ALL);
}

static void
tab(void *context, const char *before, size_t len)
{
	struct user *u = context;

	(void)before, (void)len;
	if (u->tabs++ % 2)
		editor_insert(u->editor, "completed ");
	else
		editor_print(u->editor, "one two three", 13);
}

static void
interrupted(void *context)
{
	struct user *u = context;

	editor_print(u->editor, "^D leaves", 9);
}

static void
ended(void *context, enum editor_end how)
{
	struct user *u = context;

	if (how == EDITOR_HANGUP)
		ev_break(u->loop, EVBREAK_ALL);
}

/* What arrives: 'm' and a text, to be shown above; 'p' and a prompt. One letter, two bytes of length, the text. */
static void
on_order(struct ev_loop *loop, ev_io *w, int revents)
{
	struct user *u = w->data;
	uint8_t head[3];
	char text[4096];

	(void)revents;
	if (read(w->fd, head, sizeof(head)) != sizeof(head)) {
		ev_io_stop(loop, w);
		return;
	}

	size_t len = (size_t)head[1] << 8 | head[2];

	for (size_t at = 0; at < len;) {
		ssize_t n = read(w->fd, text + at, len - at);

		if (n <= 0)
			return;
		at += (size_t)n;
	}
	text[len] = '\0';
	if (head[0] == 'm')
		editor_print(u->editor, text, len);
	else
		editor_prompt(u->editor, text);
}

static int
child(int orders, int report)
{
	static const struct editor_class class = { said, tab, interrupted, ended };
	struct user u = { .loop = loop_new(), .report = report };
	struct recall *recall = recall_new();
	ev_io io;

	(void)signal(SIGINT, SIG_IGN); /* ^C just while ^Z has the terminal in its old mode */
	(void)signal(SIGQUIT, SIG_IGN);
	if (!setlocale(LC_ALL, "C.UTF-8") || !u.loop || !recall)
		return 3;
	u.editor = editor_new(u.loop, STDIN_FILENO, STDOUT_FILENO, recall, &class, &u);
	if (!u.editor)
		return 3;
	ev_io_init(&io, on_order, orders, EV_READ);
	io.data = &u;
	ev_io_start(u.loop, &io);
	if (write(report, &u.lines, sizeof(u.lines)) == sizeof(u.lines)) /* ready */
		ev_run(u.loop, 0);
	ev_io_stop(u.loop, &io);
	editor_free(u.editor);
	recall_free(recall);
	ev_loop_destroy(u.loop);
	return 0;
}

/* ------------------------------------------------------------------ the parent: a random hand */

struct hand {
	uint64_t random;
	int master, orders, report;
	pid_t child;
	unsigned lines; /* so many were said */
};

static uint32_t
roll(struct hand *h, uint32_t sides)
{
	h->random ^= h->random << 13; /* xorshift64 */
	h->random ^= h->random >> 7;
	h->random ^= h->random << 17;
	return (uint32_t)(h->random >> 32) % sides;
}

static const char *const characters[] = {
	"a",
	"b",
	"word",
	" ",
	" ",
	"  ",
	"some words ",
	"x",
	"\xc3\xa9",
	"\xe6\xbc\xa2",
	"\xe5\xad\x97",
	"\xf0\x9f\x98\x80",
	"e\xcc\x81",
	"\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80",
	"/to ",
	"//",
	"restore",
	"\xe2\x80\xae",
	"\xef\xbb\xbf",
	"\xf0\x9f\xab\xa0",
	"\xed\x9f\xbf",
	"0123456789012345678901234567890123456789",
};

static const char *const sequences[] = {
	"\033[A",
	"\033[B",
	"\033[C",
	"\033[D",
	"\033[H",
	"\033[F",
	"\033OA",
	"\033OD",
	"\033[1~",
	"\033[3~",
	"\033[4~",
	"\033[1;5C",
	"\033[1;5D",
	"\033b",
	"\033f",
	"\033d",
	"\033\177",
	"\033u",
	"\033l",
	"\033c",
	"\033p",
	"\033\033",
	"\033x",
	"\0331",
	"\033[999;999;999;999;999;999z",
	"\033[",
	"\033O",
	"\033]0;t\007",
	"\xff",
	"\xc3",
	"\xe6\xbc",
	"\xc0\x80",
	"\xc2\x9f",
	"\xf4\x90\x80\x80",
	"\xed\xa0\x80",
};

static size_t
put(char *out, size_t at, size_t cap, const char *text)
{
	size_t n = strlen(text);

	if (n > cap - at)
		return at;
	memcpy(out + at, text, n);
	return at + n;
}

static size_t
random_text(struct hand *h, char *out, size_t cap, uint32_t words)
{
	size_t n = 0;

	for (; words > 0; words--) {
		n = put(out, n, cap, characters[roll(h, sizeof(characters) / sizeof(*characters))]);
		if (roll(h, 12) == 0)
			n = put(out, n, cap, roll(h, 2) ? "\n" : "\t");
	}
	return n;
}

static size_t
random_paste(struct hand *h, char *out, size_t cap)
{
	size_t n = put(out, 0, cap, "\033[200~");

	if (roll(h, 64) == 0) { /* nearly as much as a message may have: what is typed below it may be too much */
		memset(out + n, 'p', cap - n - 6 - 64);
		n += cap - n - 6 - 64;
	}
	n += random_text(h, out + n, cap - n - 6, roll(h, 8) == 0 ? 2000 : roll(h, 30));
	if (roll(h, 6) == 0)
		n = put(out, n, cap - 6, "\r\n\033[A\xff");
	return roll(h, 16) ? put(out, n, cap, "\033[201~") : n;
}

static size_t
random_keys(struct hand *h, char *out, size_t cap)
{
	uint32_t kind = roll(h, 100);

	if (kind < 45)
		return put(out, 0, cap, characters[roll(h, sizeof(characters) / sizeof(*characters))]);
	if (kind < 62) {
		out[0] = (char)(roll(h, 33) == 32 ? 127 : roll(h, 32));
		return out[0] == 13 || out[0] == 10 || out[0] == 27 ? put(out, 0, cap, "\001") : 1;
	}
	if (kind < 90)
		return put(out, 0, cap, sequences[roll(h, sizeof(sequences) / sizeof(*sequences))]);
	if (kind < 93)
		return put(out, 0, cap, "\r");
	if (kind < 96)
		return random_paste(h, out, cap);
	out[0] = (char)roll(h, 256);
	return 1;
}

/* Drinks what the editor draws, so that it never waits for its terminal. */
static void
drain(struct hand *h)
{
	char bin[16384];

	while (read(h->master, bin, sizeof(bin)) > 0)
		;
}

/* It is left to live() to ask how it ended. */
static bool
is_gone(const struct hand *h)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)h->child, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == h->child;
}

/* Writes all of it, drinking meanwhile; false when the child is gone. */
static bool
give(struct hand *h, int fd, const void *data, size_t n)
{
	const char *p = data;

	while (n > 0) {
		struct pollfd fds[2] = { { h->master, POLLIN, 0 }, { fd, POLLOUT, 0 } };
		ssize_t done = write(fd, p, n > 512 ? 512 : n);

		if (done < 0 && errno != EAGAIN)
			return false;
		if (done > 0) {
			p += done;
			n -= (size_t)done;
		}
		drain(h);
		if (n > 0 && (poll(fds, 2, 1000) == 0 || (fds[0].revents & POLLHUP)) && is_gone(h))
			return false;
	}
	return true;
}

static bool
order(struct hand *h, char what, const char *text, size_t n)
{
	uint8_t head[3] = { (uint8_t)what, (uint8_t)(n >> 8), (uint8_t)n };

	return give(h, h->orders, head, sizeof(head)) && give(h, h->orders, text, n);
}

static bool
act(struct hand *h)
{
	static char text[65536];
	uint32_t kind = roll(h, 100);
	struct winsize size;

	if (kind < 88)
		return give(h, h->master, text, random_keys(h, text, sizeof(text)));
	if (kind < 95) /* a message, now and then a burst */
		for (uint32_t n = roll(h, 20) ? 1 : 50; n > 0; n--)
			if (!order(h, 'm', text, random_text(h, text, 2000, roll(h, 40))))
				return false;
	if (kind < 95)
		return true;
	if (kind < 97)
		return order(h, 'p', roll(h, 2) ? "bob> " : "a-very-long-name-of-thirty-two-cc (reconnecting)> ",
		    roll(h, 3) ? 5 : 0);
	size = (struct winsize){ .ws_row = (unsigned short)roll(h, roll(h, 3) ? 40 : 4),
		.ws_col = (unsigned short)roll(h, roll(h, 3) ? 120 : 12) };
	return ioctl(h->master, TIOCSWINSZ, &size) == 0;
}

/* Whether the child takes a line as if nothing had happened. */
static bool
say_last_words(struct hand *h)
{
	static const char words[] = "\x03\x03\x15" LAST_WORDS "\r";
	const struct winsize size = { .ws_row = 24, .ws_col = 80 };
	(void)ioctl(h->master, TIOCSWINSZ, &size);
	for (int i = 0; i < 600; i++) {
		struct pollfd fds[2] = { { h->master, POLLIN, 0 }, { h->report, POLLIN, 0 } };

		if (i % 20 == 0 && !give(h, h->master, words, sizeof(words) - 1))
			return false;
		if (poll(fds, 2, 100) > 0 && (fds[1].revents & POLLIN))
			return read(h->report, &h->lines, sizeof(h->lines)) == sizeof(h->lines);
		drain(h);
	}
	return false;
}

static bool
start(struct hand *h, const char *term)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	int orders[2], report[2];

	if (pipe2(orders, O_CLOEXEC) < 0 || pipe2(report, O_CLOEXEC) < 0)
		return false;
	h->child = forkpty(&h->master, NULL, NULL, &size);
	if (h->child < 0)
		return false;
	if (h->child == 0) {
		(void)setenv("TERM", term, 1);
		(void)close(orders[1]);
		exit(child(orders[0], report[1]));
	}
	(void)close(orders[0]);
	(void)close(report[1]);
	h->orders = orders[1];
	h->report = report[0];
	if (read(h->report, &h->lines, sizeof(h->lines)) != sizeof(h->lines))
		return false;
	return fcntl(h->master, F_SETFL, O_NONBLOCK) == 0 && fcntl(h->orders, F_SETFL, O_NONBLOCK) == 0;
}

/* One editor's life. Returns whether it ended well. */
static bool
live(struct hand *h, const char *term, unsigned long actions)
{
	unsigned long done = 0;
	int status = -1;
	bool well;

	if (!start(h, term))
		return false;
	while (done < actions && act(h))
		done++;
	well = done == actions && say_last_words(h);
	(void)close(h->orders);
	(void)close(h->report);
	if (!well)
		(void)kill(h->child, SIGTERM);
	while (waitpid(h->child, &status, WNOHANG) == 0) {
		struct pollfd fd = { h->master, POLLIN, 0 };

		(void)poll(&fd, 1, 20);
		drain(h);
	}
	(void)close(h->master);
	printf("# TERM=%s: %lu actions, %u lines said, ended with %s %d\n", term, done, h->lines,
	    WIFSIGNALED(status) ? "signal" : "status", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	return well && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int
main(int argc, char **argv)
{
	static const char *const terms[] = { "xterm-256color", "screen", "vt100", "dumb" };
	const size_t n = sizeof(terms) / sizeof(*terms);
	unsigned long actions = argc > 1 ? strtoul(argv[1], NULL, 10) : ACTIONS;
	struct hand h = { 0 };
	uint64_t seed;

	if (argc > 2)
		seed = strtoull(argv[2], NULL, 0);
	else if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		return 2;
	(void)signal(SIGPIPE, SIG_IGN);
	(void)alarm(SECONDS);
	printf("1..%zu\n# seed %#llx, %lu actions\n", n, (unsigned long long)seed, actions);
	for (size_t i = 0; i < n; i++) {
		h.random = (seed + i) | 1;
		(void)fflush(stdout);
		bool well = live(&h, terms[i], actions / n + 1);

		printf("%sok %zu - editing at random on %s\n", well ? "" : "not ", i + 1, terms[i]);
		if (!well)
			return 1;
	}
	return 0;
}
