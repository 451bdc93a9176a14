#include "proto/quote.h"

#include <stdbool.h>
#include <string.h>

static const char ELLIPSIS[] = "...";

char *
quote(const char *text, size_t len, char *out, size_t size)
{
	static const char digit[] = "0123456789ABCDEF";
	size_t at = 0, cut = 0; /* cut: the latest place where the ellipsis fits */

	for (size_t i = 0; i < len; i++) {
		const unsigned char byte = (unsigned char)text[i];
		const char escape[] = { '\\', 'x', digit[byte >> 4], digit[byte & 15] };
		const bool plain = byte >= 0x20 && byte < 0x7f;
		const size_t n = plain ? 1 : sizeof(escape);

		if (at + n >= size) {
			memcpy(out + cut, ELLIPSIS, sizeof(ELLIPSIS));
			return out;
		}
		memcpy(out + at, plain ? &text[i] : escape, n);
		at += n;
		if (at + sizeof(ELLIPSIS) <= size)
			cut = at;
	}
	out[at] = '\0';
	return out;
}
