/* Whom one chats with, in translated words. Foreign text in them still has to be made safe. */
#ifndef PCHAT_CLI_OUTPUT_PARTNER_H
#define PCHAT_CLI_OUTPUT_PARTNER_H

#include "proto/upstream.h"

#define PARTNER_WORDS (2 * ACCOUNT_MAX_LEN + NAME_MAX_LEN) /* bytes of partner_words() */
#define PARTNER_AWAY (2 * AWAY_MAX + NAME_MAX_LEN + 64)    /* bytes of partner_away() */

/*
 * Writes "chatting with bob (account robert)"; the account is left out when it is the name of the session. Returns out.
 */
const char *partner_words(const struct peer *partner, char out[PARTNER_WORDS]);

/* Writes 'bob is away: "lunch"', with the quotes in the text escaped. Returns out. */
const char *partner_away(const struct peer *partner, const char *text, char out[PARTNER_AWAY]);

#endif
