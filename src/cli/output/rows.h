/*
 * Lines for people on standard output. On a terminal they are wrapped (proto/wrap.h) at its width of the moment, and it
 * is told not to wrap by itself meanwhile; into a pipe they go as they are.
 */
#ifndef PCHAT_CLI_OUTPUT_ROWS_H
#define PCHAT_CLI_OUTPUT_ROWS_H

#include <stdbool.h>

/* Looks whether standard output is a terminal; before a pager takes its place. Returns whether it is. */
bool rows_setup(void);

/* A pager shows them from now on: they are wrapped as before, but it takes no commands for a terminal. */
void rows_into_pager(void);

/* What output.h collects between the two is whole lines, safe on a terminal. */
void rows_begin(void);
void rows_end(void);

#endif
