/* What each key does to the line. */
#include <string.h>
#include <wctype.h>

#include "cli/chat/editor/editor_impl.h"
#include "cli/chat/editor/wide.h"
#include "proto/safe.h"

static size_t
length(const struct editor *e)
{
	const LineInfoW *line = el_wline(e->el);

	return (size_t)(line->lastchar - line->buffer);
}

static size_t
cursor(const struct editor *e)
{
	const LineInfoW *line = el_wline(e->el);

	return (size_t)(line->cursor - line->buffer);
}

static void
move_to(struct editor *e, size_t at)
{
	(void)el_cursor(e->el, (int)at - (int)cursor(e));
}

/* Puts e->text in place of e->from..e->to, and the cursor behind it. */
static void
substitute(struct editor *e)
{
	move_to(e, e->to);
	el_deletestr(e->el, (int)(e->to - e->from));
	if (e->text && *e->text)
		(void)el_winsertstr(e->el, e->text);
}

static unsigned char
act_substitute(struct editor *e)
{
	substitute(e);
	return CC_REFRESH;
}

/* The same, when the prompt changes too. */
static unsigned char
act_substitute_all(struct editor *e)
{
	substitute(e);
	e->showing = true;
	return CC_REDISPLAY;
}

static void
replace(struct editor *e, size_t from, size_t to, const wchar_t *text)
{
	e->from = from;
	e->to = to;
	e->text = text;
	editor_perform(e, act_substitute);
}

/* ------------------------------------------------------------------- the held part */

void
edit_forget(struct editor *e)
{
	free(e->held);
	free(e->typed);
	e->held = e->typed = NULL;
	e->held_len = e->typed_len = e->recalled = 0;
	e->recall_at = 0;
	e->told_full = false;
}

static void
show_held(struct editor *e, const char *text, size_t len)
{
	_cleanup_(freep) char *safe = malloc(safe_bound(len, 4) + 4);

	if (!safe)
		return;
	memcpy(safe, "    ", 4);
	editor_print(e, safe, 4 + safe_text(text, len, 4, safe + 4, safe_bound(len, 4)));
	editor_print(e, "\n", 1);
	editor_note(e, "* these %zu bytes are part of your message: Enter sends it, ^C drops it", len);
}

/* a, a line feed when neither is empty, b. */
static char *
join(const char *a, size_t a_len, const char *b, size_t b_len, size_t *len)
{
	size_t feed = a_len > 0 && b_len > 0;
	char *out = malloc(a_len + feed + b_len + 1);

	if (!out)
		return NULL;
	if (a_len > 0)
		memcpy(out, a, a_len);
	if (feed)
		out[a_len] = '\n';
	if (b_len > 0)
		memcpy(out + a_len + feed, b, b_len);
	*len = a_len + feed + b_len;
	out[*len] = '\0';
	return out;
}

void
edit_hold(struct editor *e, const char *text, size_t len)
{
	size_t all_len;
	char *all;

	if (e->held_len + (e->held_len > 0) + len > MESSAGE_MAX) {
		editor_note(e, "* left out: a message has at most %u bytes", MESSAGE_MAX);
		return;
	}
	all = join(e->held, e->held_len, text, len, &all_len);
	if (!all)
		return;
	free(e->held);
	e->held = all;
	e->held_len = all_len;
	e->recalled = 0;
	show_held(e, text, len);
	editor_compose_prompt(e);
}

static char *
line_text(const struct editor *e, size_t *len)
{
	return wide_to_utf8(el_wline(e->el)->buffer, length(e), len);
}

void
edit_hold_line(struct editor *e)
{
	size_t len;
	_cleanup_(freep) char *text = line_text(e, &len);

	move_to(e, length(e));
	el_deletestr(e->el, (int)length(e));
	if (text)
		edit_hold(e, text, len);
}

/* ------------------------------------------------------------------------ inserting */

