/*
 * A pseudo-terminal on which a random hand edits while messages arrive, the window changes its size and the prompt
 * its text. The editor runs in a child, built with the sanitizers. What it draws goes into a terminal in memory (screen.h); now and
 * then the child says what should be there, and the two are compared: the rows of the line, its cursor, and that each message
 * stands above it, whole, once, in its order. Prints its seed; give it back to repeat a run:
 *
 *     fuzz_chat [ACTIONS [SEED [CHARACTERS [TERM]]]]
 *
 *     fuzz_chat --tmux [ACTIONS [SEED]]      the same in a real tmux, on what that shows of the characters
 *
 * SEED: "random" draws one.
 *
 * CHARACTERS: of how many of the table below it takes one. The table grows at its end, so a seed goes on meaning the same run.
 * TERM: only on this one of the terminals.
 *
 * In memory, a seed and its ACTIONS give the same run each time, however fast the machine is: the child reads keys in the
 * pieces that are announced to it, draws before it takes the next order, and lets no incomplete key run out but when it is
 * asked what should be there; the parent changes the size when all that was drawn has arrived, and waits until it is taken.
 * In a real tmux a run depends on time. FUZZ_CHAT_TRACE=1 prints each action.
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
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/chat/editor/editor_impl.h"
#include "core/limits.h"
#include "in_tmux.h"
#include "net/loop.h"
#include "screen.h"

#define ACTIONS 120000UL
#define BETWEEN 12U /* actions between two comparisons, at most */
#define DUMP_MAX 262144U
#define KEYS_AT_ONCE 4000U /* a terminal holds 4,095 that are not read */

/* --------------------------------------------------------- the child: an editor and its user */

struct user {
	struct editor *editor;
	struct ev_loop *loop;
	ev_timer quiet; /* nothing was read for a while: what should be there can be said */
	int report;
	bool exact; /* keys are announced, and what was drawn is marked */
	unsigned lines, tabs;
	unsigned long marks;
};

/* Keys are read when they were announced, as many; until then there are none. */
static bool by_announcement;
static size_t announced;

ssize_t __real_read(int fd, void *to, size_t n);
ssize_t __wrap_read(int fd, void *to, size_t n);

/* In the place of read(2), see Makefile.am. */
ssize_t
__wrap_read(int fd, void *to, size_t n)
{
	size_t got = 0;

	if (!by_announcement || fd != STDIN_FILENO)
		return __real_read(fd, to, n);
	if (announced == 0)
		return errno = EAGAIN, -1;
	n = n < announced ? n : announced;
	while (got < n) {
		const ssize_t done = __real_read(fd, (char *)to + got, n - got);

		if (done == 0 || (done < 0 && errno != EINTR))
			return done;
		got += done > 0 ? (size_t)done : 0;
	}
	announced -= n;
	return (ssize_t)n;
}

static enum editor_answer
said(void *context, const struct editor_line *line)
{
	struct user *u = context;

	if (line->len == 0 || line->len > BUFFER_MAX || strlen(line->text) != line->len)
		abort();
	u->lines++;
	if (line->len > 7 && strncmp(line->text, "restore", 7) == 0 && !line->again)
		return EDITOR_STAYS;
	return line->text[0] == '/' ? EDITOR_UNRECALLED : EDITOR_TAKEN;
}

static void
tab(void *context, const char *before, size_t len)
{
	struct user *u = context;

	(void)before, (void)len;
	if (u->tabs++ % 2)
		editor_insert(u->editor, "completed ");
	else
		editor_print(u->editor, "one two three\n", 14);
}

static void
touched(void *context)
{
	(void)context;
}

static void
interrupted(void *context)
{
	struct user *u = context;

	editor_print(u->editor, "^D leaves\n", 10);
}

static void
ended(void *context, enum editor_end how)
{
	struct user *u = context;

	if (how == EDITOR_HANGUP)
		ev_break(u->loop, EVBREAK_ALL);
}

static void
put_number(char *dump, size_t *len, size_t number)
{
	*len += (size_t)snprintf(dump + *len, DUMP_MAX - *len, "%zu ", number);
}

