/*
 * What `pchat` without a command prints: who you are, and what you can do next, whether or not there is a daemon, a
 * session or a partner. Starts no daemon, and waits for a second at most.
 */
#ifndef PCHAT_CLI_OUTPUT_OVERVIEW_H
#define PCHAT_CLI_OUTPUT_OVERVIEW_H

#include "cli/line/command.h"

/* Prints it. Returns the exit status, 0. */
int overview_run(struct invocation *inv);

#endif
