/*
 * Lines for people on standard output, and the text of others in those on standard error. On a terminal they are wrapped
 * here (proto/wrap.h), at the width that it has then, and the terminal is told not to wrap meanwhile. Into a pipe or file
 * they go as they are.
 */
#ifndef PCHAT_CLI_OUTPUT_ROWS_H
#define PCHAT_CLI_OUTPUT_ROWS_H

#include <stdbool.h>
#include <stddef.h>

/* Finds out whether standard output is a terminal, and returns that. Call it before a pager takes its place. */
bool rows_setup(void);

/* A pager shows the lines from now on: they are wrapped as before, but without commands for a terminal. */
void rows_into_pager(void);

/* What output.h prints from now on is collected: whole lines, safe on a terminal. */
void rows_begin(void);

/* Prints what was collected, in rows. */
void rows_end(void);

/*
 * Makes of a text one line that is safe on a terminal, in out[size], and returns its length. When it is longer than a row of
 * the terminal's `columns` (0: there are none) it becomes rows, with what keeps the terminal from wrapping them.
 */
size_t rows_safe(const char *text, size_t columns, char *out, size_t size);

#endif
