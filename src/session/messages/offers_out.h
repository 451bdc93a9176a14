/*
 * What our commands offer the partner (R13). An offer is held until its command has gone, or was told that the offer is
 * over. It is said again, under the same id, whenever the connection to the partner was made anew.
 *
 * Makes no system call. A descriptor that it is given goes on to the class, which owns it then.
 */
#ifndef PCHAT_SESSION_MESSAGES_OFFERS_OUT_H
#define PCHAT_SESSION_MESSAGES_OFFERS_OUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "core/verdict.h"
#include "proto/upstream.h"
#include "session/state/state.h"

struct offers_out;

struct offers_out_class {
	/* Writes a frame to the daemon. False: there is no connection just now. */
	bool (*send)(void *context, const struct upstream_message *m);
	/* Tells a command OFFER_TOLD: what became of its offer. */
	void (*told)(void *context, uint32_t client, const struct offer_word *w);
	/* Gives a command CHANNEL with its end, which the callee owns then. */
	void (*channel)(void *context, uint32_t client, const struct offer_word *w, int fd);
	/* Closes an end of a channel that nobody wants. */
	void (*drop)(void *context, int fd);
	/* The result of offers_out_any() may have changed. */
	void (*changed)(void *context);
};

/* The class, the context and the state must stay. NULL: short of memory. */
MUST_USE struct offers_out *
offers_out_new(const struct offers_out_class *class, void *context, const struct state *state);

/* Frees it; takes NULL. Calls nothing of the class. */
void offers_out_free(struct offers_out *o);

/* A command said OFFER; its body is copied. One that cannot be made is answered by class->told() at once. */
void offers_out_offer(struct offers_out *o, uint32_t client, const struct offer *offer);

/* The daemon said OFFER_TOLD: the partner has the offer (OK, and its number), or why it is over. */
void offers_out_told(struct offers_out *o, const struct offer_word *w);

/* The daemon said CHANNEL: the offer was taken. `fd` is our end, which is taken over. */
void offers_out_channel(struct offers_out *o, const struct offer_word *w, int fd);

/* Messages go to the partner from now on: says all offers again. Offers of an earlier pair are over. */
void offers_out_paired(struct offers_out *o);

/* The partner cannot be reached for now. */
void offers_out_blocked(struct offers_out *o);

/* The pair is over, and with it all offers: their commands are told `why` (VERDICT_LEFT, ...). */
void offers_out_ended(struct offers_out *o, enum verdict why);

/* A command has gone: its offer is over. */
void offers_out_forget(struct offers_out *o, uint32_t client);

/* Whether an offer may still be taken, so that the daemon may pass a descriptor. */
bool offers_out_any(const struct offers_out *o);

/* Whether the offer of that id is one of these. */
bool offers_out_has(const struct offers_out *o, const struct ident *msgid);

#endif
