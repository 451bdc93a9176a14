/*
 * The partner's offers, for commands that take, decline or list them.
 */
#ifndef PCHAT_CLI_COMMANDS_STREAM_OFFERS_H
#define PCHAT_CLI_COMMANDS_STREAM_OFFERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "client/link.h"

/* Calls fn for each that can be taken, the oldest first. OK; NOTHING; or why not, with words in the link. */
MUST_USE enum verdict
offers_list(struct link *l, uint64_t deadline, void (*fn)(const struct record *r, void *context), void *context);

/* "7", as people write the number of an offer. */
MUST_USE bool offers_number(const char *text, uint64_t *number);

/* Connects as a command that knows offers; with words in the link. */
MUST_USE enum verdict offers_need_features(struct link *l);

#endif
