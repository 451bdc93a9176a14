#include "cli/chat/editor/bindings.h"

#include <string.h>

#include "base/macros.h"

static const struct {
	const char *bytes;
	enum key key;
} defaults[] = {
	{ "\001", KEY_HOME },
	{ "\002", KEY_LEFT },
	{ "\003", KEY_INTERRUPT },
	{ "\004", KEY_END_OF_FILE },
	{ "\005", KEY_END },
	{ "\006", KEY_RIGHT },
	{ "\007", KEY_ABORT },
	{ "\010", KEY_BACKSPACE },
	{ "\t", KEY_TAB },
	{ "\n", KEY_ENTER },
	{ "\013", KEY_KILL_TO_END },
	{ "\014", KEY_REDRAW },
	{ "\r", KEY_ENTER },
	{ "\016", KEY_DOWN },
	{ "\020", KEY_UP },
	{ "\022", KEY_SEARCH },
	{ "\023", KEY_SEARCH_NEWER },
	{ "\024", KEY_TRANSPOSE },
	{ "\025", KEY_KILL_TO_BEGIN },
	{ "\027", KEY_KILL_WORD_LEFT },
	{ "\030\005", KEY_COMPOSE },
	{ "\030\025", KEY_UNDO },
	{ "\030u", KEY_UNDO },
	{ "\031", KEY_YANK },
	{ "\032", KEY_SUSPEND },
	{ "\037", KEY_UNDO },
	{ "\177", KEY_BACKSPACE },
	{ "\033\r", KEY_NEWLINE },
	{ "\033\n", KEY_NEWLINE },
	{ "\033b", KEY_WORD_LEFT },
	{ "\033B", KEY_WORD_LEFT },
	{ "\033f", KEY_WORD_RIGHT },
	{ "\033F", KEY_WORD_RIGHT },
	{ "\033d", KEY_KILL_WORD_RIGHT },
	{ "\033D", KEY_KILL_WORD_RIGHT },
	{ "\033\010", KEY_KILL_WORD_LEFT },
	{ "\033\014", KEY_REDRAW },
	{ "\033\177", KEY_KILL_WORD_LEFT },
	{ "\033u", KEY_UPPER },
	{ "\033U", KEY_UPPER },
	{ "\033l", KEY_LOWER },
	{ "\033L", KEY_LOWER },
	{ "\033c", KEY_CAPITAL },
	{ "\033C", KEY_CAPITAL },
	{ "\033n", KEY_NEWER },
	{ "\033N", KEY_NEWER },
	{ "\033p", KEY_OLDER },
	{ "\033P", KEY_OLDER },
	{ "\033[A", KEY_UP },
	{ "\033[B", KEY_DOWN },
	{ "\033[C", KEY_RIGHT },
	{ "\033[D", KEY_LEFT },
	{ "\033[H", KEY_HOME },
	{ "\033[F", KEY_END },
	{ "\033OA", KEY_UP },
	{ "\033OB", KEY_DOWN },
	{ "\033OC", KEY_RIGHT },
	{ "\033OD", KEY_LEFT },
	{ "\033OH", KEY_HOME },
	{ "\033OF", KEY_END },
	{ "\033OM", KEY_ENTER },
	{ "\033[1~", KEY_HOME },
	{ "\033[3~", KEY_DELETE },
	{ "\033[4~", KEY_END },
	{ "\033[7~", KEY_HOME },
	{ "\033[8~", KEY_END },
	{ "\033[1;3C", KEY_WORD_RIGHT },
	{ "\033[1;3D", KEY_WORD_LEFT },
	{ "\033[1;5C", KEY_WORD_RIGHT },
	{ "\033[1;5D", KEY_WORD_LEFT },
	{ "\033[3;5~", KEY_KILL_WORD_RIGHT },
	{ "\033[13;2u", KEY_NEWLINE },
	{ "\033[27;2;13~", KEY_NEWLINE },
	{ "\033Oc", KEY_WORD_RIGHT },
	{ "\033Od", KEY_WORD_LEFT },
};

/* libedit's names for what we can do. */
static const struct {
	const char *name;
	enum key key;
} functions[] = {
	{ "ed-move-to-beg", KEY_HOME },
	{ "ed-prev-char", KEY_LEFT },
	{ "ed-next-char", KEY_RIGHT },
	{ "ed-move-to-end", KEY_END },
	{ "ed-prev-word", KEY_WORD_LEFT },
	{ "em-next-word", KEY_WORD_RIGHT },
	{ "vi-prev-word", KEY_WORD_LEFT },
	{ "vi-next-word", KEY_WORD_RIGHT },
	{ "em-delete-or-list", KEY_END_OF_FILE },
	{ "vi-list-or-eof", KEY_END_OF_FILE },
	{ "em-delete-prev-char", KEY_BACKSPACE },
	{ "ed-delete-prev-char", KEY_BACKSPACE },
	{ "ed-delete-next-char", KEY_DELETE },
	{ "ed-kill-line", KEY_KILL_TO_END },
	{ "em-kill-line", KEY_KILL_LINE },
	{ "vi-kill-line-prev", KEY_KILL_TO_BEGIN },
	{ "ed-delete-prev-word", KEY_KILL_WORD_LEFT },
	{ "em-delete-next-word", KEY_KILL_WORD_RIGHT },
	{ "em-yank", KEY_YANK },
	{ "ed-transpose-chars", KEY_TRANSPOSE },
	{ "em-upper-case", KEY_UPPER },
	{ "em-lower-case", KEY_LOWER },
	{ "em-capitol-case", KEY_CAPITAL },
	{ "ed-newline", KEY_ENTER },
	{ "ed-clear-screen", KEY_REDRAW },
	{ "ed-redisplay", KEY_REDRAW },
	{ "ed-prev-history", KEY_UP },
	{ "ed-next-history", KEY_DOWN },
	{ "ed-prev-line", KEY_UP },
	{ "ed-next-line", KEY_DOWN },
	{ "ed-search-prev-history", KEY_OLDER },
	{ "ed-search-next-history", KEY_NEWER },
	{ "em-inc-search-prev", KEY_SEARCH },
	{ "em-inc-search-next", KEY_SEARCH_NEWER },
	{ "vi-undo", KEY_UNDO },
	{ "vi-histedit", KEY_COMPOSE },
};

