/*
 * Two programs from one source. `pchat` is linked with libc alone, and starts
 * fast; whatever it does not know it leaves to `pchat-full`, which knows
 * everything. This is all that differs between them.
 */
#ifndef PCHAT_CLI_EDITION_H
#define PCHAT_CLI_EDITION_H

#include <stddef.h>

#include "cli/command.h"

/* The rows of this program; NULL ends them. */
extern const struct command *const edition_commands[];

/*
 * Whatever is not simply running a command: help, the version, a line that could not be parsed (parsed < 0),
 * --json. The light program becomes the full one for it. Returns the exit status, or -1: run the command.
 */
int edition_prepare(struct invocation *inv, int parsed, char **argv);

/*
 * A text that may hold foreign bytes, as one line that is safe on a terminal. size: EDITION_SAFE_MAX of its length, or
 * more. Returns its length.
 */
#define EDITION_SAFE_MAX(length) (8 * (length) + 16)
size_t edition_safe(const char *text, char *out, size_t size);

/* A message as it came, and a newline; but on a terminal so that it cannot hurt that, and under --json as any record. */
void edition_print(const struct invocation *inv, const struct record *r);

#endif
