/*
 * The files whose path begins as what was typed, for a chat's Tab. A process of its own looks for them: a folder may stand
 * on a file system that does not answer.
 */
#ifndef PCHAT_CLI_COMMANDS_SHELL_COMPLETE_FILES_H
#define PCHAT_CLI_COMMANDS_SHELL_COMPLETE_FILES_H

#include <stdint.h>

/*
 * Prints them, a line each: regular files, and folders with a slash behind; those whose name can be typed as one word. Nothing
 * when the folder cannot be read, or not before `deadline` (base/clock.h).
 */
void complete_files(const char *typed, uint64_t deadline);

#endif
