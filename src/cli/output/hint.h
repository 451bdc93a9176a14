/*
 * A command that pchat tells somebody to type: it must have the same effect there, for whoever types it and in any
 * shell, as it would have here.
 */
#ifndef PCHAT_CLI_OUTPUT_HINT_H
#define PCHAT_CLI_OUTPUT_HINT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "client/link.h"

/*
 * The variable by which a command that a chat has begun is told so. Its value is the day of the latest record that the
 * chat has shown (format.h).
 */
#define HINT_CHAT "PCHAT_CHAT"

#define HINT_MAX (4 * PATH_MAX + VIA_SESSION_MAX + 64)

/*
 * Writes what stands behind "pchat": the command, and before it the option that names the session, "-s lab/alice send".
 * The option is left out where that is the only session, is one of this host, and was not named: then it is found as it
 * was found now. `socket`, of the daemon that an option named, stands there in the shell's quotes; NULL: none was named.
 * Returns out.
 */
const char *hint_command(const struct link *l, const char *socket, const char *command, char out[HINT_MAX]);

/*
 * What -s has chosen is named from now on in each command of an error or a remark: "'pchat -s lab/alice
 * quit' and log in again". `session` is NAME or HOST/NAME; NULL: none is named any more. It must stay.
 */
void hint_choose(const char *session);

/* What this process prints is shown in a chat from now on, where commands are /words. */
void hint_enter_chat(void);

/* Whether what is printed is shown in a chat: by this process, or by the one that has begun it. */
bool hint_in_chat(void);

/* What stands before the name of a command that is to be typed: "pchat ", "pchat -s lab/alice ", or "/" in a chat. */
const char *hint_before(void);

/* "-s lab/alice ", or "" when nothing was chosen. */
const char *hint_chosen(void);

/*
 * Puts that into text[size], behind each "pchat " that a command follows which acts on a session; not within "", where
 * others' words stand. What does not fit is left as it was.
 */
void hint_complete(char *text, size_t size);

#endif
