/*
 * Which bytes are which key: first what the user has bound in ~/.editrc, then the keys of libedit's emacs mode and some
 * of ours. Makes no system call and allocates nothing.
 */
#ifndef PCHAT_EDITOR_BINDINGS_H
#define PCHAT_EDITOR_BINDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What was typed. The names are those of what the editor does for it. */
enum key {
	KEY_TEXT,     /* valid UTF-8 that may stand in a line: one character, or several that were typed at once */
	KEY_PASTE,    /* what was pasted, as it came */
	KEY_TOO_LONG, /* a paste of more than MESSAGE_MAX bytes, which is left out */
	KEY_REFUSED,  /* a character or a byte that may not stand in a line, which is left out */
	KEY_UNKNOWN,  /* a key that means nothing here */
	KEY_REPORT,   /* the terminal's answer to a question */
	KEY_ENTER,
	KEY_NEWLINE, /* puts a line feed into the text */
	KEY_TAB,
	KEY_INTERRUPT,
	KEY_END_OF_FILE,
	KEY_SUSPEND,
	KEY_REDRAW,
	KEY_LEFT,
	KEY_RIGHT,
	KEY_WORD_LEFT,
	KEY_WORD_RIGHT,
	KEY_HOME,
	KEY_END,
	KEY_UP,
	KEY_DOWN,
	KEY_OLDER, /* the next older line that begins with what stands before the cursor */
	KEY_NEWER, /* the next newer one */
	KEY_SEARCH,
	KEY_SEARCH_NEWER,
	KEY_ABORT,
	KEY_BACKSPACE,
	KEY_DELETE,
	KEY_KILL_LINE, /* all of it */
	KEY_KILL_TO_BEGIN,
	KEY_KILL_TO_END,
	KEY_KILL_WORD_LEFT,
	KEY_KILL_WORD_RIGHT,
	KEY_YANK,
	KEY_TRANSPOSE,
	KEY_UPPER,
	KEY_LOWER,
	KEY_CAPITAL,
	KEY_UNDO,
	KEY_COMPOSE, /* edits the text in $EDITOR */
	KEY_COUNT
};

#define BINDINGS_OWN 128U     /* most bindings of the user's */
#define BINDINGS_SEQUENCE 16U /* most bytes of one key */

struct binding {
	uint8_t bytes[BINDINGS_SEQUENCE];
	size_t n; /* bytes */
	enum key key;
};

/* The user's bindings; all zero: none. */
struct bindings {
	struct binding own[BINDINGS_OWN];
	size_t count;
};

/* The key that sends these n bytes; KEY_UNKNOWN: none does. *begins: the bytes of some longer key begin with these. */
enum key bindings_find(const struct bindings *b, const uint8_t *bytes, size_t n, bool *begins);

/*
 * Adds a binding as libedit prints it: `"^U" -> vi-kill-line-prev`. A key whose function we do not have means nothing
 * from then on. A binding that was added later wins. False: it is no such line, or there are BINDINGS_OWN already.
 */
bool bindings_take(struct bindings *b, const char *line);

/*
 * Adds what is bound otherwise `after` than `before`, which are all bindings as libedit lists them: a line for each, or for
 * several keys of one byte that have the same function: `"^B" to "^D" -> ed-insert`.
 */
void bindings_learn(struct bindings *b, const char *before, const char *after);

#endif
