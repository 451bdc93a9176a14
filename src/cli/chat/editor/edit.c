/* What each key does to the line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

#include "cli/chat/editor/editor_impl.h"
#include "core/unicode/unicode.h"

/* ------------------------------------------------------------------------ changes */

/* Changes the text, and says when it cannot. */
static bool
replace(struct editor *e, size_t from, size_t to, const char *text, size_t len, bool typed)
{
	struct buffer *b = &e->buffer;

	if (!buffer_replace(b, from, to, text, len, typed)) {
		editor_beep(e);
		b->origin.left_out = true;
		if (b->len - (to - from) + len > BUFFER_MAX)
			editor_note(e, "* not taken: a message has at most %u bytes", MESSAGE_MAX);
		return false;
	}
	e->dirty = true;
	return true;
}

void
edit_insert(struct editor *e, const char *text, size_t len)
{
	(void)replace(e, e->buffer.at, e->buffer.at, text, len, true);
}

bool
edit_replace_all(struct editor *e, const char *text, size_t len, size_t at)
{
	if (!buffer_replace(&e->buffer, 0, e->buffer.len, text, len, false))
		return false;
	buffer_move(&e->buffer, at);
	e->dirty = true;
	return true;
}

static void
erase(struct editor *e, size_t from, size_t to)
{
	if (from < to)
		(void)replace(e, from, to, "", 0, false);
	else
		editor_beep(e);
}

static bool
is_kill(enum key key)
{
	return key >= KEY_KILL_LINE && key <= KEY_KILL_WORD_RIGHT;
}

/* What is killed by several keys in a row is one piece. */
static void
kill_range(struct editor *e, size_t from, size_t to)
{
	const size_t before = is_kill(e->last_key) ? e->killed_len : 0, n = to - from;
	char *joined;

	if (from >= to) {
		editor_beep(e);
		return;
	}
	joined = malloc(before + n);
	if (!joined)
		return;
	if (to == e->buffer.at) { /* to the left: it stood before what was killed already */
		memcpy(joined, e->buffer.text + from, n);
		if (before > 0)
			memcpy(joined + n, e->killed, before);
	} else {
		if (before > 0)
			memcpy(joined, e->killed, before);
		memcpy(joined + before, e->buffer.text + from, n);
	}
	free(e->killed);
	e->killed = joined;
	e->killed_len = before + n;
	if (before == 0)
		e->killed_origin = e->buffer.origin;
	else
		origin_join(&e->killed_origin, &e->buffer.origin, &e->buffer.now);
	(void)replace(e, from, to, "", 0, false);
}

/* What was killed comes back as what it was: a paste, or typed for somebody else. */
static void
yank(struct editor *e)
{
	struct buffer *b = &e->buffer;
	const bool first = b->at == 0;

	if (!e->killed) {
		editor_beep(e);
	} else if (replace(e, b->at, b->at, e->killed, e->killed_len, false)) {
		origin_join(&b->origin, &e->killed_origin, &b->now);
		b->origin.pasted = b->origin.pasted || (first && e->killed_origin.pasted);
	}
}

/* Swaps the clusters on both sides of the cursor; at the end, the two before it. */
static void
transpose(struct editor *e)
{
	const struct buffer *b = &e->buffer;
	const size_t middle = b->at < b->len ? b->at : buffer_left(b, b->at);
	const size_t from = buffer_left(b, middle), to = buffer_right(b, middle);
	char swapped[1024];

	if (from == middle || middle == to || to - from > sizeof(swapped)) {
		editor_beep(e);
		return;
	}
	memcpy(swapped, b->text + middle, to - middle);
	memcpy(swapped + (to - middle), b->text + from, middle - from);
	(void)replace(e, from, to, swapped, to - from, false);
}

/* The rest of the word in upper or lower case, or its first letter in upper and the others in lower case. */
static void
change_case(struct editor *e, enum key key)
{
	const struct buffer *b = &e->buffer;
	const size_t from = b->at, to = buffer_word_right(b, from);
	_cleanup_(freep) char *changed = malloc(UNICODE_UTF8_MAX * (to - from) + 1);
	size_t len = 0;
	bool first = true;

	if (!changed || from == to)
		return;
	for (size_t at = from, n; at < to; at += n) {
		uint32_t cp = 0;

		n = unicode_decode(b->text + at, to - at, &cp);
		if (n == 0)
			return;
		if (key == KEY_UPPER || (key == KEY_CAPITAL && first && iswalpha((wint_t)cp)))
			cp = (uint32_t)towupper((wint_t)cp);
		else
			cp = (uint32_t)towlower((wint_t)cp);
		first = first && !iswalpha((wint_t)cp);
		len += unicode_encode(cp, changed + len);
	}
	(void)replace(e, from, to, changed, len, false);
}

/* -------------------------------------------------------------- what is not taken */

