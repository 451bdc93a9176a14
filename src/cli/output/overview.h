/*
 * `pchat` alone: who you are, and what you can do next, on a host with a daemon or without one, logged in or not, in a
 * chat or free. Starts no daemon, and waits for a second at most.
 */
#ifndef PCHAT_CLI_OUTPUT_OVERVIEW_H
#define PCHAT_CLI_OUTPUT_OVERVIEW_H

#include "cli/line/command.h"

/* Returns the exit status, 0. */
int overview_run(struct invocation *inv);

#endif
