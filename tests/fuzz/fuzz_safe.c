/* Any bytes as text for a terminal: what comes out fits, is text without control characters, and stays as it is. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "proto/safe.h"

static void
check_harmless(const char *text, size_t n, bool lines)
{
	fuzz_require(safe_is_text(text, n));
	for (size_t i = 0; i < n; i++) {
		const unsigned char c = (unsigned char)text[i];

		fuzz_require((c >= 0x20 && c != 0x7f) || (c == '\n' && lines));
	}
	(void)safe_width(text, n);
}

static char *
room(size_t n)
{
	char *p = malloc(n > 0 ? n : 1);

	fuzz_require(p);
	return p;
}

static size_t
render(const char *text, size_t n, unsigned indent, bool lines, char *out)
{
	const size_t cap = safe_bound(n, indent);

	return lines ? safe_text(text, n, indent, out, cap) : safe_line(text, n, out, cap);
}

static void
check(const char *text, size_t n, unsigned indent, bool lines)
{
	char *out = room(safe_bound(n, indent));
	const size_t made = render(text, n, indent, lines, out);
	char *again = room(safe_bound(made, 0));

	fuzz_require(made <= safe_bound(n, indent));
	check_harmless(out, made, lines);
	fuzz_require(render(out, made, 0, lines, again) == made);
	fuzz_require(memcmp(out, again, made) == 0);
	free(out);
	free(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text;

	if (n == 0)
		return 0;
	text = fuzz_copy(data + 1, n - 1);
	(void)safe_is_text(text, n - 1);
	(void)safe_width(text, n - 1);
	check(text, n - 1, data[0] % 16, true);
	check(text, n - 1, 0, false);
	free(text);
	return 0;
}
