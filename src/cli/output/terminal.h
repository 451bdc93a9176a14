/*
 * What is known of the terminal on standard output, without asking it: TERM, whether this system knows such a terminal,
 * and its size of the moment.
 */
#ifndef PCHAT_CLI_OUTPUT_TERMINAL_H
#define PCHAT_CLI_OUTPUT_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/* TERM is not set, empty, or "dumb": it can do nothing but take lines. */
bool terminal_is_dumb(void);

/* There is a description of it on this system (terminfo). */
bool terminal_is_known(void);

/* Columns and rows; 80 and 24 when it does not tell. */
void terminal_size(int fd, size_t *columns, size_t *lines);

#endif
