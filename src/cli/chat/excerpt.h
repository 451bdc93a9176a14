/*
 * A short piece of a text, to tell which one is spoken of: whole characters, as readers take them. What people wrote
 * stands in quotation marks behind our own words (cli/output/foreign.h).
 */
#ifndef PCHAT_CLI_CHAT_EXCERPT_H
#define PCHAT_CLI_CHAT_EXCERPT_H

#include <stddef.h>

#define EXCERPT_BYTES 48U                         /* of the text, at most */
#define EXCERPT_QUOTED (2U * EXCERPT_BYTES + 4U)  /* bytes of excerpt_quoted() */
#define EXCERPT_SHOWN (16U * EXCERPT_BYTES + 64U) /* bytes of excerpt_shown() */

/* How many bytes at its begin are whole characters, `most` at most; 0 only when there is none of so few bytes. */
size_t excerpt_length(const char *text, size_t len, size_t most);

/* The begin of it, with "..." when that is not all, for between quotation marks. Returns out. */
const char *excerpt_quoted(const char *text, size_t len, char out[EXCERPT_QUOTED]);

/* Likewise, and safe on a terminal. */
const char *excerpt_shown(const char *text, size_t len, char out[EXCERPT_SHOWN]);

#endif
