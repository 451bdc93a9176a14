/*
 * Names as they were typed: judged by R2, and composed, as a name is on the wire. ASCII names stay as they are. Needs the
 * tables of Unicode, so the light program leaves names beyond ASCII to the full one.
 */
#ifndef PCHAT_CLI_LINE_TYPED_H
#define PCHAT_CLI_LINE_TYPED_H

#include <stdbool.h>

#include "cli/line/command.h"
#include "core/names/rules.h"
#include "core/verdict.h"

#define TYPED_WORDS (4 * NAME_MAX_LEN + NAME_WORDS_MAX + 64)

/* One name, composed. False: it is none, and *words says why. */
bool typed_name(const char *typed, char out[NAME_MAX_LEN + 1], char words[TYPED_WORDS]);

/*
 * All names of a command line that was parsed, and PCHAT_SESSION: each is put in the place of what was typed. The name
 * of a session of one's own becomes the one that it began under. OK; MALFORMED, and *words.
 */
enum verdict typed_names(struct options *o, char words[TYPED_WORDS]);

#endif
