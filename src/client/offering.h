/*
 * What a command offers its partner (R13): said to the helper, again to one that was started anew, until it is taken or is
 * over. Waits for nobody by itself: the caller polls link->fd, and calls offering_listen() when something came.
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
	struct ident msgid;
	const uint8_t *body; /* as proto/offer.h has it; the caller's */
	uint32_t length;
	char partner[NAME_MAX_LEN + 1];
	uint64_t pair;
	uint64_t number; /* the partner has it, under this one; 0: not yet */
	int channel;     /* our end, the caller's to take; -1: it was not taken yet */
	bool taken;
	bool over;            /* it is, for this reason: */
	enum verdict verdict; /* with words in the link */
};

/* OK: it is said; NOT_PAIRED and so on, with words in the link. */
MUST_USE enum verdict
offering_begin(struct offering *o, struct link *link, const uint8_t *body, uint32_t length, uint64_t deadline);

/* Takes what the helper has said; one that died is started again. */
void offering_listen(struct offering *o);

#endif
