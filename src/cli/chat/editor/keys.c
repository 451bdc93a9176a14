#include "cli/chat/editor/keys.h"

#include <stdio.h>
#include <string.h>

#include "core/unicode/unicode.h"

#define PASTE_BEGIN "\033[200~"
#define PASTE_END "\033[201~"
#define PASTE_END_LEN (sizeof(PASTE_END) - 1)
#define ESC 0x1b
#define CTRL_C 0x03
#define IMAGE 0x10EEEE /* kitty draws images by it */

/* Whether the held bytes are a whole sequence: ESC x, ESC O x, or ESC [ parameters final. */
static bool
sequence_complete(const struct keys *k, uint8_t last)
{
	if (k->n < 2)
		return false;
	if (k->held[1] == '[')
		return (k->n > 2 || k->overlong) && last >= 0x40 && last <= 0x7e;
	return k->held[1] != 'O' || k->n > 2;
}

/* Bytes of the character that begins with `lead`; 0 when none does. */
static size_t
utf8_length(uint8_t lead)
{
	if (lead < 0x80)
		return 1;
	if (lead < 0xc2 || lead > 0xf4)
		return 0;
	return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

bool
keys_takes(uint32_t cp)
{
	const struct unicode *u = unicode_get(cp);

	switch (u->category) {
	case GC_CC:
	case GC_ZL:
	case GC_ZP:
	case GC_CS:
		return false;
	case GC_CN:
		return (u->flags & UNICODE_PICTOGRAPH) && !(u->flags & UNICODE_NONCHARACTER);
	case GC_CF:
		return !(cp >= 0x202A && cp <= 0x202E) && !(cp >= 0x2060 && cp <= 0x206F) && cp != 0xFEFF &&
		    !(cp >= 0xFFF9 && cp <= 0xFFFB);
	default:
		return cp != IMAGE;
	}
}

static bool
is_printable(const uint8_t *bytes, size_t n)
{
	uint32_t cp;

	return unicode_decode((const char *)bytes, n, &cp) == n && keys_takes(cp);
}

/* How many bytes from `in` on are whole characters that may stand in a line; more than one are given out together. */
static size_t
text_run(const uint8_t *in, size_t n)
{
	size_t at = 0;

	while (at < n) {
		size_t len = utf8_length(in[at]);

		if (len == 0 || len > n - at || !is_printable(in + at, len))
			break;
		at += len;
	}
	return at;
}

void
keys_init(struct keys *k, const struct bindings *bindings)
{
	memset(k, 0, sizeof(*k));
	k->bindings = bindings;
}

static void
hold(struct keys *k, uint8_t byte)
{
	if (k->n < sizeof(k->held))
		k->held[k->n++] = byte;
	else
		k->overlong = true;
}

static void
let_go(struct keys *k, enum keys_state next)
{
	k->state = next;
	k->n = 0;
	k->overlong = false;
}

static void plain_byte(struct keys *k, uint8_t byte, key_fn *fn, void *context);

/* The place of the cursor (ESC [ row ; column R), or the size (ESC [ 8 ; rows ; columns t). */
static bool
is_report(const struct keys *k)
{
	return k->n > 4 && k->held[1] == '[' && (k->held[k->n - 1] == 'R' || k->held[k->n - 1] == 't') &&
	    memchr(k->held, ';', k->n);
}

/* What is held is a whole key. */
static void
give(struct keys *k, enum key key, key_fn *fn, void *context)
{
	uint8_t held[sizeof(k->held)];
	const size_t n = k->n;

	memcpy(held, k->held, n);
	let_go(k, KEYS_PLAIN);
	fn(context, key, (const char *)held, n);
}

static void
escape_byte(struct keys *k, uint8_t byte, key_fn *fn, void *context)
{
	bool begins;
	enum key key;

	if (byte == ESC) { /* a new sequence; what was held was none */
		let_go(k, KEYS_ESCAPE);
		hold(k, byte);
		return;
	}
	if (byte >= 0x80) { /* Alt and a character that is not ASCII */
		give(k, KEY_UNKNOWN, fn, context);
		plain_byte(k, byte, fn, context);
		return;
	}
	hold(k, byte);
	if (!sequence_complete(k, byte))
		return;
	if (!k->overlong && k->n == sizeof(PASTE_BEGIN) - 1 && memcmp(k->held, PASTE_BEGIN, k->n) == 0) {
		let_go(k, KEYS_PASTE);
		k->paste_len = 0;
		k->paste_overlong = false;
		return;
	}
	key = k->overlong ? KEY_UNKNOWN : bindings_find(k->bindings, k->held, k->n, &begins);
	give(k, key == KEY_UNKNOWN && !k->overlong && is_report(k) ? KEY_REPORT : key, fn, context);
}

static void
prefix_byte(struct keys *k, uint8_t byte, key_fn *fn, void *context)
{
	bool begins;
	enum key key;

	hold(k, byte);
	key = bindings_find(k->bindings, k->held, k->n, &begins);
	if (key == KEY_UNKNOWN && begins)
		return;
	give(k, key, fn, context);
}

static void
paste_keep(struct keys *k, const uint8_t *bytes, size_t n)
{
	if (n > sizeof(k->paste) - k->paste_len) {
		k->paste_overlong = true;
		return;
	}
	memcpy(k->paste + k->paste_len, bytes, n);
	k->paste_len += n;
}

static void
paste_byte(struct keys *k, uint8_t byte, key_fn *fn, void *context)
{
	if (byte == CTRL_C) { /* the way out when a terminal never ends its paste */
		let_go(k, KEYS_PLAIN);
		fn(context, KEY_INTERRUPT, NULL, 0);
		return;
	}
	if (byte != (uint8_t)PASTE_END[k->n]) { /* only its first byte is ESC, so a mismatch can only begin anew */
		paste_keep(k, k->held, k->n);
		k->n = 0;
	}
	if (byte != (uint8_t)PASTE_END[k->n]) {
		paste_keep(k, &byte, 1);
		return;
	}
	hold(k, byte);
	if (k->n < PASTE_END_LEN)
		return;
	let_go(k, KEYS_PLAIN);
	if (k->paste_overlong)
		fn(context, KEY_TOO_LONG, NULL, 0);
	else if (k->paste_len > 0)
		fn(context, KEY_PASTE, k->paste, k->paste_len);
}

static void
character_byte(struct keys *k, uint8_t byte, key_fn *fn, void *context)
{
	hold(k, byte);
	if (k->n < utf8_length(k->held[0]))
		return;

	give(k, is_printable(k->held, k->n) ? KEY_TEXT : KEY_REFUSED, fn, context);
}

static void
plain_byte(struct keys *k, uint8_t byte, key_fn *fn, void *context)
{
	bool begins = false;
	const enum key key = byte < 0x80 ? bindings_find(k->bindings, &byte, 1, &begins) : KEY_REFUSED;

	k->n = 0;
	hold(k, byte);
	if (byte == ESC)
		k->state = KEYS_ESCAPE;
	else if (byte >= 0x80 && utf8_length(byte) > 0)
		k->state = KEYS_CHARACTER;
	else if (key == KEY_UNKNOWN && begins)
		k->state = KEYS_PREFIX;
	else
		give(k, key, fn, context);
}

static void
feed_byte(struct keys *k, uint8_t byte, key_fn *fn, void *context)
{
	switch (k->state) {
	case KEYS_PLAIN:
		plain_byte(k, byte, fn, context);
		break;
	case KEYS_CHARACTER:
		character_byte(k, byte, fn, context);
		break;
	case KEYS_PREFIX:
		prefix_byte(k, byte, fn, context);
		break;
	case KEYS_ESCAPE:
		escape_byte(k, byte, fn, context);
		break;
	case KEYS_PASTE:
		paste_byte(k, byte, fn, context);
		break;
	}
}

void
keys_feed(struct keys *k, const uint8_t *in, size_t n, key_fn *fn, void *context)
{
	for (size_t at = 0, run; at<n; at += run> 0 ? run : 1) {
		if (k->state == KEYS_CHARACTER && (in[at] & 0xc0) != 0x80)
			keys_expire(k, fn, context);
		run = k->state == KEYS_PLAIN ? text_run(in + at, n - at) : 0;
		if (run > 0)
			fn(context, KEY_TEXT, (const char *)in + at, run);
		else
			feed_byte(k, in[at], fn, context);
	}
}

void
keys_expire(struct keys *k, key_fn *fn, void *context)
{
	if (keys_incomplete(k))
		give(k, k->state == KEYS_CHARACTER ? KEY_REFUSED : KEY_UNKNOWN, fn, context);
}

size_t
keys_fault(const char *text, size_t len, size_t *n)
{
	const uint8_t *p = (const uint8_t *)text;
	uint32_t cp;

	for (size_t at = 0; at < len;) {
		const size_t run = text_run(p + at, len - at);

		if (run == 0 && p[at] != '\n' && p[at] != '\t') {
			*n = unicode_decode(text + at, len - at, &cp);
			*n = *n > 0 ? *n : 1;
			return at;
		}
		at += run > 0 ? run : 1;
	}
	*n = 0;
	return len;
}

const char *
keys_name(const char *text, size_t len, char out[KEYS_NAME])
{
	uint32_t cp;

	if (unicode_decode(text, len, &cp) > 0)
		(void)snprintf(out, KEYS_NAME, "U+%04X", (unsigned)cp);
	else
		(void)snprintf(out, KEYS_NAME, "\\x%02X", (unsigned char)*text);
	return out;
}
