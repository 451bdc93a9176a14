/*
 * Reads records from the helper, one batch at a time. A batch is marked read only when the caller says that it was
 * shown (D4).
 */
#ifndef PCHAT_CLIENT_RECORDS_H
#define PCHAT_CLIENT_RECORDS_H

#include "client/link.h"

/*
 * Sends `request`, a READ or HISTORY, calls `show` with each record, and leaves the READ_END in *end. A record is valid
 * during the call only. OK or NOTHING, as READ_END says; STALE: the helper has gone, perhaps after some records;
 * TIMED_OUT, OUTPUT or FAILED as link_verdict(), or what the helper refused it with, with words in the link.
 */
MUST_USE enum verdict records_batch(struct link *l, const struct control_message *request, uint64_t deadline,
    void (*show)(const struct record *r, void *context), void *context, struct control_message *end);

/* The same for a request that went along with records_done_and_ask() before. */
MUST_USE enum verdict records_answer(struct link *l, uint64_t deadline,
    void (*show)(const struct record *r, void *context), void *context, struct control_message *end);

/*
 * Marks as read all records up to the id `last`; with `single` that record alone. OK; STALE: the helper has gone, and
 * may not have marked them; else why not, with words in the link.
 */
MUST_USE enum verdict records_done(struct link *l, uint64_t last, bool single, uint64_t deadline);

/*
 * The same for all up to `last`, and `next`, a READ, with one write, which spares both processes a turn. Whatever it
 * returns but STALE, records_answer() takes the answer to `next`.
 */
MUST_USE enum verdict
records_done_and_ask(struct link *l, uint64_t last, const struct control_message *next, uint64_t deadline);

#endif
