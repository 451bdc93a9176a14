/*
 * Text that cannot hurt the terminal it is shown on. The one place
 * that every person-facing output of foreign bytes goes through.
 *
 * Bytes that are not UTF-8 become \xNN. Code points that steer a terminal or cannot be seen become \u{NNNN}, but for
 * those that a script or an emoji needs, where it needs them (safe_rules.h); soft hyphens and the marks of direction
 * are left out. A tab becomes spaces up to the next multiple of 8; a line feed is kept, or, when `indent` > 0, followed
 * by so many spaces, so that no body can imitate a record; all else stays.
 */
#ifndef PCHAT_PROTO_SAFE_H
#define PCHAT_PROTO_SAFE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that safe_text() may need for len bytes of input, whatever they are. */
size_t safe_bound(size_t len, unsigned indent);

/* Writes the safe form; returns its length. cap >= safe_bound(len, indent). Not NUL-terminated. */
size_t safe_text(const char *text, size_t len, unsigned indent, char *out, size_t cap);

/* One line: as safe_text(), with line feeds shown as \u{000A}. cap >= safe_bound(len, 0). */
size_t safe_line(const char *text, size_t len, char *out, size_t cap);

/*
 * What safe_line() makes of n bytes of a line, from text[at] on: what stands around them decides, too. They are whole code
 * points or bytes that are none. Looks back SAFE_RULES_BACK bytes. cap >= safe_bound(n, 0).
 */
size_t safe_within(const char *text, size_t len, size_t at, size_t n, char *out, size_t cap);

/*
 * A line of JSON that means the same: what would be shown as \u{NNNN} or left out elsewhere becomes an escape of
 * JSON's, \uNNNN.
 * cap >= safe_json_bound(len). Returns the length; not NUL-terminated.
 */
size_t safe_json_bound(size_t len);
size_t safe_json(const char *json, size_t len, char *out, size_t cap);

/* Columns that a safe, valid UTF-8 text takes on a terminal. */
size_t safe_width(const char *text, size_t len);

/* Whether the text is printable ASCII: it is shown as it is, and each byte takes a column. */
bool safe_is_plain(const char *text, size_t len);

/* Whether the bytes are UTF-8 without NUL: what --json shows as "text". */
bool safe_is_text(const char *text, size_t len);

/* Whether nothing is seen of a code point: who searches a text for what was typed passes over it. */
bool safe_shows_nothing(uint32_t cp);

#endif
