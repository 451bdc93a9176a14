#include "cli/chat/editor/editor.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/translate.h"
#include "cli/chat/editor/editor_impl.h"
#include "core/unicode/unicode.h"

#define PASTE_ON "\033[?2004h"
#define TO_THE_BOTTOM "\r\033[J\033[999B"
#define PASTE_OFF "\033[?2004l"
#define ASK_PLACE "\033[6n"
#define TITLE_SAVE "\033[22;2t"
#define TITLE_RESTORE "\033[23;2t"

#define MEASURE_SECONDS 0.1 /* a terminal's answers are waited for at the start */
#define SAMPLE_COLUMNS 16U  /* that a terminal must have */

/*
 * A multiplexer tells of the second of several changes of the size 250 ms late, and has laid out its rows anew long before:
 * only when there was none for so long is it known what stands where.
 */
#define SETTLE_SECONDS 0.4

/* ------------------------------------------------------------------------ the terminal */

static void
read_size(const struct editor *e, size_t *columns, size_t *lines)
{
	struct winsize size;
	const bool told = ioctl(e->in, TIOCGWINSZ, &size) == 0;

	*columns = told && size.ws_col > 0 ? size.ws_col : 80;
	*lines = told && size.ws_row > 0 ? size.ws_row : 24;
}

/* Writes what was drawn. False: the terminal is gone. */
static bool
write_out(struct editor *e)
{
	const char *data = e->draw.out;
	size_t n = e->draw.out_len;

	e->draw.out_len = 0;
	while (n > 0) {
		const ssize_t done = write(e->out, data, n);

		if (done > 0) {
			data += done;
			n -= (size_t)done;
		} else if (done < 0 && errno == EAGAIN) {
			(void)poll(&(struct pollfd){ .fd = e->out, .events = POLLOUT }, 1, -1);
		} else if (done < 0 && errno != EINTR) {
			return false;
		}
	}
	return true;
}

