/*
 * The files whose paths begin with what was typed, for Tab in a chat. A process of its own looks for them, since a
 * folder may be on a file system that does not answer.
 */
#ifndef PCHAT_CLI_COMMANDS_SHELL_COMPLETE_FILES_H
#define PCHAT_CLI_COMMANDS_SHELL_COMPLETE_FILES_H

#include <stdint.h>

/*
 * Prints the paths, one a line: regular files, and folders with a slash at the end, as far as each can be typed as one
 * word. Prints nothing when the folder cannot be read, or not before the deadline (base/clock.h).
 */
void complete_files(const char *typed, uint64_t deadline);

#endif
