/*
 * What becomes of a verdict: the exit status (the table stands in man/pchat.1), the
 * stable name under --json, and words for a person.
 */
#ifndef PCHAT_PROTO_STATUS_H
#define PCHAT_PROTO_STATUS_H

#include "core/verdict.h"

/* Exit status, 0 to 127. */
int status_exit(enum verdict v);

/* "no-such-user". Never NULL, also for a number that is no verdict. */
const char *status_name(enum verdict v);

/* A clause in lower case without a full stop, saying what happened and, where there is one, the next step. */
const char *status_words(enum verdict v);

#endif
