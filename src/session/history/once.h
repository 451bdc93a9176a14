/*
 * Which own messages a walk through the history has told. A message that was repeated under its id (`send --id`) is in
 * sent.db each time: nobody who sends is to wait for a look into all that was sent before. The history tells it once.
 */
#ifndef PCHAT_SESSION_HISTORY_ONCE_H
#define PCHAT_SESSION_HISTORY_ONCE_H

#include <stdbool.h>

#include "base/macros.h"
#include "proto/control.h"

struct once_range;

/* At first it is all zero. Messages whose ids follow one another are remembered as one range. */
struct once {
	void *ranges; /* a tree of them, see tsearch(3) */
	struct once_range *latest;
};

void once_release(struct once *t);

/* Whether this own message was told. To another receiver the same id is another message. */
MUST_USE bool once_has(const struct once *t, const struct record *r);

/* It is told now. It was not before. Without memory it may be told again. */
void once_add(struct once *t, const struct record *r);

#endif
