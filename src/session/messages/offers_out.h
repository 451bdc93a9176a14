/*
 * What our commands offer the partner (R13). Each is held until its command is gone or it was told that the offer is over;
 * it is said again whenever the connection to the partner was made anew, under its id.
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
	/* For the command: OFFER_TOLD; CHANNEL with its end, which is given away. */
	void (*told)(void *context, uint32_t client, const struct offer_word *w);
	void (*channel)(void *context, uint32_t client, const struct offer_word *w, int fd);
	/* An end of a channel that nobody wants: to be closed. */
	void (*drop)(void *context, int fd);
	/* offers_out_any() may have changed. */
	void (*changed)(void *context);
};

MUST_USE struct offers_out *
offers_out_new(const struct offers_out_class *class, void *context, const struct state *state);
void offers_out_free(struct offers_out *o);

/* A command's OFFER; its body is copied. */
void offers_out_offer(struct offers_out *o, uint32_t client, const struct offer *offer);

/* OFFER_TOLD; CHANNEL with OK and its end. */
void offers_out_told(struct offers_out *o, const struct offer_word *w);
void offers_out_channel(struct offers_out *o, const struct offer_word *w, int fd);

/* Messages go to the partner: the offers as well. They do not just now. */
void offers_out_paired(struct offers_out *o);
void offers_out_blocked(struct offers_out *o);

/* The pair is over, and why (VERDICT_LEFT, ...). A command is gone. */
void offers_out_ended(struct offers_out *o, enum verdict why);
void offers_out_forget(struct offers_out *o, uint32_t client);

/* Whether one of these may be taken, so that a descriptor comes; and whether this is one of them. */
bool offers_out_any(const struct offers_out *o);
bool offers_out_has(const struct offers_out *o, const struct ident *msgid);

#endif
