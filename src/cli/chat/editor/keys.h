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

#include "cli/chat/editor/bindings.h"
#include "core/limits.h"

enum keys_state {
	KEYS_PLAIN,
	KEYS_CHARACTER,
	KEYS_PREFIX, /* ^X, or what else the bindings begin with */
	KEYS_ESCAPE,
	KEYS_PASTE,
};

struct keys {
	const struct bindings *bindings;
	enum keys_state state;
	size_t n;         /* bytes held in `held` */
	uint8_t held[32]; /* an incomplete character, escape sequence, or end of paste */
	bool overlong;    /* the sequence does not fit, and is passed over */
	bool paste_overlong;
	size_t paste_len;
	char paste[MESSAGE_MAX];
};

/* text and len: of KEY_TEXT, KEY_PASTE, KEY_REFUSED (its bytes) and KEY_REPORT (the sequence). */
typedef void key_fn(void *context, enum key key, const char *text, size_t len);

void keys_init(struct keys *k, const struct bindings *bindings);

/* Takes all n bytes; fn is called for each key that is complete. */
void keys_feed(struct keys *k, const uint8_t *in, size_t n, key_fn *fn, void *context);

/*
 * Whether a character or an escape sequence is incomplete: after KEYS_WAIT_MS without a byte, keys_expire(). The second
 * key of two, as of ^X^E, is waited for without limit.
 */
#define KEYS_WAIT_MS 500
static inline bool
keys_incomplete(const struct keys *k)
{
	return k->state == KEYS_CHARACTER || k->state == KEYS_ESCAPE;
}

/*
 * Whether a code point may stand in a line. Those that no message shows as what they are may not: controls,
 * what turns the direction around, what is no character, and U+10EEEE (images).
 */
bool keys_takes(uint32_t cp);

/* Where the first thing is that may not stand in a text of several lines: `len` when all may; else its bytes in *n. */
size_t keys_fault(const char *text, size_t len, size_t *n);

/* What cannot be taken, as people are told of it: "U+FDD0", or "\xFF" for a byte that belongs to no character. Returns out. */
#define KEYS_NAME 16U
const char *keys_name(const char *text, size_t len, char out[KEYS_NAME]);

/* The rest will not come: what is held is no key. */
void keys_expire(struct keys *k, key_fn *fn, void *context);

#endif