/* Goes through the terminal behind all that was drawn, and is not shown. */
static void
mark(struct user *u)
{
	char text[64];
	const int n = snprintf(text, sizeof(text), "\033]777;%lu\a", ++u->marks);

	if (u->exact && write(STDOUT_FILENO, text, (size_t)n) != n)
		abort();
}

/* What should be on the terminal: the mark behind it, columns, lines, row and column of the cursor, then each row on a line of its own. */
static void
say_what_should_be(struct user *u)
{
	static char dump[DUMP_MAX];
	struct editor *e = u->editor;
	size_t len = 0;
	uint32_t size;

	if (editor_flush(e) < 0)
		return;
	mark(u);
	put_number(dump, &len, u->exact ? u->marks : 0);
	put_number(dump, &len, e->draw.columns);
	put_number(dump, &len, e->draw.lines);
	put_number(dump, &len, e->plain ? 0 : e->view.cursor_row);
	put_number(dump, &len, e->view.cursor_column);
	dump[len++] = '\n';
	for (size_t i = 0; i < e->view.count; i++) {
		const struct view_row *r = &e->view.rows[i];

		if (e->plain && i != e->view.cursor_row)
			continue;
		if (r->len > 0)
			memcpy(dump + len, r->bytes, r->len);
		len += r->len;
		dump[len++] = '\n';
	}
	size = (uint32_t)len;
	if (write(u->report, &size, sizeof(size)) != sizeof(size) || write(u->report, dump, len) != (ssize_t)len)
		abort();
}

/* What was typed may still be on its way through the kernel. */
static void
on_quiet(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct user *u = w->data;
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };

	(void)loop, (void)revents;
	if (!u->exact && poll(&p, 1, 3) > 0) {
		ev_timer_set(w, 0.001, 0.);
		ev_timer_start(loop, w);
		return;
	}
	keys_expire(&u->editor->keys, edit_key, u->editor);
	say_what_should_be(u);
}

/* The signal may come a moment after the order. */
static void
take_size(struct user *u, const char *text)
{
	size_t columns = 0, lines = 0;

	if (sscanf(text, "%zu %zu", &columns, &lines) != 2)
		abort();
	while (u->editor->draw.columns != columns || u->editor->draw.lines != lines)
		ev_run(u->loop, EVRUN_ONCE);
}

/*
 * What arrives: 'm' and a text, to be shown above; 'p' and a prompt; 'k': so many keys follow (a length alone); 's' and the
 * size that the terminal has now; 'y': say what should be there.
 */
static void
on_order(struct ev_loop *loop, ev_io *w, int revents)
{
	struct user *u = w->data;
	uint8_t head[3];
	static char text[65537];

	(void)revents;
	if (u->exact && editor_flush(u->editor) < 0)
		return;
	if (announced > 0)
		return;
	if (read(w->fd, head, sizeof(head)) != sizeof(head)) {
		ev_break(loop, EVBREAK_ALL);
		return;
	}

	size_t len = (size_t)head[1] << 8 | head[2];

	if (head[0] == 'k') {
		announced = len;
		return;
	}
	for (size_t at = 0; at < len;) {
		ssize_t n = read(w->fd, text + at, len - at);

		if (n <= 0)
			return;
		at += (size_t)n;
	}
	text[len] = '\0';
	if (head[0] == 'm') {
		text[len] = '\n'; /* several may be shown at once */
		editor_print(u->editor, text, len + 1);
	}
	if (head[0] == 'p')
		editor_prompt(u->editor, text);
	else if (head[0] == 's')
		take_size(u, text);
	else if (head[0] == 'y' && !ev_is_active(&u->quiet))
		on_quiet(loop, &u->quiet, 0);
}

/* Never: what is incomplete runs out when it is asked what should be there. */
static void
on_expiry(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop, (void)w, (void)revents;
}

