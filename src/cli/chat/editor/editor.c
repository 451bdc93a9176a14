#include "cli/chat/editor/editor.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/chat/editor/editor_impl.h"
#include "cli/chat/editor/wide.h"

#define PASTE_ON "\033[?2004h"
#define PASTE_OFF "\033[?2004l"
#define ACTION_KEY L"\x9f" /* a C1 code: keys.c lets none through from the terminal */
#define GROW 4096          /* characters; see LINE_MAX */
#define OUT_BUFFER 65536

/* ------------------------------------------------------------ commands of libedit's */

static int
next_key(EditLine *el, wchar_t *c)
{
	struct editor *e;

	if (el_wget(el, EL_CLIENTDATA, &e) != 0 || !*e->queue) {
		errno = EAGAIN;
		return -1;
	}
	*c = *e->queue++;
	return 1;
}

static unsigned char
act(EditLine *el, int c)
{
	struct editor *e;

	(void)c;
	return el_wget(el, EL_CLIENTDATA, &e) == 0 ? e->action(e) : CC_ERROR;
}

void
editor_native(struct editor *e, const wchar_t *keys)
{
	int n;

	e->queue = keys;
	(void)el_wgets(e->el, &n);
	e->queue = L"";
}

void
editor_perform(struct editor *e, editor_action *action)
{
	e->action = action;
	editor_native(e, ACTION_KEY);
}

/* ------------------------------------------------------------------------- drawing */

static unsigned char
act_show(struct editor *e)
{
	e->showing = true;
	return CC_REDISPLAY;
}

/* libedit asks for the prompt when it has cleared its rows: the moment to write above them. */
static wchar_t *
prompt_now(EditLine *el)
{
	struct editor *e;

	if (el_wget(el, EL_CLIENTDATA, &e) != 0)
		return NULL;
	if (e->showing && e->above_len > 0) {
		(void)fwrite(e->above, 1, e->above_len, e->out);
		if (e->above[e->above_len - 1] != '\n')
			(void)putc('\n', e->out);
		e->above_len = 0;
	}
	e->showing = false;
	return e->drawn_prompt;
}

static struct wide_place
draw_prompt(const struct editor *e)
{
	return wide_draw((struct wide_place){ 0 }, e->drawn_prompt, wcslen(e->drawn_prompt), e->columns);
}

/* Row of the cursor, counted from the prompt's; and how many rows follow it. */
static size_t
cursor_row(const struct editor *e, size_t *below)
{
	const LineInfoW *line = el_wline(e->el);
	struct wide_place at = draw_prompt(e), end;

	at = wide_draw(at, line->buffer, (size_t)(line->cursor - line->buffer), e->columns);
	end = wide_draw(at, line->cursor, (size_t)(line->lastchar - line->cursor), e->columns);
	if (below)
		*below = end.row - at.row;
	return at.row;
}

bool
editor_fits(const struct editor *e, size_t from, size_t to, const wchar_t *text, size_t len)
{
	const LineInfoW *line = el_wline(e->el);
	size_t length = (size_t)(line->lastchar - line->buffer);
	struct wide_place at = draw_prompt(e);

	if (length - (to - from) + len > EDITOR_LINE_MAX)
		return false;
	at = wide_draw(at, line->buffer, from, e->columns);
	at = wide_draw(at, text, len, e->columns);
	at = wide_draw(at, line->buffer + to, length - to, e->columns);
	return at.row + 1 < e->lines || at.row == 0;
}

/* Cuts the prompt so that it leaves half of a narrow terminal to the line; its end, "> ", stays. */
void
editor_compose_prompt(struct editor *e)
{
	_cleanup_(freep) wchar_t *wide = wide_from_utf8(e->prompt, strlen(e->prompt));
	wchar_t held[32] = L"";
	size_t most = e->columns / 2, n, mark;

	if (!wide)
		return;
	if (e->held)
		(void)swprintf(held, sizeof(held) / sizeof(*held), L"[+%zu] ", e->held_len);
	mark = wcslen(held);
	n = wcslen(wide);
	if (mark > most)
		mark = 0;
	held[mark] = L'\0';
	most -= mark;
	if (n > most && most < 4)
		wide[0] = L'\0';
	else if (n > most) {
		wmemmove(wide + most - 2, wide + n - 2, 3);
		if (most > 4)
			wide[most - 3] = L'~';
	}
	(void)swprintf(e->drawn_prompt, sizeof(e->drawn_prompt) / sizeof(*e->drawn_prompt), L"%ls%.80ls", held, wide);
}

