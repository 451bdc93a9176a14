/* Whom one chats with, in words: the account is told unless it has the name of the session. */
#ifndef PCHAT_CLI_OUTPUT_PARTNER_H
#define PCHAT_CLI_OUTPUT_PARTNER_H

#include "proto/upstream.h"

#define PARTNER_WORDS (2 * ACCOUNT_MAX_LEN + NAME_MAX_LEN)
#define PARTNER_AWAY (2 * AWAY_MAX + NAME_MAX_LEN + 64)

/* "chatting with bob (account robert)"; what is foreign in it still has to be made safe. Returns out. */
const char *partner_words(const struct peer *partner, char out[PARTNER_WORDS]);

/* 'bob is away: "lunch"'; quotes in the text are escaped, what else is foreign likewise still has to be made safe. */
const char *partner_away(const struct peer *partner, const char *text, char out[PARTNER_AWAY]);

/* The same escape alone. */
const char *partner_quoted(const char *text, char out[2 * AWAY_MAX + 1]);

#endif
