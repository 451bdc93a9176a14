/*
 * The file of the lines that were typed in a chat, which lies beside the inbox: the chat writes it for its Up key, and who
 * forgets what was said takes lines out of it. Pure.
 *
 * A line of it is `\:LABEL\:TEXT`, or `\:LABEL<tab>TIME\:TEXT`. LABEL is for whom it was typed, empty: for nobody; TIME
 * is when, in milliseconds since the epoch. A bare TEXT has neither. In TEXT a line feed is \n, and a backslash \\.
 */
#ifndef PCHAT_PROTO_TYPED_LINE_H
#define PCHAT_PROTO_TYPED_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

#define TYPED_FILE "typed"

#define TYPED_LINE_HEAD(label_len) ((label_len) + 32) /* bytes of a head with such a label, with its NUL */

/* A line, taken apart: pieces of it as they stand there. */
struct typed_line {
	const char *label, *text;
	size_t label_len, text_len;
	int64_t time_ms; /* 0: not known */
};

/* Takes apart a line without its line feed. False: it has a label that does not end. */
MUST_USE bool typed_line_parse(const char *line, size_t len, struct typed_line *out);

/* Writes what stands before the text; a label with a backslash or a control character is left out. Returns its length. */
size_t typed_line_head(const char *label, int64_t time_ms, char *out, size_t size);

#endif