/* Nothing depends on time from here on: the terminal has answered, and the parent waits for each change of the size. */
static void
become_exact(struct user *u)
{
	struct editor *e = u->editor;

	e->settle = 1e9;
	while (e->asked > 0)
		ev_run(u->loop, EVRUN_ONCE);
	e->settle = 0.;
	ev_set_cb(&e->expiry, on_expiry);
	by_announcement = true;
}

static int
child(int orders, int report, bool exact)
{
	static const struct editor_class class = { said, tab, touched, interrupted, ended };
	struct user u = { .loop = loop_new(), .report = report, .exact = exact };
	struct recall *recall = recall_new();
	ev_io io;

	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGQUIT, SIG_IGN);
	(void)signal(SIGTSTP, SIG_IGN);
	(void)unsetenv("VISUAL");
	(void)setenv("EDITOR", "true", 1);
	(void)setenv("TMUX", "yes", 1);
	if (!setlocale(LC_ALL, "C.UTF-8") || !u.loop || !recall)
		return 3;
	u.editor = editor_new(u.loop, STDIN_FILENO, STDOUT_FILENO, false, recall, &class, &u);
	if (!u.editor)
		return 3;
	if (exact)
		become_exact(&u);
	ev_init(&u.quiet, on_quiet);
	u.quiet.data = &u;
	ev_io_init(&io, on_order, orders, EV_READ);
	io.data = &u;
	ev_io_start(u.loop, &io);
	ev_run(u.loop, 0);
	ev_io_stop(u.loop, &io);
	ev_timer_stop(u.loop, &u.quiet);
	editor_free(u.editor);
	recall_free(recall);
	ev_loop_destroy(u.loop);
	return 0;
}

/* ------------------------------------------------------------------ the parent: a random hand */

struct hand {
	uint64_t random, seed;
	int master, orders, report;
	pid_t child;
	struct screen *screen;
	struct in_tmux *tmux; /* in its place */
	uint32_t shown[64];   /* the characters that tmux shows, n_shown of them */
	uint32_t n_shown;
	bool silent; /* a difference may be over in a moment */
	bool told;   /* what was wrong */
	bool dumb;
	uint32_t characters; /* that are known to it */
	unsigned messages;   /* that were shown */
	unsigned compared;
	uint64_t drawn; /* a sum over all bytes that were drawn: the same run has the same sum */
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
	"\u06a9\u0627\u0631\u200c\u0647\u0627 ",
	"\u0939\u093f\u0928\u094d\u0926\u0940 ",
	"\u0e2a\u0e33\u0e01\u0e31\u0e1a",
	"\u0995\u09cb",
	"\U0001f1e9\U0001f1ea",
	"1\ufe0f\u20e3",
	"\u2764\ufe0f",
	"\U0001f44d\U0001f3fd",
	"\u1112\u1161\u11ab",
	"\U0001faff",
	"\u00a7",
	"\u0416\u0434\u0438 ",
	"\u05e9\u05dc\u05d5\u05dd ",
	"\xed\x9f\xbf",
	"0123456789012345678901234567890123456789",
	/* Drawn by what stands around them. */
	"\u0e14\u200b\u0e01",
	"\u200b",
	"\u1820\u180b\u1828\u180e\u1820",
	"\u180b",
	"\u1000\u102b\u1038",
	"\u102b",
};

static const char *
character(struct hand *h)
{
	return h->n_shown > 0 ? characters[h->shown[roll(h, h->n_shown)]] : characters[roll(h, h->characters)];
}

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
		n = put(out, n, cap, character(h));
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
	return put(out, n, cap, roll(h, 16) ? "\033[201~" : "\003"); /* ^C ends a paste that has no end */
}

