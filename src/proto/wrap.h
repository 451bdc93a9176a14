/*
 * Lines as rows of a terminal. A terminal that wraps by itself begins the next row at its edge, where our own lines begin,
 * and whoever pads a message with blanks chooses what stands there. So we wrap: no row reaches the last column, each
 * further row of a line is indented, and blanks at the end of a row are dropped. Pure.
 *
 * The text is safe (safe.h); of control characters it has line feeds and our own colours (ESC [ ... m).
 */
#ifndef PCHAT_PROTO_WRAP_H
#define PCHAT_PROTO_WRAP_H

#include <stddef.h>

#define WRAP_INDENT 4U /* columns before the further rows of a line; that of safe_text() behind a line feed */

typedef void wrap_fn(void *context, const char *text, size_t len);

/* Gives the text to fn, with a line feed and the indent between two rows, for a terminal of so many columns. */
void wrap_text(const char *text, size_t len, size_t columns, wrap_fn *fn, void *context);

#endif