static void
read_size(struct editor *e)
{
	int columns = 80, lines = 24;

	(void)el_get(e->el, EL_GETTC, "co", &columns, NULL);
	(void)el_get(e->el, EL_GETTC, "li", &lines, NULL);
	e->columns = columns > 1 ? (size_t)columns : 80;
	e->lines = lines > 0 ? (size_t)lines : 24;
}

static const char *
capability(struct editor *e, char *name)
{
	char *value = NULL;

	(void)el_get(e->el, EL_GETTC, name, &value, NULL);
	return value && *value ? value : NULL;
}

/*
 * Rows from the prompt's to the cursor's after the terminal has wrapped its rows anew, at another width. When the line
 * ends exactly at the edge, terminals differ in where they put the cursor: rather a row that is left over than one too many cleared.
 */
static size_t
rewrapped_row(struct editor *e)
{
	const size_t before = e->columns;
	const LineInfoW *line = el_wline(e->el);
	struct winsize size;
	size_t rows;

	if (ioctl(e->in, TIOCGWINSZ, &size) == 0 && size.ws_col > 1)
		e->columns = size.ws_col;
	rows = cursor_row(e, NULL);
	if (e->columns == before || rows == 0 || line->cursor == line->buffer)
		return rows;
	return wide_draw(draw_prompt(e), line->buffer, (size_t)(line->cursor - line->buffer), e->columns).column > 0 ||
		line->cursor[-1] == L'\n'
	    ? rows
	    : rows - 1;
}

/* The terminal has another size, or somebody else has written on it. */
static void
redraw(struct editor *e)
{
	size_t rows = rewrapped_row(e);

	if (e->up && e->clear) {
		for (; rows > 0; rows--)
			(void)fputs(e->up, e->out);
		(void)fprintf(e->out, "\r%s", e->clear);
	} else {
		(void)fputs("\r\n", e->out);
	}
	(void)fflush(e->out);
	el_resize(e->el);
	read_size(e);
	editor_compose_prompt(e);
	if (!editor_fits(e, 0, 0, L"", 0))
		edit_hold_line(e);
	(void)el_wset(e->el, EL_REFRESH);
}

/* ------------------------------------------------------------------------ watchers */

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
	ssize_t n = read(e->in, in, sizeof(in));

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

	(void)loop, (void)revents;
	keys_expire(&e->keys, edit_key, e);
}

static void
on_winch(struct ev_loop *loop, ev_signal *w, int revents)
{
	(void)loop, (void)revents;
	redraw(w->data);
}

/* Raw mode again, whatever the shell, or a stop that we did not see coming, has made of the terminal. */
static void
resume(struct editor *e)
{
	(void)el_wset(e->el, EL_PREP_TERM, 0);
	(void)el_wset(e->el, EL_PREP_TERM, 1);
	if (e->clear)
		(void)fputs(PASTE_ON, e->out);
}

static void
on_cont(struct ev_loop *loop, ev_signal *w, int revents)
{
	(void)loop, (void)revents;
	resume(w->data);
	redraw(w->data);
}

static void
on_prepare(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct editor *e = w->data;

	(void)loop, (void)revents;
	if (editor_flush(e) < 0)
		editor_end(e, EDITOR_HANGUP);
}

/* To the row below the line, in the mode in which the terminal was. */
static void
leave_screen(struct editor *e)
{
	size_t below;

	(void)cursor_row(e, &below);
	if (e->clear)
		(void)fputs(PASTE_OFF, e->out);
	for (below++; below > 0; below--)
		(void)fputs("\r\n", e->out);
	(void)fflush(e->out);
	(void)el_wset(e->el, EL_PREP_TERM, 0);
}

void
editor_suspend(struct editor *e)
{
	leave_screen(e);
	(void)raise(SIGTSTP);
	resume(e);
	el_resize(e->el);
	read_size(e);
	editor_compose_prompt(e);
	if (!editor_fits(e, 0, 0, L"", 0))
		edit_hold_line(e);
	(void)el_wset(e->el, EL_REFRESH);
}

/* --------------------------------------------------------------------------- set up */