static size_t
random_keys(struct hand *h, char *out, size_t cap)
{
	uint32_t kind = roll(h, 100);

	if (kind < 45)
		return put(out, 0, cap, character(h));
	if (kind < 62) {
		out[0] = (char)(roll(h, 33) == 32 ? 127 : roll(h, 32));
		/* What leaves the terminal comes alone, see leave(). */
		return strchr("\r\n\033\030\032", out[0]) && out[0] ? put(out, 0, cap, "\001") : 1;
	}
	if (kind < 90)
		return put(out, 0, cap, sequences[roll(h, sizeof(sequences) / sizeof(*sequences))]);
	if (kind < 93)
		return put(out, 0, cap, "\r");
	if (kind < 96)
		return random_paste(h, out, cap);
	out[0] = (char)roll(h, 256);
	return out[0] == 030 || out[0] == 032 ? put(out, 0, cap, "\001") : 1;
}

/* Puts on the terminal what the editor draws, and answers for it. */
static void
drain(struct hand *h)
{
	char drawn[16384], answers[1024] = "";
	ssize_t n;

	while ((n = read(h->master, drawn, sizeof(drawn))) > 0) {
		screen_write(h->screen, drawn, (size_t)n, answers, sizeof(answers));
		for (ssize_t i = 0; i < n; i++)
			h->drawn = (h->drawn ^ (uint8_t)drawn[i]) * 0x100000001B3U; /* FNV-1a */
		if (answers[0] && write(h->master, answers, strlen(answers)) != (ssize_t)strlen(answers))
			return;
		answers[0] = '\0';
	}
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

/* In a line of its own, as printf(1) takes it. */
static void
trace(const char *what, const char *text, size_t n)
{
	if (!getenv("FUZZ_CHAT_TRACE"))
		return;
	printf("%s ", what);
	for (size_t i = 0; i < n; i++)
		printf((unsigned char)text[i] < 0x20 || text[i] == '\\' || text[i] == 0x7f ? "\\%03o" : "%c",
		    (unsigned char)text[i]);
	printf("\n");
}

static bool
order_head(struct hand *h, char what, size_t n)
{
	uint8_t head[3] = { (uint8_t)what, (uint8_t)(n >> 8), (uint8_t)n };

	return give(h, h->orders, head, sizeof(head));
}

static bool
order(struct hand *h, char what, const char *text, size_t n)
{
	trace((char[]){ what, '\0' }, text, n);
	return order_head(h, what, n) && give(h, h->orders, text, n);
}

/* ------------------------------------------------------------------- the comparison */

static const char *
row_at(const struct hand *h, long row)
{
	return h->tmux ? in_tmux_row(h->tmux, row) : screen_row(h->screen, row);
}

static size_t
lines_of(const struct hand *h)
{
	return h->tmux ? in_tmux_lines(h->tmux) : screen_lines(h->screen);
}

static size_t
columns_of(const struct hand *h)
{
	return h->tmux ? in_tmux_columns(h->tmux) : screen_columns(h->screen);
}

static size_t
scrolled_of(const struct hand *h)
{
	return h->tmux ? in_tmux_scrolled(h->tmux) : screen_scrolled(h->screen);
}

static void
cursor_of(const struct hand *h, size_t *column, size_t *line)
{
	if (h->tmux)
		in_tmux_cursor(h->tmux, column, line);
	else
		screen_cursor(h->screen, column, line);
}

/* Reads n bytes from the child, drawing meanwhile. */
static bool
receive(struct hand *h, void *data, size_t n)
{
	char *p = data;

	for (unsigned waits = 0; n > 0;) {
		struct pollfd fds[2] = { { h->master, POLLIN, 0 }, { h->report, POLLIN, 0 } };
		ssize_t got;

		if (poll(fds, 2, 1000) == 0 && (++waits > 60 || is_gone(h)))
			return false;
		drain(h);
		if (!(fds[1].revents & (POLLIN | POLLHUP)))
			continue;
		got = read(h->report, p, n);
		if (got <= 0)
			return false;
		p += got;
		n -= (size_t)got;
	}
	drain(h);
	return true;
}

/* What the child has said. */
static char dump[DUMP_MAX + 1];

static bool
differs(struct hand *h, const char *what, const char *is, const char *should)
{
	if (h->silent)
		return false;
	h->told = true;
	printf("# %s\n#     is:        '%s'\n#     should be: '%s'\n", what, is ? is : "(nothing)", should);
	for (long row = -3; row < (long)lines_of(h); row++)
		printf("#  %3ld |%s\n", row, row_at(h, row) ? row_at(h, row) : "");
	trace("# should be:", dump, strlen(dump));
	return false;
}

/* The text of a row without the sequences that set a column, and without blanks. */
static void
bare(const char *row, size_t len, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (row[i] == 033) {
			while (i < len && row[i] != 'G')
				i++;
			continue;
		}
		if (row[i] != ' ')
			out[n++] = row[i];
	}
	out[n] = '\0';
}

