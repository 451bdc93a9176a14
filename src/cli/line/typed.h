/*
 * Names as they were typed: judged by R2, and composed (NFC), as names are on the wire. ASCII names stay as they are.
 * This needs the tables of Unicode, so the light program leaves other names to the full one.
 */
#ifndef PCHAT_CLI_LINE_TYPED_H
#define PCHAT_CLI_LINE_TYPED_H

#include <stdbool.h>

#include "cli/line/command.h"
#include "core/names/rules.h"
#include "core/verdict.h"

#define TYPED_WORDS (4 * NAME_MAX_LEN + NAME_WORDS_MAX + 64) /* bytes of what is wrong with a name */

/* Composes one name. False: it is no name, and `words` say why. */
bool typed_name(const char *typed, char out[NAME_MAX_LEN + 1], char words[TYPED_WORDS]);

/*
 * Composes all names of a parsed command line, and PCHAT_SESSION, and puts them in the place of what was typed. The
 * name of a session of one's own becomes the one that it was logged in with. OK; or MALFORMED, and `words` say why.
 */
enum verdict typed_names(struct options *o, char words[TYPED_WORDS]);

#endif
