/* Help, made from the rows of the commands, with examples first. */
#ifndef PCHAT_CLI_OUTPUT_HELP_H
#define PCHAT_CLI_OUTPUT_HELP_H

#include "cli/line/command.h"

/* Does --help, --version, or what pchat does without a command (overview.h). Returns the exit status. */
int help_run(struct invocation *inv);

/* Reports why a command line could not be parsed, and what was probably meant. Returns the exit status. */
int help_mistake(const struct options *o);

#endif