/* How many characters of text fit in at the cursor. */
static size_t
fitting(const struct editor *e, const wchar_t *text, size_t len)
{
	size_t low = 0, high = len, at = cursor(e);

	while (low < high) {
		size_t middle = (low + high + 1) / 2;

		if (editor_fits(e, at, at, text, middle))
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

void
edit_insert(struct editor *e, const char *text, size_t len)
{
	_cleanup_(freep) wchar_t *wide = wide_from_utf8(text, len);
	size_t n, all;

	if (!wide)
		return;
	all = wcslen(wide);
	n = fitting(e, wide, all);
	wide[n] = L'\0';
	if (n > 0)
		replace(e, cursor(e), cursor(e), wide);
	if (n == all)
		return;
	editor_beep(e);
	if (!e->told_full)
		editor_note(e, "* the line is full: Enter sends it; longer text can be pasted");
	e->told_full = true;
}

/* Line ends as the terminal sends them become line feeds; the last one is dropped. In place. */
static size_t
normalise(char *text, size_t len)
{
	size_t out = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n' && i > 0 && text[i - 1] == '\r')
			continue;
		text[out++] = text[i] == '\r' ? '\n' : text[i];
	}
	return out > 0 && text[out - 1] == '\n' ? out - 1 : out;
}

static void
paste(struct editor *e, const char *text, size_t len)
{
	_cleanup_(freep) char *copy = malloc(len + 1);
	_cleanup_(freep) wchar_t *wide = NULL;

	if (!copy)
		return;
	memcpy(copy, text, len);
	len = normalise(copy, len);
	if (len == 0)
		return;
	wide = wide_from_utf8(copy, len);
	if (wide && keys_is_text(copy, len) && editor_fits(e, cursor(e), cursor(e), wide, wcslen(wide)))
		replace(e, cursor(e), cursor(e), wide);
	else
		edit_hold(e, copy, len);
}

/* ------------------------------------------------------------------ killing, moving */

static void
cut(struct editor *e, size_t from, size_t to)
{
	size_t n = to - from;
	wchar_t *copy;

	if (n == 0) {
		editor_beep(e);
		return;
	}
	copy = calloc(n + 1, sizeof(*copy));
	if (!copy)
		return;
	wmemcpy(copy, el_wline(e->el)->buffer + from, n);
	free(e->killed);
	e->killed = copy;
	replace(e, from, to, L"");
}

static size_t
word_left(const struct editor *e)
{
	const wchar_t *text = el_wline(e->el)->buffer;
	size_t at = cursor(e);

	while (at > 0 && !iswalnum((wint_t)text[at - 1]))
		at--;
	while (at > 0 && iswalnum((wint_t)text[at - 1]))
		at--;
	return at;
}

static size_t
word_right(const struct editor *e)
{
	const wchar_t *text = el_wline(e->el)->buffer;
	size_t at = cursor(e), end = length(e);

	while (at < end && !iswalnum((wint_t)text[at]))
		at++;
	while (at < end && iswalnum((wint_t)text[at]))
		at++;
	return at;
}

static void
erase(struct editor *e, size_t from, size_t to)
{
	if (from < to)
		replace(e, from, to, L"");
	else
		editor_beep(e);
}

static void
yank(struct editor *e)
{
	if (e->killed && editor_fits(e, cursor(e), cursor(e), e->killed, wcslen(e->killed)))
		replace(e, cursor(e), cursor(e), e->killed);
	else
		editor_beep(e);
}

/* --------------------------------------------------------------------------- recall */

/* The recalled line that had to be held is held no more. */
static void
drop_recalled(struct editor *e)
{
	e->held_len -= e->recalled;
	e->recalled = 0;
	if (e->held_len > 0) {
		e->held[e->held_len] = '\0';
	} else {
		free(e->held);
		e->held = NULL;
	}
	editor_compose_prompt(e);
}

static void
set_line(struct editor *e, const char *text, size_t len)
{
	_cleanup_(freep) wchar_t *wide = wide_from_utf8(text, len);
	size_t held;
	bool fits;

	drop_recalled(e);
	held = e->held_len;
	fits = wide && editor_fits(e, 0, length(e), wide, wcslen(wide));
	e->from = 0;
	e->to = length(e);
	e->text = fits ? wide : L"";
	editor_perform(e, act_substitute_all);
	if (fits)
		return;
	edit_hold(e, text, len);
	e->recalled = e->held_len - held;
}

static void
recall_show(struct editor *e, size_t ago)
{
	const char *line = recall_line(e->recall, ago);

	if (ago > 0 && !line) {
		editor_beep(e);
		return;
	}
	if (e->recall_at == 0) {
		free(e->typed);
		e->typed = line_text(e, &e->typed_len);
	}
	e->recall_at = ago;
	if (line)
		set_line(e, line, strlen(line));
	else
		set_line(e, e->typed ? e->typed : "", e->typed ? e->typed_len : 0);
}

/* The next older line that begins with what stood before the cursor when the search began. */
static void
search(struct editor *e)
{
	const char *line;
	size_t len;

	if (e->last_key != KEY_SEARCH) {
		free(e->search);
		e->search = editor_before(e, &len);
	}
	for (size_t ago = e->recall_at + 1; e->search && (line = recall_line(e->recall, ago)); ago++)
		if (strncmp(line, e->search, strlen(e->search)) == 0) {
			recall_show(e, ago);
			return;
		}
	editor_beep(e);
}

/* ------------------------------------------------------------------- ends of a draft */

/* The whole draft, and an empty line in its place. */
static char *
take(struct editor *e, size_t *len)
{
	size_t line_len = 0;
	_cleanup_(freep) char *line = line_text(e, &line_len);
	char *all = join(e->held, e->held_len, line, line_len, len);

	if (!all)
		return NULL;
	edit_forget(e);
	editor_compose_prompt(e);
	e->from = 0;
	e->to = length(e);
	e->text = NULL;
	editor_perform(e, act_substitute_all);
	return all;
}

/* What take() would give. */
static size_t
draft_bytes(const struct editor *e)
{
	size_t len = 0;

	free(line_text(e, &len));
	return e->held_len + (e->held_len > 0 && len > 0) + len;
}

static void
enter(struct editor *e)
{
	_cleanup_(freep) char *text = NULL;
	size_t len;

	if (!editor_has_draft(e))
		return;
	if (draft_bytes(e) > MESSAGE_MAX) {
		editor_beep(e);
		editor_note(e, "* not sent: this message would have %zu bytes, and may have %u; ^C drops it",
		    draft_bytes(e), MESSAGE_MAX);
		return;
	}
	text = take(e, &len);
	if (!text)
		return;
	recall_add(e->recall, text, len);
	e->class->said(e->context, text, len);
}

/* The draft goes, but Up brings it back. */
static void
interrupt(struct editor *e)
{
	_cleanup_(freep) char *text = NULL;
	size_t len;

	if (!editor_has_draft(e)) {
		e->class->interrupted(e->context);
		return;
	}
	text = take(e, &len);
	if (text)
		recall_add(e->recall, text, len);
}

void
editor_restore(struct editor *e, const char *text, size_t len)
{
	e->drop_input = true;
	set_line(e, text, len);
	e->recall_at = e->recalled = 0;
}

static void
end_of_file(struct editor *e)
{
	if (!editor_has_draft(e))
		editor_end(e, EDITOR_END_OF_FILE);
	else
		erase(e, cursor(e), cursor(e) < length(e) ? cursor(e) + 1 : cursor(e));
}

static void
tab(struct editor *e)
{
	size_t len;
	_cleanup_(freep) char *before = editor_before(e, &len);

	if (before)
		e->class->tab(e->context, before, len);
}

/* ----------------------------------------------------------------------------- keys */

static void
left_out(struct editor *e, const char *what)
{
	editor_beep(e);
	editor_note(e, "* left out: %s", what);
}

static void
edit_text_key(struct editor *e, enum key key, const char *text, size_t len)
{
	char words[64];

	switch (key) {
	case KEY_TEXT:
		edit_insert(e, text, len);
		break;
	case KEY_PASTE:
		paste(e, text, len);
		break;
	case KEY_TOO_LONG:
		(void)snprintf(words, sizeof(words), "a message has at most %u bytes", MESSAGE_MAX);
		left_out(e, words);
		break;
	case KEY_INVALID:
		if (e->last_key != KEY_INVALID)
			left_out(e, "what is typed must be printable UTF-8");
		break;
	default:
		editor_beep(e);
	}
}

static void
edit_change_key(struct editor *e, enum key key)
{
	size_t at = cursor(e), end = length(e);

	switch (key) {
	case KEY_BACKSPACE:
		erase(e, at > 0 ? at - 1 : 0, at);
		break;
	case KEY_DELETE:
		erase(e, at, at < end ? at + 1 : end);
		break;
	case KEY_KILL_LINE:
		cut(e, 0, end);
		break;
	case KEY_KILL_TO_END:
		cut(e, at, end);
		break;
	case KEY_KILL_WORD_LEFT:
		cut(e, word_left(e), at);
		break;
	case KEY_KILL_WORD_RIGHT:
		cut(e, at, word_right(e));
		break;
	case KEY_YANK:
		yank(e);
		break;
	case KEY_UP:
		recall_show(e, e->recall_at + 1);
		break;
	case KEY_DOWN:
		if (e->recall_at > 0)
			recall_show(e, e->recall_at - 1);
		else
			editor_beep(e);
		break;
	case KEY_SEARCH:
		search(e);
		break;
	default:
		editor_beep(e);
	}
}

/* Commands of libedit's that have proven safe for any line that we let in. */
static const wchar_t *const native[KEY_COUNT] = {
	[KEY_REDRAW] = L"\014",
	[KEY_LEFT] = L"\002",
	[KEY_RIGHT] = L"\006",
	[KEY_WORD_LEFT] = L"\033b",
	[KEY_WORD_RIGHT] = L"\033f",
	[KEY_HOME] = L"\001",
	[KEY_END] = L"\005",
	[KEY_TRANSPOSE] = L"\024",
	[KEY_UPPER] = L"\033u",
	[KEY_LOWER] = L"\033l",
	[KEY_CAPITAL] = L"\033c",
};

void
edit_key(void *context, enum key key, const char *text, size_t len)
{
	struct editor *e = context;

	if (e->drop_input || e->ended)
		return;
	switch (key) {
	case KEY_ENTER:
		enter(e);
		break;
	case KEY_TAB:
		tab(e);
		break;
	case KEY_INTERRUPT:
		interrupt(e);
		break;
	case KEY_END_OF_FILE:
		end_of_file(e);
		break;
	case KEY_SUSPEND:
		editor_suspend(e);
		break;
	default:
		if (native[key])
			editor_native(e, native[key]);
		else if (key <= KEY_UNKNOWN)
			edit_text_key(e, key, text, len);
		else
			edit_change_key(e, key);
	}
	e->last_key = key;
}
