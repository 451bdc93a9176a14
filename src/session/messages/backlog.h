/*
 * What arrived and cannot be stored yet, in the order in which it came: all of it while the inbox is held, messages
 * also while nobody knows whether they still count. Each piece is handed on, and dated, as soon as it can be. The room
 * is bounded, in all and for each account.
 */
#ifndef PCHAT_SESSION_MESSAGES_BACKLOG_H
#define PCHAT_SESSION_MESSAGES_BACKLOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "proto/control.h"
#include "proto/frame.h"
#include "proto/upstream.h"

struct backlog;

/* Whatever it is given lives until it returns. */
struct backlog_class {
	/* A MSG; a NOTE; OFFERED; an event: now it can be stored. */
	void (*message)(void *context, const struct frame *f);
	void (*note)(void *context, const struct note *n);
	void (*offer)(void *context, const struct offer *o);
	void (*event)(void *context, enum record_type type, const struct peer *peer);
	/* There is no room, or no memory, for a NOTE or an OFFERED: it is refused. */
	void (*note_refused)(void *context, const struct note *n);
	void (*offer_refused)(void *context, const struct offer *o);
	/* Nor for a message: the connection has to be made anew, so that it is repeated. */
	void (*no_memory)(void *context);
	/* Whether a message of this pair still counts. */
	bool (*counts)(void *context, uint64_t pair);
};

MUST_USE struct backlog *backlog_new(const struct backlog_class *class, void *context);
void backlog_free(struct backlog *b);

/* Something arrived: it is handed on at once if it can be stored now, or copied. An event without room is left out. */
void backlog_message(struct backlog *b, const struct frame *f);
void backlog_note(struct backlog *b, const struct note *n);
void backlog_offer(struct backlog *b, const struct offer *o);
void backlog_event(struct backlog *b, enum record_type type, const struct peer *peer);

/* An offer is open no more: it is handed on no more; NULL: nor is any other. */
void backlog_offer_gone(struct backlog *b, const struct ident *msgid);

/*
 * A request of ours that can end our pair is about to be sent; what came until now is ours. Of messages that come from
 * now on nobody knows whether they still count, until `unsure` is false.
 */
void backlog_unsure(struct backlog *b, bool unsure);

/* While `held` nothing can be stored: another process changes all of the inbox. */
void backlog_hold(struct backlog *b, bool held);
bool backlog_is_held(const struct backlog *b);

/* The connection is gone: only the events stay, the rest is repeated by whoever sent it. */
void backlog_reset(struct backlog *b);

#endif
