/*
 * The names that offered files get here. A name from somebody else may not choose where a file goes, hide it, look like an
 * option, or hurt a terminal: a leading dot or dash, and every byte that is not safe, becomes "_". Where that changes a
 * name the user is asked on the terminal, and else it is refused.
 */
#ifndef PCHAT_CLI_COMMANDS_STREAM_FILE_NAMES_H
#define PCHAT_CLI_COMMANDS_STREAM_FILE_NAMES_H

#include <limits.h>
#include <stdbool.h>

#include "base/macros.h"

struct taking;

/* The safe form of a name; whether it is the same. */
bool file_names_safe(const char *name, char out[NAME_MAX + 1]);

/* Sets t->names, which is the caller's to free, for an offer of files: 0, or an exit status: it was told why. */
MUST_USE int file_names_choose(struct taking *t);

#endif