static double
monotonic(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Terminals that cut off what does not fit any more, in place of wrapping it. */
static bool
cuts_rows(void)
{
	const char *term = getenv("TERM");

	if (getenv("TMUX"))
		return false;
	return getenv("STY") || getenv("XTERM_VERSION") || (term && strcmp(term, "linux") == 0);
}

/* Terminals that keep a title, and give it back. */
static bool
has_title(void)
{
	static const char *const known[] = { "xterm", "tmux", "rxvt", "alacritty", "foot", "kitty", "konsole", "vte",
		"gnome", "mintty", "wezterm", "contour", "ghostty", "st-" };
	const char *term = getenv("TERM");

	for (size_t i = 0; term && i < ARRAY_SIZE(known); i++)
		if (strncmp(term, known[i], strlen(known[i])) == 0)
			return true;
	return term && getenv("TMUX") && strncmp(term, "screen", strlen("screen")) == 0;
}

/* ----------------------------------------------------------------------------- drawing */

/*
 * The rows that a screen of so many has for the line: when it becomes half as wide they still fit. What does not fit goes
 * into the scrollback, where nothing can be taken away; so the line lies at the bottom.
 */
static size_t
rows_for_line(size_t lines)
{
	return lines > 6 ? lines / 2 - 1 : lines > 4 ? 2 : 1;
}

/* A prompt leaves half of a narrow terminal to the line; its end, "> ", stays. */
static void
compose_prompt(const struct editor *e, char *out, size_t size)
{
	const size_t most = e->view.columns / 2;
	const char *from = e->search.on ? "" : e->prompt;

	if (e->search.on)
		(void)snprintf(
		    out, size, e->search.failed ? _("(failed search)'%s': ") : _("(search)'%s': "), e->search.text);
	else
		(void)snprintf(out, size, "%s", from);
	if (view_width(&e->view, out) <= most)
		return;
	while (*out && view_width(&e->view, out) > (most > 4 ? most - 1 : most)) /* from the left */
		memmove(
		    out, out + unicode_cluster(out, strlen(out)), strlen(out + unicode_cluster(out, strlen(out))) + 1);
}

static void
take_size(struct editor *e, size_t columns, size_t lines)
{
	e->view.columns = columns;
	e->depth = e->depth < lines ? e->depth : lines;
	e->view.most = e->plain ? 1 : rows_for_line(e->depth);
	e->draw.columns = columns;
	e->draw.lines = lines;
}

/* Takes the rows away when somewhat is to be shown above, when the size is another one, or when all is drawn anew. */
static void
make_way(struct editor *e)
{
	size_t columns, lines;

	read_size(e, &columns, &lines);
	if (e->plain && e->above_len > 0)
		plain_clear(&e->draw, e->buffer.len > 0);
	else if (!e->plain && (e->above_len > 0 || e->anew || columns != e->draw.columns || lines != e->draw.lines))
		draw_clear(&e->draw, columns, lines);
	e->anew = false;
	take_size(e, columns, lines);
}

static void
show_above(struct editor *e)
{
	if (e->plain)
		plain_text(&e->draw, e->above, e->above_len);
	else
		draw_text(&e->draw, e->above, e->above_len);
	e->above_len = 0;
}

static void
show_line(struct editor *e)
{
	char prompt[ORIGIN_LABEL_MAX + SEARCH_MAX + 64];

	compose_prompt(e, prompt, sizeof(prompt));
	if (!view_lay(&e->view, prompt, e->buffer.text, e->buffer.len, e->buffer.at))
		return;
	if (e->plain)
		plain_update(&e->draw, &e->view);
	else
		draw_update(&e->draw, &e->view);
	e->dirty = false;
}

static bool
is_settled(const struct editor *e)
{
	return monotonic() - e->changed >= e->settle;
}

/* Waits until the size has stayed the same for a while: what is shown now must be known to be shown. */
static void
wait_settled(struct editor *e)
{
	size_t columns, lines, now_columns, now_lines;

	read_size(e, &columns, &lines);
	while (!is_settled(e)) {
		(void)poll(NULL, 0, 10);
		read_size(e, &now_columns, &now_lines);
		if (now_columns != columns || now_lines != lines)
			e->changed = monotonic();
		columns = now_columns;
		lines = now_lines;
	}
}

int
editor_flush(struct editor *e)
{
	if (e->above_len > 0 || e->dirty) {
		wait_settled(e);
		make_way(e);
		show_above(e);
		show_line(e);
	}
	return write_out(e) ? 0 : -EIO;
}

/* ---------------------------------------------------------------------------- watchers */

void
editor_end(struct editor *e, enum editor_end how)
{
	if (e->ended)
		return;
	e->ended = how == EDITOR_HANGUP;
	if (e->ended)
		ev_io_stop(e->loop, &e->input);
	e->class->ended(e->context, how);
}

static void
on_input(struct ev_loop *loop, ev_io *w, int revents)
{
	struct editor *e = w->data;
	uint8_t in[4096];
	const ssize_t n = read(e->in, in, sizeof(in));

	(void)revents;
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		editor_end(e, EDITOR_HANGUP);
		return;
	}
	e->drop_input = false;
	keys_feed(&e->keys, in, (size_t)n, edit_key, e);
	ev_timer_stop(loop, &e->expiry);
	if (keys_incomplete(&e->keys)) {
		ev_timer_set(&e->expiry, KEYS_WAIT_MS / 1000., 0.);
		ev_timer_start(loop, &e->expiry);
	}
}

static void
on_expiry(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct editor *e = w->data;
	struct pollfd there = { .fd = e->in, .events = POLLIN };

	(void)loop, (void)revents;
	if (poll(&there, 1, 0) > 0) /* it came while we did not run, and on_input() follows */
		return;
	keys_expire(&e->keys, edit_key, e);
}

static void
on_winch(struct ev_loop *loop, ev_signal *w, int revents)
{
	struct editor *e = w->data;

	(void)revents;
	e->changed = monotonic();
	e->dirty = true;
	ev_timer_stop(loop, &e->settled);
	ev_timer_set(&e->settled, e->settle + 0.01, 0.);
	ev_timer_start(loop, &e->settled);
}

/* on_prepare() does the rest. */
static void
on_settled(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop, (void)w, (void)revents;
}

/* Raw mode again, whatever the shell has made of the terminal. Until that is ours, to be stopped is right. */
void
editor_take_screen(struct editor *e)
{
	tty_restore(e->tty);
	tty_raw(e->tty);
	stops_begin(&e->stops);
	ev_signal_start(e->loop, &e->cont);
	if (e->pastes)
		draw_raw(&e->draw, PASTE_ON, sizeof(PASTE_ON) - 1);
	e->dirty = true;
}

/* A stop that nobody told us of (SIGSTOP): what is left of the line is taken away. */
static void
on_cont(struct ev_loop *loop, ev_signal *w, int revents)
{
	struct editor *e = w->data;

	(void)loop, (void)revents;
	editor_take_screen(e);
	e->anew = true;
}