/* The same one is named once when it comes several times in a row. */
static void
refuse(struct editor *e, const char *text, size_t len)
{
	char name[KEYS_NAME];

	editor_beep(e);
	e->buffer.origin.left_out = true;
	if (e->last_key == KEY_REFUSED && strcmp(keys_name(text, len, name), e->refused) == 0)
		return;
	(void)keys_name(text, len, e->refused);
	editor_note(e, "* %s cannot be typed here: left out", e->refused);
}

/* ---------------------------------------------------------------------------- pastes */

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

/* All of it or nothing: what is sent is what was pasted. */
static void
paste(struct editor *e, const char *text, size_t len)
{
	_cleanup_(freep) char *copy = malloc(len + 1);
	const bool first = e->buffer.at == 0;
	char name[KEYS_NAME];
	size_t fault, n;

	if (!copy)
		return;
	memcpy(copy, text, len);
	len = normalise(copy, len);
	fault = keys_fault(copy, len, &n);
	if (fault < len) {
		editor_beep(e);
		e->buffer.origin.left_out = true;
		editor_note(e,
		    "* not pasted: it holds %s, which cannot be sent from here; 'pchat send -f FILE' sends any bytes",
		    keys_name(copy + fault, len - fault, name));
	} else if (len > 0 && replace(e, e->buffer.at, e->buffer.at, copy, len, false)) {
		e->buffer.origin.pasted = e->buffer.origin.pasted || first;
	}
}

/* ---------------------------------------------------------------------------- recall */

static void
walk(struct editor *e, size_t ago)
{
	struct buffer *b = &e->buffer;
	size_t at = b->at;
	const char *line;

	e->walk.origin = b->origin;
	line = walk_to(&e->walk, e->recall, ago, b->text, b->len, &at);
	if (!line) {
		editor_beep(e);
		return;
	}
	if (!edit_replace_all(e, line, strlen(line), at) || b->len == 0)
		return;
	b->origin = e->walk.origin.known ? e->walk.origin : origin_recalled(recall_label(e->recall, ago), &b->now);
}

/* Who forgets lines forgets them here as well: the walk ends at what was typed. */
static void
leave_out_forgotten(struct editor *e)
{
	if (!recall_refresh(e->recall))
		return;
	if (e->walk.ago > 0)
		walk(e, 0);
	walk_end(&e->walk);
	search_restart(&e->search);
}

/* Within a text of several lines to the line above or below, as far to the right as may be; false when there is none. */
static bool
move_line(struct editor *e, bool up)
{
	struct buffer *b = &e->buffer;
	const size_t begin = buffer_line_begin(b, b->at), end = buffer_line_end(b, b->at);
	size_t column = 0, at, stop;

	if (up ? begin == 0 : end == b->len)
		return false;
	for (at = begin; at < b->at; at = buffer_right(b, at))
		column++;
	at = up ? buffer_line_begin(b, begin - 1) : end + 1;
	stop = buffer_line_end(b, at);
	for (; column > 0 && at < stop; column--)
		at = buffer_right(b, at);
	buffer_move(b, at);
	e->dirty = true;
	return true;
}

/* Once it walks from line to line it goes on so, also past texts of several lines. */
static void
up_or_down(struct editor *e, bool up)
{
	if (!e->walking && move_line(e, up))
		return;
	e->walking = true;
	if (up || e->walk.ago > 0)
		walk(e, up ? e->walk.ago + 1 : e->walk.ago - 1);
	else
		editor_beep(e);
}

/* The next line that begins with what stands before the cursor, which stays there. */
static void
find_beginning(struct editor *e, bool older)
{
	const size_t at = e->buffer.at, ago = walk_find(&e->walk, e->recall, older, e->buffer.text, at);

	if (ago == 0 && (older || e->walk.ago == 0)) {
		editor_beep(e);
		return;
	}
	walk(e, ago);
	buffer_move(&e->buffer, at);
}

/* ---------------------------------------------------------------------------- search */

/* Shows what was found in the place of the line. */
static void
show_found(struct editor *e)
{
	if (e->search.ago > 0 && e->search.ago != e->walk.ago)
		walk(e, e->search.ago);
	if (e->search.ago > 0)
		buffer_move(&e->buffer, e->search.at);
	if (e->search.failed)
		editor_beep(e);
	e->dirty = true;
}

/* As if it had never been. */
static void
search_abort(struct editor *e)
{
	search_end(&e->search);
	if (e->walk.ago != e->search.begun)
		walk(e, e->search.begun);
	editor_beep(e);
	e->dirty = true;
}

