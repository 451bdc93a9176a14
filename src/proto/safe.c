#include "proto/safe.h"

#include <stdint.h>
#include <string.h>

#include "proto/safe_rules.h"

#define TAB 8U
#define ESCAPE_MAX 8U  /* \u{001B}: what one byte may become; a longer code point has more bytes to pay for it */
#define JSON_ESCAPE 6U /* \u001B */

#define EACH_BYTE(b) (UINT64_MAX / 255 * (b))

struct output {
	char *start, *p;
	size_t column;
};

/* How many bytes from the start are printable ASCII: nearly all of what people write. */
static size_t
plain_run(const char *text, size_t len)
{
	size_t n = 0;

	for (uint64_t word; len - n >= sizeof(word); n += sizeof(word)) {
		memcpy(&word, text + n, sizeof(word));
		/* some byte below 0x20; some byte above 0x7e */
		if ((((word - EACH_BYTE(0x20)) & ~word) | (word + EACH_BYTE(0x01)) | word) & EACH_BYTE(0x80))
			break;
	}
	while (n < len && text[n] >= 0x20 && text[n] < 0x7f)
		n++;
	return n;
}

static void
put(struct output *o, const char *text, size_t n, size_t width)
{
	memcpy(o->p, text, n);
	o->p += n;
	o->column += width;
}

static void
put_spaces(struct output *o, size_t n)
{
	memset(o->p, ' ', n);
	o->p += n;
	o->column += n;
}

static void
put_hex(struct output *o, const char *before, uint32_t value, unsigned least, const char *after)
{
	static const char digit[] = "0123456789ABCDEF";
	unsigned digits = least;

	while (value >> (4 * digits))
		digits++;
	put(o, before, strlen(before), strlen(before));
	for (unsigned i = digits; i-- > 0;)
		put(o, &digit[value >> (4 * i) & 15], 1, 1);
	put(o, after, strlen(after), strlen(after));
}

/* Columns, as tmux(1) counts them. */
static size_t
columns(uint32_t cp)
{
	const struct unicode *u = unicode_get(cp);

	if (u->flags & UNICODE_IGNORABLE || u->category == GC_MN || u->category == GC_ME)
		return 0;
	if (u->cluster == GCB_V || u->cluster == GCB_T)
		return 0; /* drawn into the syllable that it ends */
	return u->east == EA_W || u->east == EA_F || (u->category == GC_CN && u->flags & UNICODE_PICTOGRAPH) ? 2 : 1;
}

/* One code point that is no tab and no line feed, or one byte that is none. Returns the bytes it took. */
static size_t
put_code_point(struct output *o, const char *text, size_t len, struct safe_rules *rules)
{
	uint32_t cp;
	const size_t n = unicode_decode(text, len, &cp);

	if (n == 0) {
		put_hex(o, "\\x", (uint8_t)*text, 2, "");
		safe_rules_escaped(rules);
		return 1;
	}
	switch (safe_rules_next(rules, cp, text, n, len)) {
	case SAFE_SHOW:
		put(o, text, n, columns(cp));
		break;
	case SAFE_ESCAPE:
		put_hex(o, "\\u{", cp, 4, "}");
		break;
	case SAFE_DROP:
		break;
	}
	return n;
}

static void
put_line_feed(struct output *o, unsigned indent)
{
	*o->p++ = '\n';
	put_spaces(o, indent);
	o->column = 0; /* tabs count from where the text begins */
}

/* Of a text of `len` bytes those from `at` to `end`. */
static size_t
render(const char *text, size_t len, size_t at, size_t end, bool lines, unsigned indent, char *out)
{
	struct output o = { .start = out, .p = out };
	struct safe_rules rules = safe_rules_before(text, len, at);

	while (at < end) {
		const size_t plain = plain_run(text + at, end - at);

		if (plain > 0) {
			put(&o, text + at, plain, plain);
			at += plain;
			safe_rules_plain(&rules, text[at - 1]);
			continue;
		}
		if (text[at] == '\t')
			put_spaces(&o, TAB - o.column % TAB);
		else if (text[at] == '\n' && lines)
			put_line_feed(&o, indent);
		else {
			at += put_code_point(&o, text + at, len - at, &rules);
			continue;
		}
		rules = (struct safe_rules){ 0 };
		at++;
	}
	return (size_t)(o.p - o.start);
}

