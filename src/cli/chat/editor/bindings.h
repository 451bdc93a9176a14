/*
 * Which bytes are which key: those of libedit's emacs mode, with ours beside them, and before both what the user bound in
 * ~/.editrc. Pure but for memory.
 */
#ifndef PCHAT_EDITOR_BINDINGS_H
#define PCHAT_EDITOR_BINDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum key {
	KEY_TEXT,     /* text that may stand in a line, valid UTF-8, one character or several typed at once */
	KEY_PASTE,    /* what was pasted, as it came */
	KEY_TOO_LONG, /* a paste of more than MESSAGE_MAX bytes, left out */
	KEY_REFUSED,  /* a character, or a byte, that may not stand in a line; left out */
	KEY_UNKNOWN,  /* a key that means nothing here */
	KEY_REPORT,   /* the terminal's answer to a question */
	KEY_ENTER,
	KEY_NEWLINE, /* a line feed in the text */
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
	KEY_OLDER, /* the latest line that begins with what stands before the cursor */
	KEY_NEWER,
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
	KEY_COMPOSE, /* in $EDITOR */
	KEY_COUNT
};

#define BINDINGS_OWN 128U     /* by the user, at most */
#define BINDINGS_SEQUENCE 16U /* bytes of a key, at most */

struct binding {
	uint8_t bytes[BINDINGS_SEQUENCE];
	size_t n;
	enum key key;
};

struct bindings {
	struct binding own[BINDINGS_OWN];
	size_t count;
};

/* KEY_UNKNOWN: none. `begins`: a longer one begins so. */
enum key bindings_find(const struct bindings *b, const uint8_t *bytes, size_t n, bool *begins);

/*
 * Takes a line of what libedit says of its bindings, as `"^U" -> vi-kill-line-prev`. What we have no function for means
 * nothing from then on. False when it is no such line.
 */
bool bindings_take(struct bindings *b, const char *line);

#endif
