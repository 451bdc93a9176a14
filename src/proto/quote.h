/*
 * Foreign bytes inside an error message or a log line, for programs that link no
 * Unicode tables: everything but printable ASCII is shown as \xNN. What
 * people read in full goes through safe.h.
 */
#ifndef PCHAT_PROTO_QUOTE_H
#define PCHAT_PROTO_QUOTE_H

#include <stddef.h>

/* Writes at most size - 1 bytes and a NUL; what does not fit ends in "...". Returns out. size >= 8. */
char *quote(const char *text, size_t len, char *out, size_t size);

/*
 * The same, but letters, ideographs and punctuation that stand for themselves in any text stay: what our own sentences
 * consist of in the languages that need no table (no marks, nothing unseen, nothing that runs to the left). A subset of
 * what safe.h lets through.
 */
char *quote_letters(const char *text, size_t len, char *out, size_t size);

#endif
