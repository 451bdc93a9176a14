#include "cli/chat/excerpt.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "cli/output/foreign.h"
#include "core/unicode/unicode.h"
#include "proto/safe.h"

/* A byte that is no UTF-8 stands for itself. */
static size_t
code_point(const char *text, size_t len)
{
	uint32_t cp;
	const size_t n = unicode_decode(text, len, &cp);

	return n > 0 ? n : 1;
}

size_t
excerpt_length(const char *text, size_t len, size_t most)
{
	size_t at = 0, n;

	while (at < len && at + (n = unicode_cluster(text + at, len - at)) <= most)
		at += n;
	if (at > 0)
		return at;
	while (at < len && at + (n = code_point(text + at, len - at)) <= most) /* one with very many marks */
		at += n;
	return at;
}

const char *
excerpt_quoted(const char *text, size_t len, char out[EXCERPT_QUOTED])
{
	const size_t n = excerpt_length(text, len, EXCERPT_BYTES);

	(void)foreign_quoted(text, n, out, EXCERPT_QUOTED - 3);
	if (n < len)
		memcpy(out + strlen(out), "...", sizeof("..."));
	return out;
}

const char *
excerpt_shown(const char *text, size_t len, char out[EXCERPT_SHOWN])
{
	char quoted[EXCERPT_QUOTED];

	(void)excerpt_quoted(text, len, quoted);
	out[safe_line(quoted, strlen(quoted), out, EXCERPT_SHOWN - 1)] = '\0';
	return out;
}
