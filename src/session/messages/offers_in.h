/*
 * The partner's offers (R13). An offer is stored as a record in the open transaction, and answered when that is
 * committed. From then on our commands may take or decline it. When the connection to the partner is lost, all offers
 * are forgotten: the partner says them again. Commands name an offer by the id of its record, its number.
 *
 * Makes no system call. A descriptor that it is given goes on to the class, which owns it then.
 */
#ifndef PCHAT_SESSION_MESSAGES_OFFERS_IN_H
#define PCHAT_SESSION_MESSAGES_OFFERS_IN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "core/verdict.h"
#include "proto/control.h"
#include "proto/upstream.h"

struct offers_in;

struct offers_in_class {
	/*
	 * Puts an offer into the open transaction. OK: it has *number once that is committed; else why not. *known: it
	 * was stored before, whatever becomes of the transaction.
	 */
	enum verdict (*store)(void *context, const struct offer *o, int64_t now_ms, uint64_t *number, bool *known);
	/* Whether a transaction is open. Its end will be told by offers_in_committed(). */
	bool (*writing)(void *context);
	/* Writes a frame to the daemon. False: there is no connection just now. */
	bool (*send)(void *context, const struct upstream_message *m);
	/* Answers a command's ACCEPT with the offer and its end of the channel, which the callee owns then. */
	void (*taken)(void *context, uint32_t client, const struct record *r, int fd);
	/* Answers a command's ACCEPT with why it gets no channel. */
	void (*refused)(void *context, uint32_t client, enum verdict v);
	/* The partner, who made the offers; valid until the next turn of the loop. */
	const struct peer *(*partner)(void *context);
	/* Closes an end of a channel that nobody wants. */
	void (*drop)(void *context, int fd);
	/* The result of offers_in_any() may have changed. */
	void (*changed)(void *context);
};

/* The class and the context must stay. NULL: short of memory. */
MUST_USE struct offers_in *offers_in_new(const struct offers_in_class *class, void *context);

/* Frees it; takes NULL. Calls nothing of the class. */
void offers_in_free(struct offers_in *o);

/* The daemon said OFFERED. The body of the offer is copied. */
void offers_in_offered(struct offers_in *o, const struct offer *offer);

/* The daemon said OFFERED, and there is no room for it: it is answered at once. */
void offers_in_refuse(struct offers_in *o, const struct offer *offer);

/* The daemon said OFFER_GONE: the offer can be taken no more, unless a command has its channel already. */
void offers_in_gone(struct offers_in *o, const struct ident *msgid);

/*
 * The daemon said CHANNEL, the answer to an ACCEPT. `fd` is our end, which is taken over; -1: it refused, see
 * w->verdict.
 */
void offers_in_channel(struct offers_in *o, const struct offer_word *w, int fd);

/*
 * The open transaction has ended. OK: it is committed; STALE: another helper has taken the inbox over, and will answer;
 * else what was in it is not stored, or may not be.
 */
void offers_in_committed(struct offers_in *o, enum verdict v);

/*
 * The connection to the partner, or the pair, is over: forgets all offers. Commands that wait for a channel are
 * refused.
 */
void offers_in_reset(struct offers_in *o);

/* Calls fn with each offer that can be taken, the oldest first. The record is valid during the call only. */
void offers_in_each(struct offers_in *o, void (*fn)(const struct record *r, void *context), void *context);

/*
 * A command said ACCEPT of an offer; 0: the oldest. It is answered, now or later, by class->taken() or
 * class->refused().
 */
void offers_in_accept(struct offers_in *o, uint32_t client, uint64_t number);

/* A command declines an offer; 0: the oldest. OK; NOTHING: there is no such offer; ABSENT: there is no connection. */
enum verdict offers_in_decline(struct offers_in *o, uint64_t number);

/* A command has gone, and with it the channel that it had. */
void offers_in_forget(struct offers_in *o, uint32_t client);

/* Whether a command waits for a channel, so that the daemon may pass a descriptor. */
bool offers_in_any(const struct offers_in *o);

#endif
