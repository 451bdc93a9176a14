/*
 * Colour on standard output: whether there is any (--color, NO_COLOR, TERM=dumb, no terminal), and always the same one
 * for a name. Each colour is an escape sequence, or "" when there is no colour.
 */
#ifndef PCHAT_CLI_OUTPUT_COLOUR_H
#define PCHAT_CLI_OUTPUT_COLOUR_H

#include <stdbool.h>

struct options;

/* Decides whether there is colour in this run. Call it before a pager takes the place of standard output. */
void colour_setup(const struct options *o);

/* Whether there is colour. */
bool colour_on(void);

/* While it is true there is none: what is printed is part of something that has one. */
void colour_mute(bool yes);

/* The colour of a name. */
const char *colour_of_name(const char *name);

/* The colour of oneself, which is that of no name. */
const char *colour_of_self(void);

/* The colour of what is less important. */
const char *colour_quiet(void);

/* Ends a colour. */
const char *colour_off(void);

#endif
