#include "cli/chat/editor/wide.h"

#include <stdlib.h>
#include <utf8proc.h>
#include <wctype.h>

wchar_t *
wide_from_utf8(const char *text, size_t len)
{
	const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)text, *end = p + len;
	wchar_t *out = malloc((len + 1) * sizeof(*out)), *w = out;

	if (!out)
		return NULL;
	while (p < end) {
		utf8proc_int32_t c;
		utf8proc_ssize_t n = utf8proc_iterate(p, end - p, &c);

		*w++ = n > 0 ? (wchar_t)c : L'\ufffd';
		p += n > 0 ? n : 1;
	}
	*w = L'\0';
	return out;
}

char *
wide_to_utf8(const wchar_t *text, size_t len, size_t *out_len)
{
	char *out = malloc(4 * len + 1), *p = out;

	if (!out)
		return NULL;
	for (size_t i = 0; i < len; i++)
		p += utf8proc_encode_char((utf8proc_int32_t)text[i], (utf8proc_uint8_t *)p);
	*p = '\0';
	*out_len = (size_t)(p - out);
	return out;
}

/* Columns as libedit counts them: what libc cannot print is drawn as ^X, \U+1234 or \U+12345. */
static size_t
char_width(wchar_t c)
{
	int w;

	if (c < 0x20 || c == 0x7f)
		return 2;
	if (!iswprint((wint_t)c))
		return c > 0xffff ? 8 : 7;
	w = wcwidth(c);
	return w > 0 ? (size_t)w : 0;
}

static void
advance(struct wide_place *at, size_t width, size_t columns)
{
	if (at->column + width > columns) { /* a wide character does not stand half beyond the edge */
		at->row++;
		at->column = 0;
	}
	at->column += width;
	if (at->column >= columns) {
		at->row++;
		at->column = 0;
	}
}

struct wide_place
wide_draw(struct wide_place at, const wchar_t *text, size_t len, size_t columns)
{
	for (size_t i = 0; i < len; i++) {
		size_t width;

		switch (text[i]) {
		case L'\n':
			at.row++;
			at.column = 0;
			break;
		case L'\t':
			do
				advance(&at, 1, columns);
			while (at.column % 8 != 0);
			break;
		default:
			width = char_width(text[i]);
			if (width <= 2)
				advance(&at, width, columns);
			else
				while (width-- > 0)
					advance(&at, 1, columns);
		}
	}
	return at;
}
