#include "cli/output/foreign.h"

#include <string.h>

const char *
foreign_quoted(const char *text, size_t length, char *out, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < length && n + 2 < size; i++) {
		if (text[i] == '"' || text[i] == '\\')
			out[n++] = '\\';
		out[n++] = text[i];
	}
	out[n] = '\0';
	return out;
}

const char *
foreign_cut(const char *text, char *out, size_t size)
{
	size_t n = strnlen(text, size - 1);

	while (n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80)
		n--;
	memcpy(out, text, n);
	out[n] = '\0';
	return out;
}
