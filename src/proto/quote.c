#include "proto/quote.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/macros.h"

static const char ELLIPSIS[] = "...";

/* Bytes at the beginning that stay as they are; 0: the first one is escaped. */
typedef size_t plain_fn(const char *text, size_t len);

static size_t
plain_ascii(const char *text, size_t len)
{
	return len > 0 && *text >= 0x20 && *text < 0x7f;
}

static bool
is_letter(uint32_t cp)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0xa1, 0xac },     /* of Latin: without the no-break space and the soft hyphen */
		{ 0xae, 0x24f },    /* letters of Latin */
		{ 0x388, 0x38a },   /* of Greek */
		{ 0x38e, 0x3a1 },   /* */
		{ 0x3a3, 0x3ff },   /* */
		{ 0x400, 0x482 },   /* of Cyrillic, without its marks */
		{ 0x48a, 0x52f },   /* */
		{ 0x2010, 0x2027 }, /* dashes, quotation marks, the ellipsis */
		{ 0x3001, 0x3029 }, /* punctuation of East Asia */
		{ 0x3041, 0x3096 }, /* Kana */
		{ 0x30a1, 0x30ff }, /* */
		{ 0x4e00, 0x9fff }, /* Han */
		{ 0xac00, 0xd7a3 }, /* Hangul */
		{ 0xff01, 0xff60 }, /* full-width forms */
	};

	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
		if (cp >= ranges[i].first && cp <= ranges[i].last)
			return true;
	return false;
}

static size_t
plain_letter(const char *text, size_t len)
{
	const unsigned char *b = (const unsigned char *)text;
	uint32_t cp;

	if (len >= 2 && b[0] >= 0xc2 && b[0] < 0xe0 && b[1] >> 6 == 2) {
		cp = (b[0] & 0x1fU) << 6 | (b[1] & 0x3fU);
		return is_letter(cp) ? 2 : 0;
	}
	if (len >= 3 && b[0] >> 4 == 0xe && b[1] >> 6 == 2 && b[2] >> 6 == 2) {
		cp = (b[0] & 0xfU) << 12 | (b[1] & 0x3fU) << 6 | (b[2] & 0x3fU);
		return cp >= 0x800 && is_letter(cp) ? 3 : 0;
	}
	return plain_ascii(text, len);
}

static char *
quote_but(plain_fn *plain_bytes, const char *text, size_t len, char *out, size_t size)
{
	static const char digit[] = "0123456789ABCDEF";
	size_t at = 0, cut = 0; /* cut: the latest place where the ellipsis fits */

	for (size_t i = 0, taken; i < len; i += taken) {
		const unsigned char byte = (unsigned char)text[i];
		const char escape[] = { '\\', 'x', digit[byte >> 4], digit[byte & 15] };
		const size_t plain = plain_bytes(text + i, len - i);
		const size_t n = plain > 0 ? plain : sizeof(escape);

		if (at + n >= size) {
			memcpy(out + cut, ELLIPSIS, sizeof(ELLIPSIS));
			return out;
		}
		memcpy(out + at, plain > 0 ? &text[i] : escape, n);
		taken = plain > 0 ? plain : 1;
		at += n;
		if (at + sizeof(ELLIPSIS) <= size)
			cut = at;
	}
	out[at] = '\0';
	return out;
}

char *
quote(const char *text, size_t len, char *out, size_t size)
{
	return quote_but(plain_ascii, text, len, out, size);
}

char *
quote_letters(const char *text, size_t len, char *out, size_t size)
{
	return quote_but(plain_letter, text, len, out, size);
}
