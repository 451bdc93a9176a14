/*
 * Help that teaches: made from the rows of the commands, examples first.
 */
#ifndef PCHAT_CLI_OUTPUT_HELP_H
#define PCHAT_CLI_OUTPUT_HELP_H

#include "cli/line/command.h"

/* For --help, --version, and no command at all (overview.h). Returns the exit status. */
int help_run(struct invocation *inv);

/* Explains a command line that could not be parsed, with what was probably meant. Returns the exit status. */
int help_mistake(const struct options *o);

#endif