/* The rows of the line, counted from the one that has the cursor. */
static bool
compare_rows(struct hand *h, const char *rows, size_t len, size_t cursor_row)
{
	static char is[65536], should[65536];
	size_t column, line, row = 0;

	cursor_of(h, &column, &line);
	for (const char *p = rows, *end = rows + len; p < end; row++) {
		const size_t n = strcspn(p, "\n");
		const char *shown = row_at(h, (long)(line + row) - (long)cursor_row);

		bare(shown ? shown : "", shown ? strlen(shown) : 0, is);
		bare(p, n, should);
		if (strcmp(is, should) != 0)
			return differs(h, "a row of the line", is, should);
		p += n + 1;
	}
	for (size_t below = line + row - cursor_row; !h->dumb && below < lines_of(h); below++)
		if (*row_at(h, (long)below))
			return differs(h, "a row below the line", row_at(h, (long)below), "");
	return true;
}

/* The latest messages, each begins with its number: all there, once, in order. */
static bool
compare_messages(struct hand *h)
{
	const long first = -(long)scrolled_of(h);
	unsigned wanted = h->messages;

	for (long row = (long)lines_of(h) - 1; row >= first && wanted > 0; row--) {
		const char *text;
		unsigned number;
		char end;

		if (h->screen && !screen_begins_with(h->screen, row, '{'))
			continue;
		text = row_at(h, row);
		if (sscanf(text, "{%u%c", &number, &end) != 2 || end != '}')
			continue;
		if (number != wanted && h->silent)
			return false;
		if (number != wanted) {
			printf("# message %u in place of %u\n", number, wanted);
			for (long near = row - 2; near < row + 12; near++)
				printf("#  %3ld >%s\n", near, row_at(h, near) ? row_at(h, near) : "");
			text = row_at(h, row);
			return differs(h, "a message", text, "the one before");
		}
		wanted--;
	}
	return wanted == 0 || (h->screen && screen_forgot(h->screen) && wanted < h->messages) ||
	    differs(h, "the messages", "end early", "all are there");
}

/* What was drawn may still be on its way through the kernel when the child has said what should be there. */
static bool
await_mark(struct hand *h, unsigned long mark)
{
	for (unsigned waits = 0; h->screen && screen_mark(h->screen) != mark; drain(h))
		if (poll(&(struct pollfd){ h->master, POLLIN, 0 }, 1, 1000) == 0 && (++waits > 60 || is_gone(h)))
			return false;
	return true;
}

/* Asks the child what should be there, and compares it with what is. */
static bool
compare_now(struct hand *h)
{
	unsigned long mark;
	size_t columns, lines, row, column, is_column, is_line;
	uint32_t len;
	char *rows;

	if (!order(h, 'y', "", 0) || !receive(h, &len, sizeof(len)) || len > DUMP_MAX || !receive(h, dump, len))
		return false;
	dump[len] = '\0';
	rows = strchr(dump, '\n');
	if (!rows || sscanf(dump, "%lu %zu %zu %zu %zu", &mark, &columns, &lines, &row, &column) != 5 ||
	    !await_mark(h, mark))
		return false;
	rows++;
	h->compared++;
	if (h->tmux && !in_tmux_look(h->tmux))
		return differs(h, "tmux", "silent", "there");
	cursor_of(h, &is_column, &is_line);
	if (h->screen && screen_unknown(h->screen))
		return differs(h, "a sequence", screen_unknown(h->screen), "known");
	if (columns != columns_of(h) || lines != lines_of(h))
		return differs(h, "the size", "another", "as it was made");
	if (h->dumb) /* no width can be measured there, and no column set */
		return compare_messages(h);
	if (is_column != column) {
		char is[24], should[24];

		(void)snprintf(is, sizeof(is), "%zu", is_column);
		(void)snprintf(should, sizeof(should), "%zu", column);
		return differs(h, "the column of the cursor", is, should);
	}
	return compare_rows(h, rows, len - (size_t)(rows - dump), row) && compare_messages(h);
}

