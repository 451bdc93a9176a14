/* The partner's offers, for the commands that take, decline or list them. */
#ifndef PCHAT_CLI_COMMANDS_STREAM_OFFERS_H
#define PCHAT_CLI_COMMANDS_STREAM_OFFERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "client/link.h"

/*
 * Calls fn with each offer that can be taken, the oldest first. A record is valid during the call only. OK; NOTHING:
 * there is none; or why they cannot be listed; all but OK with words in the link.
 */
MUST_USE enum verdict
offers_list(struct link *l, uint64_t deadline, void (*fn)(const struct record *r, void *context), void *context);

/* Reads the number of an offer as people write it: "7". False: it is no number from 1 to UINT64_MAX. */
MUST_USE bool offers_number(const char *text, uint64_t *number);

/* Whether the connected helper knows offers. OK; or NO_STREAMS: it is an older one, with words in the link. */
MUST_USE enum verdict offers_need_features(struct link *l);

#endif
