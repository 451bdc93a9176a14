#include "proto/safe.h"

#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <utf8proc.h>

#define TAB 8U
#define ESCAPE_MAX 8U /* \u{001B}: what one byte may become; a longer code point has more bytes to pay for it */
#define ZWJ 0x200D
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

static bool
is_pictographic(utf8proc_int32_t cp)
{
	return utf8proc_get_property(cp)->boundclass == UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC;
}

/* Whether what is shown after the code point may still be joined by a ZWJ: an emoji and its modifiers. */
static bool
is_joinable(utf8proc_int32_t cp, bool before)
{
	return is_pictographic(cp) ||
	    (before && cp != ZWJ && utf8proc_get_property(cp)->boundclass == UTF8PROC_BOUNDCLASS_EXTEND);
}

static bool
begins_emoji(const char *text, size_t len)
{
	utf8proc_int32_t cp;

	return utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)len, &cp) > 0 && is_pictographic(cp);
}

static bool
is_harmless(utf8proc_int32_t cp)
{
	switch (utf8proc_category(cp)) {
	case UTF8PROC_CATEGORY_CC:
	case UTF8PROC_CATEGORY_CF:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
	case UTF8PROC_CATEGORY_CS:
	case UTF8PROC_CATEGORY_CO:
	case UTF8PROC_CATEGORY_CN:
		return false;
	default:
		return true;
	}
}

/* One code point that is no tab and no line feed, or one byte that is none. Returns the bytes it took. */
static size_t
put_code_point(struct output *o, const char *text, size_t len, bool *joinable)
{
	const bool joins = *joinable;
	utf8proc_int32_t cp;
	const utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)len, &cp);

	*joinable = false;
	if (n <= 0) {
		put_hex(o, "\\x", (uint8_t)*text, 2, "");
		return 1;
	}
	if (is_harmless(cp)) {
		put(o, text, (size_t)n, (size_t)utf8proc_charwidth(cp));
		*joinable = is_joinable(cp, joins);
	} else if (cp == ZWJ && joins && begins_emoji(text + n, len - (size_t)n)) {
		put(o, text, (size_t)n, 0);
	} else {
		put_hex(o, "\\u{", (uint32_t)cp, 4, "}");
	}
	return (size_t)n;
}

static void
put_line_feed(struct output *o, unsigned indent)
{
	*o->p++ = '\n';
	put_spaces(o, indent);
	o->column = 0; /* tabs count from where the text begins */
}

static size_t
render(const char *text, size_t len, bool lines, unsigned indent, char *out)
{
	struct output o = { .start = out, .p = out };
	bool joinable = false;

	for (size_t at = 0; at < len;) {
		const size_t plain = plain_run(text + at, len - at);

		put(&o, text + at, plain, plain);
		at += plain;
		joinable = joinable && plain == 0;
		if (at == len)
			break;
		if (text[at] == '\t')
			put_spaces(&o, TAB - o.column % TAB);
		else if (text[at] == '\n' && lines)
			put_line_feed(&o, indent);
		else {
			at += put_code_point(&o, text + at, len - at, &joinable);
			continue;
		}
		joinable = false;
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
	return render(text, fitting(len, indent, cap), true, indent, out);
}

size_t
safe_line(const char *text, size_t len, char *out, size_t cap)
{
	return render(text, fitting(len, 0, cap), false, 0, out);
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

size_t
safe_json(const char *json, size_t len, char *out, size_t cap)
{
	struct output o = { .start = out, .p = out };

	if (safe_json_bound(len) > cap)
		len = cap / JSON_ESCAPE;
	for (size_t at = 0; at < len;) {
		const size_t plain = plain_run(json + at, len - at);
		utf8proc_int32_t cp;
		utf8proc_ssize_t n;

		put(&o, json + at, plain, plain);
		at += plain;
		if (at == len)
			break;
		n = utf8proc_iterate((const utf8proc_uint8_t *)json + at, (utf8proc_ssize_t)(len - at), &cp);
		if (n > 0 && is_harmless(cp))
			put(&o, json + at, (size_t)n, 0);
		else
			put_json_escape(&o, n > 0 ? (uint32_t)cp : 0xFFFD);
		at += n > 0 ? (size_t)n : 1;
	}
	return (size_t)(o.p - o.start);
}

size_t
safe_width(const char *text, size_t len)
{
	size_t width = 0;

	for (size_t at = 0; at < len;) {
		const size_t plain = plain_run(text + at, len - at);
		utf8proc_int32_t cp;
		utf8proc_ssize_t n;

		width += plain;
		at += plain;
		if (at == len)
			break;
		n = utf8proc_iterate((const utf8proc_uint8_t *)text + at, (utf8proc_ssize_t)(len - at), &cp);
		width += n > 0 ? (size_t)utf8proc_charwidth(cp) : 1;
		at += n > 0 ? (size_t)n : 1;
	}
	return width;
}

bool
safe_is_text(const char *text, size_t len)
{
	for (size_t at = 0; at < len;) {
		utf8proc_int32_t cp;
		utf8proc_ssize_t n;

		at += plain_run(text + at, len - at);
		if (at == len)
			break;
		n = utf8proc_iterate((const utf8proc_uint8_t *)text + at, (utf8proc_ssize_t)(len - at), &cp);
		if (n <= 0 || cp == 0)
			return false;
		at += (size_t)n;
	}
	return true;
}