/* A key, or what is drawn, is on its way through a tmux for a moment. */
static bool
compare(struct hand *h)
{
	if (!h->tmux)
		return compare_now(h);
	h->silent = true;
	for (unsigned tries = 0; tries < 300; tries++) {
		if (compare_now(h)) {
			h->silent = false;
			return true;
		}
		(void)poll(NULL, 0, 20 + (int)tries);
	}
	h->silent = false;
	return compare_now(h);
}

static bool
press(struct hand *h, const char *keys, size_t n)
{
	trace("k", keys, n);
	if (h->tmux)
		return in_tmux_keys(h->tmux, keys, n);
	for (size_t at = 0, some; at < n; at += some) {
		some = n - at < KEYS_AT_ONCE ? n - at : KEYS_AT_ONCE;
		if (!order_head(h, 'k', some) || !give(h, h->master, keys + at, some))
			return false;
	}
	return true;
}

/* ------------------------------------------------------------------------ what it does */

static bool
say_message(struct hand *h)
{
	static char text[4096];
	size_t n = (size_t)snprintf(text, sizeof(text), "{%u} ", ++h->messages);

	n += random_text(h, text + n, 2000, roll(h, 40));
	/* What is shown is safe, as chat makes it: what is not goes. */
	for (size_t i = 0, fault; i < n; i += fault) {
		size_t bytes;

		fault = keys_fault(text + i, n - i, &bytes);
		if (i + fault < n) {
			memmove(text + i + fault, text + i + fault + bytes, n - i - fault - bytes);
			n -= bytes;
		}
		if (fault == 0 && bytes == 0)
			break;
	}
	for (size_t i = 0; i < n; i++)
		if (text[i] == '\n' || text[i] == '\t')
			text[i] = ' ';
	return order(h, 'm', text, n);
}

/* Nothing is on its way meanwhile. */
static bool
resize(struct hand *h)
{
	char text[32];
	int n;

	struct winsize size = { .ws_row = (unsigned short)(2 + roll(h, roll(h, 3) ? 40 : 6)),
		.ws_col = (unsigned short)(16 + roll(h, roll(h, 3) ? 120 : 20)) };

	if (h->dumb) /* how a dumb one lays out its rows anew nobody knows */
		return true;
	if (!compare(h))
		return false;
	if (h->tmux)
		return in_tmux_resize(h->tmux, size.ws_col, size.ws_row);
	screen_resize(h->screen, size.ws_col, size.ws_row);
	n = snprintf(text, sizeof(text), "%u %u", size.ws_col, size.ws_row);
	return ioctl(h->master, TIOCSWINSZ, &size) == 0 && order(h, 's', text, (size_t)n);
}

/* ^Z, or the text in an editor: the terminal is in its old mode meanwhile, and would show by itself what is typed then. */
static bool
leave(struct hand *h)
{
	const char *key = roll(h, 2) ? "\032" : "\030\005";

	return compare(h) && press(h, key, strlen(key)) && compare(h);
}

static bool
act(struct hand *h)
{
	static char text[65536];
	uint32_t kind = roll(h, 100);

	if (h->tmux && roll(h, 8) == 0) /* how it lays out its rows anew only a real one can say */
		return resize(h);
	if (kind < 88)
		return press(h, text, random_keys(h, text, sizeof(text)));
	if (kind < 95) { /* a message, now and then a burst */
		for (uint32_t n = roll(h, 20) ? 1 : 50; n > 0; n--)
			if (!say_message(h))
				return false;
		return true;
	}
	if (kind < 98)
		return order(h, 'p', roll(h, 2) ? "to bob> " : "to a-name-of-thirty-two-characters (reconnecting)> ",
		    roll(h, 3) ? 8 : 0);
	return roll(h, 4) ? resize(h) : leave(h);
}