static bool
set_up_libedit(struct editor *e)
{
	wchar_t grow[GROW + 1];

	if (el_wset(e->el, EL_CLIENTDATA, e) != 0 || el_wset(e->el, EL_EDITOR, L"emacs") != 0 ||
	    el_wset(e->el, EL_SIGNAL, 0) != 0 || el_wset(e->el, EL_SETTY, L"-d", L"-isig", L"-ixon", NULL) != 0 ||
	    el_wset(e->el, EL_PROMPT, prompt_now) != 0 || el_wset(e->el, EL_GETCFN, next_key) != 0 ||
	    el_wset(e->el, EL_ADDFN, L"pchat-act", L"Perform what pchat wants", act) != 0 ||
	    el_wset(e->el, EL_BIND, ACTION_KEY, L"pchat-act", NULL) != 0)
		return false;
	wmemset(grow, L'x', GROW);
	grow[GROW] = L'\0';
	if (el_winsertstr(e->el, grow) != 0)
		return false;
	el_deletestr(e->el, GROW);
	return true;
}

static void
watch(struct editor *e)
{
	ev_io_init(&e->input, on_input, e->in, EV_READ);
	ev_set_priority(&e->input, 1); /* typing comes before what arrives */
	ev_init(&e->expiry, on_expiry);
	ev_signal_init(&e->winch, on_winch, SIGWINCH);
	ev_set_priority(&e->winch, 2); /* what is typed is drawn for the size that is */
	ev_signal_init(&e->cont, on_cont, SIGCONT);
	ev_prepare_init(&e->show, on_prepare);
	e->input.data = e->expiry.data = e->winch.data = e->cont.data = e->show.data = e;
	ev_io_start(e->loop, &e->input);
	ev_signal_start(e->loop, &e->winch);
	ev_signal_start(e->loop, &e->cont);
	ev_prepare_start(e->loop, &e->show);
}

static FILE *
open_output(int fd)
{
	int own = dup(fd);
	FILE *f = own < 0 ? NULL : fdopen(own, "w");

	if (!f) {
		closep(&own);
		return NULL;
	}
	(void)setvbuf(f, NULL, _IOFBF, OUT_BUFFER);
	return f;
}

struct editor *
editor_new(
    struct ev_loop *loop, int in, int out, struct recall *recall, const struct editor_class *class, void *context)
{
	struct editor *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	*e = (struct editor){
		.in = in,
		.loop = loop,
		.recall = recall,
		.class = class,
		.context = context,
		.queue = L"",
	};
	keys_init(&e->keys);
	e->prompt = strdup("> ");
	e->out = open_output(out);
	if (e->prompt && e->out)
		e->el = el_init_fd("pchat", stdin, e->out, stderr, in, fileno(e->out), STDERR_FILENO);
	if (!e->el || !set_up_libedit(e)) {
		editor_free(e);
		return NULL;
	}
	e->up = capability(e, (char[]){ "up" });
	e->clear = capability(e, (char[]){ "cd" });
	read_size(e);
	editor_compose_prompt(e);
	if (e->clear)
		(void)fputs(PASTE_ON, e->out);
	(void)el_wset(e->el, EL_UNBUFFERED, 1);
	watch(e);
	return e;
}

void
editor_free(struct editor *e)
{
	if (!e)
		return;
	if (ev_is_active(&e->show)) {
		ev_io_stop(e->loop, &e->input);
		ev_timer_stop(e->loop, &e->expiry);
		ev_signal_stop(e->loop, &e->winch);
		ev_signal_stop(e->loop, &e->cont);
		ev_prepare_stop(e->loop, &e->show);
		if (editor_flush(e) == 0)
			leave_screen(e);
	}
	el_end(e->el);
	if (e->out)
		(void)fclose(e->out);
	edit_forget(e);
	free(e->above);
	free(e->prompt);
	free(e->killed);
	free(e->search);
	free(e);
}

/* -------------------------------------------------------------------- for the others */

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
	memcpy(e->above + e->above_len, text, len);
	e->above_len += len;
}

int
editor_flush(struct editor *e)
{
	if (e->above_len > 0)
		editor_perform(e, act_show);
	return ferror(e->out) ? -EIO : 0;
}

void
editor_note(struct editor *e, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
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
	editor_compose_prompt(e);
	if (!editor_fits(e, 0, 0, L"", 0))
		edit_hold_line(e);
	editor_perform(e, act_show);
}

void
editor_insert(struct editor *e, const char *text)
{
	edit_insert(e, text, strlen(text));
}

char *
editor_before(const struct editor *e, size_t *len)
{
	const LineInfoW *line = el_wline(e->el);

	return wide_to_utf8(line->buffer, (size_t)(line->cursor - line->buffer), len);
}

bool
editor_has_draft(const struct editor *e)
{
	const LineInfoW *line = el_wline(e->el);

	return e->held || line->lastchar > line->buffer;
}

void
editor_beep(struct editor *e)
{
	el_beep(e->el);
	(void)fflush(e->out);
}