/* A key while ^R looks for something. False: it ends the search, and does what it always does. */
static bool
search_key(struct editor *e, enum key key, const char *text, size_t len)
{
	leave_out_forgotten(e);
	switch (key) {
	case KEY_TEXT:
		if (!search_type(&e->search, e->recall, text, len))
			editor_beep(e);
		break;
	case KEY_SEARCH:
	case KEY_SEARCH_NEWER:
		search_next(&e->search, e->recall, key == KEY_SEARCH);
		break;
	case KEY_BACKSPACE:
		if (!search_erase(&e->search, e->recall))
			editor_beep(e);
		break;
	case KEY_ABORT:
	case KEY_INTERRUPT:
		search_abort(e);
		return true;
	case KEY_REPORT:
		return false;
	default:
		search_end(&e->search);
		e->dirty = true;
		return false;
	}
	show_found(e);
	return true;
}

/* ------------------------------------------------------------------- ends of a draft */

/* Keeps the text for Up. A paste that begins with a slash gets another one: then, too, it is said, and is no command. */
static void
keep(struct editor *e, const char *label)
{
	const struct buffer *b = &e->buffer;
	const bool slashed = b->origin.pasted && b->text[0] == '/' && !memchr(b->text, '\n', b->len);
	_cleanup_(freep) char *line = malloc(b->len + 2);

	if (!line)
		return;
	line[0] = '/';
	memcpy(line + slashed, b->text, b->len + 1);
	recall_add(e->recall, line, b->len + slashed, label);
}

/* Empties the line; it can be recalled, as one for `label`, unless that is NULL. */
static void
finish(struct editor *e, const char *label)
{
	struct buffer *b = &e->buffer;

	if (label)
		keep(e, label);
	walk_end(&e->walk);
	buffer_clear(b);
	e->dirty = true;
}

static void
enter(struct editor *e)
{
	struct buffer *b = &e->buffer;
	const bool left_out = b->origin.left_out;
	const struct editor_line line = {
		.text = b->text,
		.len = b->len,
		.label = b->origin.recalled ? b->origin.label : "",
		.changed = b->origin.number != b->now.number,
		.pasted = b->origin.pasted,
		.again = e->stayed,
	};
	enum editor_answer answer;

	if (line.len == 0)
		return;
	if (left_out) { /* nothing goes out that is not what was typed */
		editor_note(e, "* not sent: something was left out of it; press Enter again to send it as it is");
		answer = EDITOR_STAYS;
	} else {
		answer = e->class->said(e->context, &line);
	}
	e->stayed = answer == EDITOR_STAYS && !left_out;
	b->origin.left_out = false;
	e->drop_input = answer == EDITOR_STAYS;
	if (answer != EDITOR_STAYS)
		finish(e, answer == EDITOR_TAKEN ? b->now.label : answer == EDITOR_UNSENT ? b->origin.label : NULL);
}

/* Whether the text is a line of the recall as it is there. */
static bool
is_as_recalled(const struct editor *e)
{
	const char *line = e->buffer.origin.recalled ? recall_line(e->recall, e->walk.ago) : NULL;

	return line && strcmp(line, e->buffer.text) == 0;
}

/* The draft goes, but Up brings it back. What it has brought itself is no new line. */
static void
interrupt(struct editor *e)
{
	if (e->buffer.len > 0)
		finish(e, is_as_recalled(e) ? NULL : e->buffer.origin.label);
	else
		e->class->interrupted(e->context);
}

