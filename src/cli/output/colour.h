/*
 * Colour on standard output: whether (--color, NO_COLOR, TERM=dumb, a terminal), and a steady one for
 * each name. Everything here is empty strings when there is none.
 */
#ifndef PCHAT_CLI_OUTPUT_COLOUR_H
#define PCHAT_CLI_OUTPUT_COLOUR_H

#include <stdbool.h>

struct options;

/* Decides for this run. */
void colour_setup(const struct options *o);
bool colour_on(void);

const char *colour_of_name(const char *name);
const char *colour_of_self(void); /* that of no name */
const char *colour_quiet(void);   /* for what is not the main thing */
const char *colour_off(void);

#endif
