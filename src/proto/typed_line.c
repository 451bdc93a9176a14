#include "proto/typed_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char mark[] = { '\\', ':' };

/* 0 when it is none. */
static int64_t
parse_time(const char *text, size_t len)
{
	int64_t n = 0;

	if (len == 0 || len > 18)
		return 0;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return 0;
		n = 10 * n + (text[i] - '0');
	}
	return n;
}

bool
typed_line_parse(const char *line, size_t len, struct typed_line *out)
{
	const char *label = line + sizeof(mark), *end, *tab;

	*out = (struct typed_line){ .label = line, .text = line, .text_len = len };
	if (len < sizeof(mark) || memcmp(line, mark, sizeof(mark)) != 0)
		return true;
	end = memmem(label, len - sizeof(mark), mark, sizeof(mark));
	if (!end)
		return false;
	tab = memchr(label, '\t', (size_t)(end - label));
	out->label = label;
	out->label_len = (size_t)((tab ? tab : end) - label);
	out->time_ms = tab ? parse_time(tab + 1, (size_t)(end - tab - 1)) : 0;
	out->text = end + sizeof(mark);
	out->text_len = len - (size_t)(out->text - line);
	return true;
}

size_t
typed_line_head(const char *label, int64_t time_ms, char *out, size_t size)
{
	const char *shown = label;
	int n;

	for (const char *p = label; *p; p++)
		if (*p == '\\' || (unsigned char)*p < ' ')
			shown = "";
	if (time_ms > 0)
		n = snprintf(out, size, "\\:%s\t%" PRId64 "\\:", shown, time_ms);
	else
		n = *shown ? snprintf(out, size, "\\:%s\\:", shown) : snprintf(out, size, "%s", "");
	return n > 0 && (size_t)n < size ? (size_t)n : 0;
}
