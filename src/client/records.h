/*
 * Reading records from the helper: a batch at a time, marked as read only when
 * the caller says that it was shown.
 */
#ifndef PCHAT_CLIENT_RECORDS_H
#define PCHAT_CLIENT_RECORDS_H

#include "client/link.h"

/*
 * Sends a READ or HISTORY, calls `show` for each record, and leaves the READ_END in *end. OK; what the helper
 * refused it with; TIMED_OUT, OUTPUT, FAILED: see link_verdict(); STALE: the helper is gone, some may have been
 * shown. Words are left in the link.
 */
MUST_USE enum verdict records_batch(struct link *l, const struct control_message *request, uint64_t deadline,
    void (*show)(const struct record *r, void *context), void *context, struct control_message *end);

/* Everything up to `last` was shown; or, single, this one alone. STALE: the helper is gone, it may not be marked. */
MUST_USE enum verdict records_done(struct link *l, uint64_t last, bool single, uint64_t deadline);

#endif
