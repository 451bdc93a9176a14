/*
 * What the partner offers us (R13): stored as a record in the transaction of the turn, answered when it is on the disk,
 * and then there for our commands to take or decline, as long as the connection to the partner holds: then it is said
 * again. An offer is named by the id of its record.
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
	 * Puts an offer into the open transaction: OK and its number, if the transaction is committed; else why not. *known: it
	 * was stored before, whatever becomes of the transaction.
	 */
	enum verdict (*store)(void *context, const struct offer *o, int64_t now_ms, uint64_t *number, bool *known);
	/* Whether something is in the open transaction, whose end is told by offers_in_committed(). */
	bool (*writing)(void *context);
	/* Writes a frame to the daemon. False: there is no connection just now. */
	bool (*send)(void *context, const struct upstream_message *m);
	/* For the command, the answer to ACCEPT: its end of the channel, which is given away; or why not. */
	void (*taken)(void *context, uint32_t client, const struct record *r, int fd);
	void (*refused)(void *context, uint32_t client, enum verdict v);
	/* The partner, by whom they are. */
	const struct peer *(*partner)(void *context);
	/* An end of a channel that nobody wants: to be closed. */
	void (*drop)(void *context, int fd);
	/* offers_in_any() may have changed. */
	void (*changed)(void *context);
};

MUST_USE struct offers_in *offers_in_new(const struct offers_in_class *class, void *context);
void offers_in_free(struct offers_in *o);

/* OFFERED; OFFER_GONE; CHANNEL with its end, or -1 where its verdict is not OK. */
void offers_in_offered(struct offers_in *o, const struct offer *offer);
void offers_in_gone(struct offers_in *o, const struct ident *msgid);
void offers_in_channel(struct offers_in *o, const struct offer_word *w, int fd);

/* The transaction ended: OK, or why what was in it is not, or may not be, stored. STALE: another helper answers. */
void offers_in_committed(struct offers_in *o, enum verdict v);

/* The connection to the partner, or the pair, is over: the offers are, until they are said again. */
void offers_in_reset(struct offers_in *o);

/* Calls fn for each that can be taken, the oldest first. */
void offers_in_each(struct offers_in *o, void (*fn)(const struct record *r, void *context), void *context);

/* ACCEPT of that number, or 0, the oldest; answered by class->taken() or class->refused(). DECLINE: OK, NOTHING, ABSENT. */
void offers_in_accept(struct offers_in *o, uint32_t client, uint64_t number);
enum verdict offers_in_decline(struct offers_in *o, uint64_t number);

/* A command is gone, and the channel that it had. */
void offers_in_forget(struct offers_in *o, uint32_t client);

/* Whether one is being taken, so that a descriptor comes. */
bool offers_in_any(const struct offers_in *o);

#endif
