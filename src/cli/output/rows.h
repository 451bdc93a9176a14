/*
 * Lines for people on standard output. On a terminal they are wrapped here (proto/wrap.h), at the width that it has
 * then, and the terminal is told not to wrap meanwhile. Into a pipe or file they go as they are.
 */
#ifndef PCHAT_CLI_OUTPUT_ROWS_H
#define PCHAT_CLI_OUTPUT_ROWS_H

#include <stdbool.h>

/* Finds out whether standard output is a terminal, and returns that. Call it before a pager takes its place. */
bool rows_setup(void);

/* A pager shows the lines from now on: they are wrapped as before, but without commands for a terminal. */
void rows_into_pager(void);

/* What output.h prints from now on is collected: whole lines, safe on a terminal. */
void rows_begin(void);

/* Prints what was collected, in rows. */
void rows_end(void);

#endif
