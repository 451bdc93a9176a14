/*
 * The line that is edited is in wide characters, all else in UTF-8: from one to the other, and how many rows of the
 * terminal a wide text takes when libedit draws it. Pure.
 */
#ifndef PCHAT_CLI_CHAT_EDITOR_WIDE_H
#define PCHAT_CLI_CHAT_EDITOR_WIDE_H

#include <stddef.h>
#include <wchar.h>

/* What is not UTF-8 becomes U+FFFD. NUL-terminated; the caller frees it. NULL when memory is short. */
wchar_t *wide_from_utf8(const char *text, size_t len);
char *wide_to_utf8(const wchar_t *text, size_t len, size_t *out_len);

struct wide_place {
	size_t row, column;
};

/* Where the cursor is after `len` characters drawn from `at` on, on a terminal of so many columns. */
struct wide_place wide_draw(struct wide_place at, const wchar_t *text, size_t len, size_t columns);

#endif