static void
end_of_file(struct editor *e)
{
	if (e->buffer.len == 0)
		editor_end(e, EDITOR_END_OF_FILE);
	else
		erase(e, e->buffer.at, buffer_right(&e->buffer, e->buffer.at));
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

/* Where a key moves the cursor to; SIZE_MAX: it moves nothing. */
static size_t
target(const struct editor *e, enum key key)
{
	const struct buffer *b = &e->buffer;
	const size_t at = b->at;

	switch (key) {
	case KEY_LEFT:
		return buffer_left(b, at);
	case KEY_RIGHT:
		return buffer_right(b, at);
	case KEY_WORD_LEFT:
		return buffer_word_left(b, at);
	case KEY_WORD_RIGHT:
		return buffer_word_right(b, at);
	case KEY_HOME: /* of the line, then of the text */
		return buffer_line_begin(b, at) < at ? buffer_line_begin(b, at) : 0;
	case KEY_END:
		return buffer_line_end(b, at) > at ? buffer_line_end(b, at) : b->len;
	default:
		return SIZE_MAX;
	}
}

static bool
move_key(struct editor *e, enum key key)
{
	const size_t at = target(e, key);

	if (at == SIZE_MAX)
		return false;
	buffer_move(&e->buffer, at);
	e->dirty = true;
	return true;
}

static bool
kill_key(struct editor *e, enum key key)
{
	struct buffer *b = &e->buffer;
	const size_t at = b->at;

	switch (key) {
	case KEY_KILL_LINE:
		b->at = b->len; /* it comes back as it was */
		kill_range(e, 0, b->len);
		return true;
	case KEY_KILL_TO_BEGIN:
		kill_range(e, buffer_line_begin(b, at) < at ? buffer_line_begin(b, at) : buffer_left(b, at), at);
		return true;
	case KEY_KILL_TO_END:
		kill_range(e, at, buffer_line_end(b, at) > at ? buffer_line_end(b, at) : buffer_right(b, at));
		return true;
	case KEY_KILL_WORD_LEFT:
		kill_range(e, buffer_word_left(b, at), at);
		return true;
	case KEY_KILL_WORD_RIGHT:
		kill_range(e, at, buffer_word_right(b, at));
		return true;
	default:
		return false;
	}
}

static bool
change_key(struct editor *e, enum key key)
{
	struct buffer *b = &e->buffer;

	switch (key) {
	case KEY_BACKSPACE:
		erase(e, buffer_left(b, b->at), b->at);
		return true;
	case KEY_DELETE:
		erase(e, b->at, buffer_right(b, b->at));
		return true;
	case KEY_YANK:
		yank(e);
		return true;
	case KEY_TRANSPOSE:
		transpose(e);
		return true;
	case KEY_UPPER:
	case KEY_LOWER:
	case KEY_CAPITAL:
		change_case(e, key);
		return true;
	case KEY_NEWLINE:
		(void)replace(e, b->at, b->at, "\n", 1, false);
		return true;
	case KEY_UNDO:
		if (!buffer_undo(b))
			editor_beep(e);
		e->dirty = true;
		return true;
	default:
		return false;
	}
}

static bool
recall_key(struct editor *e, enum key key)
{
	if (key < KEY_UP || key > KEY_SEARCH_NEWER)
		return false;
	leave_out_forgotten(e);
	switch (key) {
	case KEY_UP:
	case KEY_DOWN:
		up_or_down(e, key == KEY_UP);
		return true;
	case KEY_OLDER:
	case KEY_NEWER:
		find_beginning(e, key == KEY_OLDER);
		return true;
	case KEY_SEARCH:
	case KEY_SEARCH_NEWER:
		search_begin(&e->search, e->walk.ago);
		e->dirty = true;
		return true;
	default:
		return false;
	}
}

static bool
text_key(struct editor *e, enum key key, const char *text, size_t len)
{
	switch (key) {
	case KEY_TEXT:
		edit_insert(e, text, len);
		return true;
	case KEY_PASTE:
		paste(e, text, len);
		return true;
	case KEY_TOO_LONG:
		editor_beep(e);
		e->buffer.origin.left_out = true;
		editor_note(e, "* not pasted: a message has at most %u bytes", MESSAGE_MAX);
		return true;
	case KEY_REFUSED:
		refuse(e, text, len);
		return true;
	default:
		return false;
	}
}

static void
other_key(struct editor *e, enum key key)
{
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
	case KEY_REDRAW:
		editor_clear_screen(e);
		break;
	case KEY_COMPOSE:
		compose(e);
		break;
	default:
		editor_beep(e);
	}
}

/* The terminal tells where its cursor is: behind the sample that was drawn next. */
static void
take_report(struct editor *e, const char *text, size_t len)
{
	char copy[32] = "";
	unsigned row, column;

	memcpy(copy, text, len < sizeof(copy) ? len : sizeof(copy) - 1);
	if (e->asked == 0 || sscanf(copy, "\033[%u;%uR", &row, &column) != 2)
		return;
	e->metrics.width[METRICS_KINDS - e->asked] = (unsigned char)(column > 1 && column < 32 ? column - 1 : 0);
	e->dirty = true;
	if (--e->asked == 0)
		e->changed = 0.;
}

/* Whether a key drops what was typed, if there is any. */
static bool
drops(enum key key)
{
	return key == KEY_INTERRUPT || key == KEY_BACKSPACE || key == KEY_DELETE || is_kill(key);
}

void
edit_key(void *context, enum key key, const char *text, size_t len)
{
	struct editor *e = context;
	const bool stayed = e->stayed;

	if (key == KEY_REPORT) {
		take_report(e, text, len);
		return;
	}
	if (e->drop_input || e->ended)
		return;
	e->class->touched(e->context);
	e->walking = e->walking && (key == KEY_UP || key == KEY_DOWN);
	if (e->buffer.len == 0 && drops(key))
		e->buffer.origin = (struct origin){ 0 };
	if (key != KEY_TEXT)
		buffer_seal(&e->buffer);
	if (!(e->search.on && search_key(e, key, text, len)) && !text_key(e, key, text, len) && !move_key(e, key) &&
	    !kill_key(e, key) && !change_key(e, key) && !recall_key(e, key))
		other_key(e, key);
	if (stayed)
		e->stayed = e->stayed && key == KEY_ENTER;
	e->last_key = key;
}