static void
on_prepare(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct editor *e = w->data;

	(void)loop, (void)revents;
	if (is_settled(e) && editor_flush(e) < 0)
		editor_end(e, EDITOR_HANGUP);
}

/* To the row below the line, in the mode in which the terminal was. */
void
editor_leave_screen(struct editor *e)
{
	if (e->plain)
		plain_clear(&e->draw, true);
	else
		draw_leave(&e->draw);
	if (e->pastes)
		draw_raw(&e->draw, PASTE_OFF, sizeof(PASTE_OFF) - 1);
	(void)write_out(e);
	tty_restore(e->tty);
	ev_signal_stop(e->loop, &e->cont);
	stops_end(&e->stops);
}

/* The line begins below what the shell wrote. */
void
editor_suspend(struct editor *e)
{
	editor_leave_screen(e);
	(void)raise(SIGTSTP);
	editor_take_screen(e);
}

static void
on_stop(struct ev_loop *loop, ev_async *w, int revents)
{
	(void)loop, (void)revents;
	editor_suspend(w->data);
}

/* --------------------------------------------------------------------------- measuring */

/* Draws the samples and asks for the place of the cursor behind each; the answers come as keys. */
static void
ask_widths(struct editor *e)
{
	for (enum metrics_kind kind = METRICS_MARKED; kind < METRICS_KINDS; kind++) {
		draw_raw(&e->draw, "\r", 1);
		draw_raw(&e->draw, metrics_sample(kind), strlen(metrics_sample(kind)));
		draw_raw(&e->draw, ASK_PLACE, sizeof(ASK_PLACE) - 1);
	}
	draw_raw(&e->draw, "\r\033[K", 4);
	e->asked = METRICS_KINDS - METRICS_MARKED;
	(void)write_out(e);
}

/* The line is drawn when the terminal has answered, or a moment later without. */
static void
measure(struct editor *e)
{
	if (e->plain || e->view.columns < SAMPLE_COLUMNS)
		return;
	ask_widths(e);
	e->changed = monotonic() - e->settle + MEASURE_SECONDS;
	ev_timer_set(&e->settled, MEASURE_SECONDS + 0.01, 0.);
	ev_timer_start(e->loop, &e->settled);
}

/* ------------------------------------------------------------------------------ set up */

static void
watch(struct editor *e)
{
	ev_io_init(&e->input, on_input, e->in, EV_READ);
	ev_set_priority(&e->input, 1); /* typing comes before what arrives */
	ev_init(&e->expiry, on_expiry);
	ev_init(&e->settled, on_settled);
	ev_signal_init(&e->winch, on_winch, SIGWINCH);
	ev_set_priority(&e->winch, 2); /* what is typed is drawn for the size that is */
	ev_signal_init(&e->cont, on_cont, SIGCONT);
	stops_init(&e->stops, e->loop, on_stop, e);
	ev_prepare_init(&e->show, on_prepare);
	e->input.data = e->expiry.data = e->settled.data = e->winch.data = e->cont.data = e->show.data = e;
	ev_io_start(e->loop, &e->input);
	ev_signal_start(e->loop, &e->winch);
	ev_prepare_start(e->loop, &e->show);
}

static void
set_up_drawing(struct editor *e, bool plain)
{
	size_t columns, lines;

	e->plain = plain || !tty_can_draw(e->tty);
	e->pastes = tty_can_draw(e->tty);
	read_size(e, &columns, &lines);
	view_init(&e->view, &e->metrics);
	e->view.plain = e->plain;
	draw_init(&e->draw, columns, lines, cuts_rows());
	e->depth = lines;
	take_size(e, columns, lines);
	if (!e->plain)
		draw_raw(&e->draw, TO_THE_BOTTOM, sizeof(TO_THE_BOTTOM) - 1);
	e->dirty = true;
}

static void
say_wrong(struct editor *e, const struct editrc *rc)
{
	char numbers[EDITRC_NUMBERS];

	if (rc->count == 0)
		return;
	editrc_numbers(rc, numbers);
	editor_note(e,
	    translate_count("* line %s of %s is not understood and does not count",
		"* lines %s of %s are not understood and do not count", rc->count),
	    numbers, rc->name);
}

