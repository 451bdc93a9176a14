#include "cli/chat/editor/keys.h"

#include <string.h>
#include <utf8proc.h>

#include "base/macros.h"

#define PASTE_BEGIN "\033[200~"
#define PASTE_END "\033[201~"
#define PASTE_END_LEN (sizeof(PASTE_END) - 1)
#define ESC 0x1b
#define CTRL_C 0x03

static const struct {
	const char *bytes;
	enum key key;
} sequences[] = {
	{ "\001", KEY_HOME },
	{ "\002", KEY_LEFT },
	{ "\003", KEY_INTERRUPT },
	{ "\004", KEY_END_OF_FILE },
	{ "\005", KEY_END },
	{ "\006", KEY_RIGHT },
	{ "\010", KEY_BACKSPACE },
	{ "\t", KEY_TAB },
	{ "\n", KEY_ENTER },
	{ "\013", KEY_KILL_TO_END },
	{ "\014", KEY_REDRAW },
	{ "\r", KEY_ENTER },
	{ "\016", KEY_DOWN },
	{ "\020", KEY_UP },
	{ "\022", KEY_SEARCH },
	{ "\024", KEY_TRANSPOSE },
	{ "\025", KEY_KILL_LINE },
	{ "\027", KEY_KILL_WORD_LEFT },
	{ "\031", KEY_YANK },
	{ "\032", KEY_SUSPEND },
	{ "\177", KEY_BACKSPACE },
	{ "\033b", KEY_WORD_LEFT },
	{ "\033f", KEY_WORD_RIGHT },
	{ "\033d", KEY_KILL_WORD_RIGHT },
	{ "\033\010", KEY_KILL_WORD_LEFT },
	{ "\033\177", KEY_KILL_WORD_LEFT },
	{ "\033u", KEY_UPPER },
	{ "\033l", KEY_LOWER },
	{ "\033c", KEY_CAPITAL },
	{ "\033p", KEY_SEARCH },
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
	{ "\033Oc", KEY_WORD_RIGHT },
	{ "\033Od", KEY_WORD_LEFT },
};

static enum key
sequence_find(const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(sequences); i++)
		if (strlen(sequences[i].bytes) == n && memcmp(sequences[i].bytes, bytes, n) == 0)
			return sequences[i].key;
	return KEY_UNKNOWN;
}

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

/* Whether a character may stand in a line: what would be shown as an escape may not, but ZWJ joins emoji. */
static bool
is_printable(const uint8_t *bytes, size_t n)
{
	utf8proc_int32_t c;

	if (utf8proc_iterate(bytes, (utf8proc_ssize_t)n, &c) != (utf8proc_ssize_t)n)
		return false;
	switch (utf8proc_category(c)) {
	case UTF8PROC_CATEGORY_CC:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
	case UTF8PROC_CATEGORY_CS:
	case UTF8PROC_CATEGORY_CO:
	case UTF8PROC_CATEGORY_CN:
		return false;
	case UTF8PROC_CATEGORY_CF:
		return c == 0x200d;
	default:
		return true;
	}
}

/* How many bytes from `in` on are whole printable characters; more than one are given out together. */
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
keys_init(struct keys *k)
{
	memset(k, 0, sizeof(*k));
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

static void
escape_byte(struct keys *k, uint8_t byte, key_fn *fn, void *context)
{
	if (byte == ESC) { /* a new sequence; what was held was none */
		let_go(k, KEYS_ESCAPE);
		hold(k, byte);
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

	enum key key = k->overlong ? KEY_UNKNOWN : sequence_find(k->held, k->n);

	let_go(k, KEYS_PLAIN);
	fn(context, key, NULL, 0);
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

	enum key key = is_printable(k->held, k->n) ? KEY_TEXT : KEY_INVALID;

	k->state = KEYS_PLAIN;
	fn(context, key, (const char *)k->held, k->n);
	k->n = 0;
}

static void
plain_byte(struct keys *k, uint8_t byte, key_fn *fn, void *context)
{
	if (byte == ESC) {
		let_go(k, KEYS_ESCAPE);
		hold(k, byte);
	} else if (byte < 0x80) {
		fn(context, sequence_find(&byte, 1), NULL, 0);
	} else if (utf8_length(byte) == 0) {
		fn(context, KEY_INVALID, NULL, 0);
	} else {
		let_go(k, KEYS_CHARACTER);
		hold(k, byte);
	}
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
	enum key key = k->state == KEYS_CHARACTER ? KEY_INVALID : KEY_UNKNOWN;

	if (!keys_incomplete(k))
		return;
	let_go(k, KEYS_PLAIN);
	fn(context, key, NULL, 0);
}

bool
keys_is_text(const char *text, size_t len)
{
	const uint8_t *p = (const uint8_t *)text;

	for (size_t at = 0; at < len;) {
		size_t run = text_run(p + at, len - at);

		if (run == 0 && p[at] != '\n' && p[at] != '\t')
			return false;
		at += run > 0 ? run : 1;
	}
	return true;
}
