/* What is known of the terminal without asking it: TERM, whether this system has a description of it, and its size. */
#ifndef PCHAT_CLI_OUTPUT_TERMINAL_H
#define PCHAT_CLI_OUTPUT_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/* Whether it can do nothing but take lines: TERM is not set, empty or "dumb". */
bool terminal_is_dumb(void);

/* Whether this system has a description of it (terminfo(5)). */
bool terminal_is_known(void);

/* The columns and rows of the terminal `fd` at this moment; 80 and 24 when it does not tell. */
void terminal_size(int fd, size_t *columns, size_t *lines);

#endif
