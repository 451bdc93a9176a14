#include "cli/output/foreign.h"

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
