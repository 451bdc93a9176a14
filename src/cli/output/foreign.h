/*
 * Words of somebody else inside a sentence of ours: they stand in quotation marks, and nothing in them can be taken for
 * the closing one. A translation keeps these marks. What hurts a terminal is still in them: proto/safe.h.
 */
#ifndef PCHAT_CLI_OUTPUT_FOREIGN_H
#define PCHAT_CLI_OUTPUT_FOREIGN_H

#include <stddef.h>

#define FOREIGN_QUOTED(length) (2 * (length) + 1) /* room for any `length` bytes, and a NUL */

/*
 * Writes the text with a backslash before each quotation mark and backslash, and a NUL; the marks around it are the
 * caller's. What does not fit is left out. Returns out.
 */
const char *foreign_quoted(const char *text, size_t length, char *out, size_t size);

/* Writes as much of the text as fits into out[size], in whole characters, and a NUL. Returns out. */
const char *foreign_cut(const char *text, char *out, size_t size);

#endif
