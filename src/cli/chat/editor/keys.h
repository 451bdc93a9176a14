/*
 * What a terminal sends, taken apart into keys: UTF-8, control characters, escape sequences, and bracketed
 * paste (ESC[200~ ... ESC[201~). It takes the bytes as they come, in pieces of any size, and gives out whole keys
 * only, so that nothing behind it ever waits in the middle of a sequence. Knows no terminal, no editor, no clock.
 */
#ifndef PCHAT_CLI_CHAT_EDITOR_KEYS_H
#define PCHAT_CLI_CHAT_EDITOR_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/limits.h"

enum key {
	KEY_TEXT,     /* printable text, valid UTF-8, one character or several typed at once */
	KEY_PASTE,    /* what was pasted, as it came */
	KEY_TOO_LONG, /* a paste of more than MESSAGE_MAX bytes, left out */
	KEY_INVALID,  /* bytes that are not UTF-8, or a character that has no business in a line; left out */
	KEY_UNKNOWN,  /* a key that means nothing here */
	KEY_ENTER,
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
	KEY_SEARCH,
	KEY_BACKSPACE,
	KEY_DELETE,
	KEY_KILL_LINE, /* all of it */
	KEY_KILL_TO_END,
	KEY_KILL_WORD_LEFT,
	KEY_KILL_WORD_RIGHT,
	KEY_YANK,
	KEY_TRANSPOSE,
	KEY_UPPER,
	KEY_LOWER,
	KEY_CAPITAL,
	KEY_COUNT
};

enum keys_state { KEYS_PLAIN, KEYS_CHARACTER, KEYS_ESCAPE, KEYS_PASTE };

struct keys {
	enum keys_state state;
	size_t n;         /* bytes held in `held` */
	uint8_t held[16]; /* an incomplete character, escape sequence, or end of paste */
	bool overlong;    /* the sequence does not fit, and is passed over */
	bool paste_overlong;
	size_t paste_len;
	char paste[MESSAGE_MAX];
};

/* text and len: of KEY_TEXT and KEY_PASTE. */
typedef void key_fn(void *context, enum key key, const char *text, size_t len);

void keys_init(struct keys *k);

/* Takes all n bytes; fn is called for each key that is complete. */
void keys_feed(struct keys *k, const uint8_t *in, size_t n, key_fn *fn, void *context);

/* Whether a character or an escape sequence is incomplete: after KEYS_WAIT_MS without a byte, keys_expire(). */
#define KEYS_WAIT_MS 500
static inline bool
keys_incomplete(const struct keys *k)
{
	return k->state == KEYS_CHARACTER || k->state == KEYS_ESCAPE;
}

/* Whether all of it may stand in a line: printable text, line feeds, tabs. */
bool keys_is_text(const char *text, size_t len);

/* The rest will not come: what is held is no key. */
void keys_expire(struct keys *k, key_fn *fn, void *context);

#endif