static void
look(const void *bytes, size_t n, const void *wanted, size_t wanted_n, enum key key, enum key *found, bool *begins)
{
	if (n > wanted_n || memcmp(bytes, wanted, n) != 0)
		return;
	if (n < wanted_n)
		*begins = true;
	else
		*found = key;
}

enum key
bindings_find(const struct bindings *b, const uint8_t *bytes, size_t n, bool *begins)
{
	enum key key = KEY_UNKNOWN;

	*begins = false;
	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++)
		look(bytes, n, defaults[i].bytes, strlen(defaults[i].bytes), defaults[i].key, &key, begins);
	for (size_t i = 0; i < b->count; i++)
		look(bytes, n, b->own[i].bytes, b->own[i].n, b->own[i].key, &key, begins);
	return key;
}

/* One byte as libedit writes it: ^X, or itself. */
static const char *
read_byte(const char *p, uint8_t *byte)
{
	if (*p == '\\' && p[1] != '\0')
		p++;
	else if (*p == '^' && p[1] != '"' && p[1] != '\0')
		return *byte = p[1] == '?' ? 0x7f : (uint8_t)p[1] & 0x1f, p + 2;
	*byte = (uint8_t)*p;
	return p + 1;
}

/* One key in quotes. What stands behind it; NULL: there is none, or it is too long. */
static const char *
read_key(const char *p, uint8_t bytes[BINDINGS_SEQUENCE], size_t *n)
{
	*n = 0;
	if (*p++ != '"')
		return NULL;
	while (*p && *p != '"' && *n < BINDINGS_SEQUENCE)
		p = read_byte(p, &bytes[(*n)++]);
	return *p == '"' && *n > 0 ? p + 1 : NULL;
}

/* The name of the function behind the arrow; NULL: there is no arrow. */
static const char *
read_function(const char *p)
{
	p += strspn(p, " ");
	return strncmp(p, "->", 2) == 0 ? p + 2 + strspn(p + 2, " ") : NULL;
}

static bool
add(struct bindings *b, const uint8_t *bytes, size_t n, const char *function)
{
	const size_t len = strcspn(function, "\n");
	struct binding new = { .n = n, .key = KEY_UNKNOWN };

	if (b->count == BINDINGS_OWN)
		return false;
	memcpy(new.bytes, bytes, n);
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		if (strlen(functions[i].name) == len && strncmp(function, functions[i].name, len) == 0)
			new.key = functions[i].key;
	b->own[b->count++] = new;
	return true;
}

bool
bindings_take(struct bindings *b, const char *line)
{
	uint8_t bytes[BINDINGS_SEQUENCE];
	size_t n;
	const char *behind = read_key(line, bytes, &n), *function = behind ? read_function(behind) : NULL;

	return function && add(b, bytes, n, function);
}

/* The next line of a listing; NULL: this is the last one. */
static const char *
next_line(const char *line)
{
	const char *end = strchr(line, '\n');

	return end ? end + 1 : NULL;
}

/* A line for keys of one byte: `"^B" -> ed-prev-char`, or `"^B" to "^D" -> ed-insert`. Their function; NULL: it is none. */
static const char *
read_range(const char *line, uint8_t *first, uint8_t *last)
{
	uint8_t bytes[BINDINGS_SEQUENCE];
	size_t n;
	const char *p = read_key(line, bytes, &n);

	if (!p || n != 1)
		return NULL;
	*first = *last = bytes[0];
	if (strncmp(p, " to ", 4) == 0) {
		p = read_key(p + 4, bytes, &n);
		if (!p || n != 1)
			return NULL;
		*last = bytes[0];
	}
	return read_function(p);
}

/* The function of a key of one byte; NULL: the listing does not say. */
static const char *
function_of(const char *list, uint8_t byte)
{
	uint8_t first, last;

	for (const char *line = list; line; line = next_line(line)) {
		const char *function = read_range(line, &first, &last);

		if (function && first <= byte && byte <= last)
			return function;
	}
	return NULL;
}

/* Whether both lines, which end with a line feed or with the text, are the same. */
static bool
same_line(const char *a, const char *b)
{
	const size_t n = strcspn(a, "\n");

	return strcspn(b, "\n") == n && memcmp(a, b, n) == 0;
}

static bool
has_line(const char *list, const char *wanted)
{
	for (const char *line = list; line; line = next_line(line))
		if (same_line(line, wanted))
			return true;
	return false;
}

void
bindings_learn(struct bindings *b, const char *before, const char *after)
{
	uint8_t first, last;

	for (uint8_t byte = 0; byte < 0x80; byte++) {
		const char *was = function_of(before, byte), *is = function_of(after, byte);

		if (is && (!was || !same_line(was, is)))
			(void)add(b, &byte, 1, is);
	}
	for (const char *line = after; line; line = next_line(line))
		if (!read_range(line, &first, &last) && !has_line(before, line))
			(void)bindings_take(b, line);
}
