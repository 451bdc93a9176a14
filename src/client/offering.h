/*
 * An offer that a command makes to its partner (R13). It is said to the helper, and again to a helper that was started
 * anew, until it is taken or over. The caller polls link->fd for POLLIN, and calls offering_listen() when that is
 * readable.
 */
#ifndef PCHAT_CLIENT_OFFERING_H
#define PCHAT_CLIENT_OFFERING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "client/link.h"
#include "core/ident.h"

struct offering {
	struct link *link;
	struct ident msgid;             /* the offer's id */
	const uint8_t *body;            /* of the offer (proto/offer.h); the caller's */
	uint32_t length;                /* of the body */
	char partner[NAME_MAX_LEN + 1]; /* whom it is made to */
	uint64_t pair;                  /* our pair when it was made */
	uint64_t number;                /* how the partner calls the offer; 0: he does not have it yet */
	int channel;                    /* our end of the channel, which the caller takes over; -1: there is none */
	bool taken;                     /* the partner has taken it */
	bool over;                      /* it is over */
	enum verdict verdict;           /* why it is over, with words in the link */
};

/*
 * Fills in *o and says the offer. The body and the link must stay. OK: it is said; else why not, with words in the
 * link.
 */
MUST_USE enum verdict
offering_begin(struct offering *o, struct link *link, const uint8_t *body, uint32_t length, uint64_t deadline);

/*
 * Takes what the helper has said; changes `number`, `channel` and `over`. A helper that died is started again, for
 * which it may block.
 */
void offering_listen(struct offering *o);

#endif