struct editor *
editor_new(struct ev_loop *loop, int in, int out, bool plain, struct recall *recall, const struct editor_class *class,
    void *context)
{
	struct editor *e = calloc(1, sizeof(*e));
	struct editrc rc;

	if (!e)
		return NULL;
	e->loop = loop;
	e->in = in;
	e->out = out;
	e->class = class;
	e->context = context;
	e->recall = recall;
	e->settle = SETTLE_SECONDS;
	e->prompt = strdup("> ");
	e->tty = tty_new(in, out);
	if (!e->prompt || !e->tty || !buffer_init(&e->buffer)) {
		editor_free(e);
		return NULL;
	}
	tty_bindings(e->tty, &e->bindings, &rc);
	keys_init(&e->keys, &e->bindings);
	tty_raw(e->tty);
	set_up_drawing(e, plain);
	watch(e);
	editor_take_screen(e);
	say_wrong(e, &rc);
	measure(e);
	return e;
}

static void
unwatch(struct editor *e)
{
	ev_io_stop(e->loop, &e->input);
	ev_timer_stop(e->loop, &e->expiry);
	ev_timer_stop(e->loop, &e->settled);
	ev_signal_stop(e->loop, &e->winch);
	ev_signal_stop(e->loop, &e->cont);
	stops_end(&e->stops);
	ev_prepare_stop(e->loop, &e->show);
}

void
editor_free(struct editor *e)
{
	if (!e)
		return;
	if (ev_is_active(&e->show)) {
		unwatch(e);
		if (e->titled)
			draw_raw(&e->draw, TITLE_RESTORE, sizeof(TITLE_RESTORE) - 1);
		if (editor_flush(e) == 0)
			editor_leave_screen(e);
	}
	tty_free(e->tty);
	view_release(&e->view);
	draw_release(&e->draw);
	buffer_release(&e->buffer);
	walk_end(&e->walk);
	free(e->above);
	free(e->prompt);
	free(e->killed);
	free(e);
}

/* ---------------------------------------------------------------------- for the others */

void
editor_print(struct editor *e, const char *text, size_t len)
{
	const size_t need = e->above_len + len;

	if (need > e->above_cap) {
		char *more = realloc(e->above, 2 * need);

		if (!more)
			return;
		e->above = more;
		e->above_cap = 2 * need;
	}
	if (len > 0)
		memcpy(e->above + e->above_len, text, len);
	e->above_len += len;
}

void
editor_note(struct editor *e, const char *fmt, ...)
{
	char text[PATH_MAX + 256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), translate(fmt), ap);
	va_end(ap);
	editor_print(e, text, strlen(text));
	editor_print(e, "\n", 1);
}

void
editor_prompt(struct editor *e, const char *prompt)
{
	char *copy;

	if (strcmp(prompt, e->prompt) == 0)
		return;
	copy = strdup(prompt);
	if (!copy)
		return;
	free(e->prompt);
	e->prompt = copy;
	e->dirty = true;
}

void
editor_label(struct editor *e, const char *label, uint64_t number)
{
	struct origin *now = &e->buffer.now;

	now->number = number;
	(void)snprintf(now->label, sizeof(now->label), "%s", label);
}

void
editor_insert(struct editor *e, const char *text)
{
	edit_insert(e, text, strlen(text));
	buffer_seal(&e->buffer);
}

void
editor_complete(struct editor *e, size_t len, const char *text)
{
	const size_t at = e->buffer.at;

	if (len > at || !buffer_replace(&e->buffer, at - len, at, text, strlen(text), false))
		return;
	buffer_seal(&e->buffer);
	e->dirty = true;
}

char *
editor_before(const struct editor *e, size_t *len)
{
	*len = e->buffer.at;
	return strndup(e->buffer.text, e->buffer.at);
}

bool
editor_has_draft(const struct editor *e)
{
	return e->buffer.len > 0;
}

void
editor_beep(struct editor *e)
{
	draw_raw(&e->draw, "\a", 1);
}

void
editor_title(struct editor *e, const char *title)
{
	if (e->plain || !has_title())
		return;
	if (!e->titled)
		draw_raw(&e->draw, TITLE_SAVE, sizeof(TITLE_SAVE) - 1);
	e->titled = true;
	draw_raw(&e->draw, "\033]2;", 4);
	draw_raw(&e->draw, title, strlen(title));
	draw_raw(&e->draw, "\a", 1);
}

void
editor_clear_screen(struct editor *e)
{
	if (e->plain)
		return;
	draw_clear_screen(&e->draw);
	draw_raw(&e->draw, TO_THE_BOTTOM, sizeof(TO_THE_BOTTOM) - 1);
	e->depth = e->draw.lines;
	take_size(e, e->draw.columns, e->draw.lines);
	e->dirty = true;
}