static bool
start(struct hand *h, const char *term, bool clusters)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	int orders[2], report[2];

	h->dumb = strcmp(term, "dumb") == 0;
	h->messages = h->compared = 0;
	h->drawn = 0xCBF29CE484222325U;
	h->screen = screen_new(size.ws_col, size.ws_row, clusters);
	if (pipe2(orders, O_CLOEXEC) < 0 || pipe2(report, O_CLOEXEC) < 0)
		return false;
	h->child = forkpty(&h->master, NULL, NULL, &size);
	if (h->child < 0)
		return false;
	if (h->child == 0) {
		(void)setenv("TERM", term, 1);
		(void)close(orders[1]);
		(void)close(report[0]);
		exit(child(orders[0], report[1], true));
	}
	(void)close(orders[0]);
	(void)close(report[1]);
	h->orders = orders[1];
	h->report = report[0];
	return fcntl(h->master, F_SETFL, O_NONBLOCK) == 0 && fcntl(h->orders, F_SETFL, O_NONBLOCK) == 0 && compare(h);
}

/* One editor's life. Returns whether it ended well. */
static bool
live(struct hand *h, const char *term, bool clusters, unsigned long actions)
{
	unsigned long done = 0, next = 0;
	int status = -1;
	bool well = start(h, term, clusters);
	uint64_t drawn;

	for (; well && done < actions; done++) {
		well = act(h) && (done < next || compare(h));
		if (done >= next)
			next = done + 1 + roll(h, BETWEEN);
	}
	well = well && compare(h);
	drawn = h->drawn;
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
	if (!well && !h->told) /* what a sanitizer said stands there */
		(void)differs(h, "the child", "gone, or silent", "there");
	screen_free(h->screen);
	printf("# TERM=%s%s: %lu actions, %u comparisons, %u messages, sum %016llx, ended with %s %d\n", term,
	    clusters ? " with clusters" : "", done, h->compared, h->messages, (unsigned long long)drawn,
	    WIFSIGNALED(status) ? "signal" : "status", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	return well && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* ---------------------------------------------------------------------- in a real tmux */

/* A character that tmux does not know it drops, or draws in another place: of those nothing is asked. */
static bool
find_shown(struct hand *h)
{
	static char is[65536], should[65536];
	uint32_t shown = 0;

	for (uint32_t i = 0; i < h->characters; i++) {
		char text[128];
		const int n = snprintf(text, sizeof(text), "{%u} %s", ++h->messages, characters[i]);
		size_t bytes, column, line;

		if (keys_fault(text, (size_t)n, &bytes) < (size_t)n) {
			h->messages--;
			h->shown[shown++] = i; /* is named where it is typed, and never drawn */
			continue;
		}
		if (!order(h, 'm', text, (size_t)n) || !compare(h))
			return false;
		cursor_of(h, &column, &line);
		bare(line > 0 ? row_at(h, (long)line - 1) : "", line > 0 ? strlen(row_at(h, (long)line - 1)) : 0, is);
		bare(text, (size_t)n, should);
		if (strcmp(is, should) == 0)
			h->shown[shown++] = i;
	}
	h->n_shown = shown;
	return shown > 20;
}

static bool
begin_in_tmux(struct hand *h, const char *program)
{
	char orders[96], report[96], command[512];

	(void)snprintf(orders, sizeof(orders), "%s/orders", in_tmux_folder());
	(void)snprintf(report, sizeof(report), "%s/report", in_tmux_folder());
	(void)snprintf(command, sizeof(command),
	    "env TERM=tmux-256color '%s' --child '%s' '%s'; echo $? >'%s/status'; cat", program, orders, report,
	    in_tmux_folder());
	if (mkfifo(orders, 0600) < 0 || mkfifo(report, 0600) < 0)
		return false;
	h->orders = open(orders, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	h->report = open(report, O_RDWR | O_CLOEXEC);
	h->master = -1;
	h->tmux = h->orders < 0 || h->report < 0 ? NULL : in_tmux_new(command, 80, 24);
	return h->tmux && compare(h) && find_shown(h);
}

/* How the child ended, by what the shell around it wrote. */
static int
status_in_tmux(void)
{
	char path[96];
	int status = -1;

	(void)snprintf(path, sizeof(path), "%s/status", in_tmux_folder());
	for (unsigned tries = 0; tries < 600 && status < 0; tries++) {
		FILE *f = fopen(path, "re");

		if (f && fscanf(f, "%d", &status) != 1)
			status = -1;
		if (f)
			(void)fclose(f);
		(void)poll(NULL, 0, 100);
	}
	return status;
}

static int
live_in_tmux(struct hand *h, const char *program, unsigned long actions)
{
	bool well = begin_in_tmux(h, program);
	unsigned long done = 0;
	int status = -1;

	if (!h->tmux) {
		printf("not ok 1 - tmux starts\n");
		return 1;
	}
	for (; well && done < actions; done++)
		well = act(h) && (roll(h, BETWEEN / 4) > 0 || compare(h));
	well = well && compare(h);
	(void)close(h->orders);
	if (well)
		status = status_in_tmux();
	printf("# tmux: %lu actions, %u characters, %u comparisons, %u messages, ended with status %d\n", done,
	    h->n_shown, h->compared, h->messages, status);
	in_tmux_free(h->tmux);
	printf("%sok 1 - editing at random in a real tmux\n", well && status == 0 ? "" : "not ");
	if (!well || status != 0)
		printf("# again: fuzz_chat --tmux %lu %#llx\n", actions, (unsigned long long)h->seed);
	return well && status == 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "--child") == 0)
		return child(open(argv[2], O_RDONLY | O_CLOEXEC), open(argv[3], O_WRONLY | O_CLOEXEC), false);

	const bool tmux = argc > 1 && strcmp(argv[1], "--tmux") == 0;

	argc -= tmux;
	argv[1] = tmux ? argv[0] : argv[1];
	argv += tmux;

	static const struct {
		const char *term;
		bool clusters;
	} terms[] = { { "xterm-256color", false }, { "tmux-256color", true }, { "screen", false }, { "dumb", false } };
	const size_t n = sizeof(terms) / sizeof(*terms);
	unsigned long actions = argc > 1 ? strtoul(argv[1], NULL, 10) : ACTIONS;
	const uint32_t known = sizeof(characters) / sizeof(*characters);
	struct hand h = { .characters = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : known };
	uint64_t seed;

	if (argc > 2 && strcmp(argv[2], "random") != 0)
		seed = strtoull(argv[2], NULL, 0);
	else if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		return 2;
	if (h.characters == 0 || h.characters > known)
		return 2;
	(void)signal(SIGPIPE, SIG_IGN);
	printf("1..%zu\n# seed %#llx, %u characters, %lu actions\n", tmux ? 1 : n, (unsigned long long)seed,
	    h.characters, actions);
	(void)fflush(stdout);
	if (tmux) {
		h.seed = seed;
		h.random = seed * 0x9E3779B97F4A7C15U | 1;
		return live_in_tmux(&h, argv[0], actions);
	}
	for (size_t i = 0; i < n; i++) {
		if (argc > 4 && strcmp(argv[4], terms[i].term) != 0)
			continue;
		h.random = (seed + i) * 0x9E3779B97F4A7C15U | 1;
		(void)fflush(stdout);
		bool well = live(&h, terms[i].term, terms[i].clusters, actions / n + 1);

		printf("%sok %zu - editing at random on %s\n", well ? "" : "not ", i + 1, terms[i].term);
		if (!well) {
			printf("# again: fuzz_chat %lu %#llx %u %s\n", actions, (unsigned long long)seed, h.characters,
			    terms[i].term);
			return 1;
		}
	}
	return 0;
}