static size_t
growth(unsigned indent)
{
	return indent + 1 > ESCAPE_MAX ? indent + 1 : ESCAPE_MAX;
}

size_t
safe_bound(size_t len, unsigned indent)
{
	return len * growth(indent);
}

/* What is sure to fit: all, unless the caller broke the contract. */
static size_t
fitting(size_t len, unsigned indent, size_t cap)
{
	return safe_bound(len, indent) <= cap ? len : cap / growth(indent);
}

size_t
safe_text(const char *text, size_t len, unsigned indent, char *out, size_t cap)
{
	len = fitting(len, indent, cap);
	return render(text, len, 0, len, true, indent, out);
}

size_t
safe_line(const char *text, size_t len, char *out, size_t cap)
{
	len = fitting(len, 0, cap);
	return render(text, len, 0, len, false, 0, out);
}

size_t
safe_within(const char *text, size_t len, size_t at, size_t n, char *out, size_t cap)
{
	return render(text, len, at, at + fitting(n, 0, cap), false, 0, out);
}

static void
put_json_escape(struct output *o, uint32_t cp)
{
	if (cp > 0xFFFF) {
		put_hex(o, "\\u", 0xD800 + ((cp - 0x10000) >> 10), 4, "");
		cp = 0xDC00 + (cp & 0x3FF);
	}
	put_hex(o, "\\u", cp, 4, "");
}

size_t
safe_json_bound(size_t len)
{
	return len * JSON_ESCAPE;
}

/* One code point, or one byte that is none. What is dropped elsewhere is kept here. Returns the bytes it took. */
static size_t
put_json(struct output *o, const char *json, size_t len, struct safe_rules *rules)
{
	uint32_t cp;
	const size_t n = unicode_decode(json, len, &cp);

	if (n == 0) {
		put_json_escape(o, 0xFFFD);
		safe_rules_escaped(rules);
		return 1;
	}
	if (safe_rules_next(rules, cp, json, n, len) == SAFE_SHOW)
		put(o, json, n, 0);
	else
		put_json_escape(o, cp);
	return n;
}

size_t
safe_json(const char *json, size_t len, char *out, size_t cap)
{
	struct output o = { .start = out, .p = out };
	struct safe_rules rules = { 0 };

	if (safe_json_bound(len) > cap)
		len = cap / JSON_ESCAPE;
	for (size_t at = 0; at < len;) {
		const size_t plain = plain_run(json + at, len - at);

		if (plain > 0) {
			put(&o, json + at, plain, plain);
			at += plain;
			safe_rules_plain(&rules, json[at - 1]);
		} else {
			at += put_json(&o, json + at, len - at, &rules);
		}
	}
	return (size_t)(o.p - o.start);
}

size_t
safe_width(const char *text, size_t len)
{
	size_t width = 0;

	for (size_t at = 0; at < len;) {
		const size_t plain = plain_run(text + at, len - at);
		uint32_t cp;
		size_t n;

		width += plain;
		at += plain;
		if (at == len)
			break;
		n = unicode_decode(text + at, len - at, &cp);
		width += n > 0 ? columns(cp) : 1;
		at += n > 0 ? n : 1;
	}
	return width;
}

bool
safe_is_plain(const char *text, size_t len)
{
	return plain_run(text, len) == len;
}

bool
safe_is_text(const char *text, size_t len)
{
	for (size_t at = 0; at < len;) {
		uint32_t cp;
		size_t n;

		at += plain_run(text + at, len - at);
		if (at == len)
			break;
		n = unicode_decode(text + at, len - at, &cp);
		if (n == 0 || cp == 0)
			return false;
		at += n;
	}
	return true;
}

bool
safe_shows_nothing(uint32_t cp)
{
	return unicode_get(cp)->flags & UNICODE_IGNORABLE;
}
