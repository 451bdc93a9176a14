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

bool
bindings_take(struct bindings *b, const char *line)
{
	const char *p = line, *arrow = strstr(line, "->");
	struct binding new = { .key = KEY_UNKNOWN };

	if (*p++ != '"' || !arrow || b->count == BINDINGS_OWN)
		return false;
	while (*p && *p != '"' && new.n < sizeof(new.bytes))
		p = read_byte(p, &new.bytes[new.n++]);
	if (*p != '"' || new.n == 0 || p > arrow || strspn(p + 1, " ") != (size_t)(arrow - p - 1))
		return false;
	arrow += 2;
	arrow += strspn(arrow, " ");
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		if (strncmp(arrow, functions[i].name, strlen(functions[i].name)) == 0 &&
		    arrow[strlen(functions[i].name)] == '\0')
			new.key = functions[i].key;
	b->own[b->count++] = new;
	return true;
}
