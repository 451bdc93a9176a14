/*
 * Messages from the partner: the decisions of core/intake.h, performed. They are stored in one transaction a turn, and
 * only then acknowledged (D4).
 */
#ifndef PCHAT_SESSION_MESSAGES_INBOUND_H
#define PCHAT_SESSION_MESSAGES_INBOUND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "core/intake.h"
#include "proto/frame.h"
#include "session/state/state.h"

struct inbound;

struct inbound_class {
	/* Puts a message of the partner into the open transaction; its body is read before this returns. */
	enum intake_fate (*store)(void *context, const struct msg *m, int64_t now_ms);
	/* Whether a transaction is open, by a message or by anybody else. And ends it: as store_commit(). */
	bool (*writing)(void *context);
	int (*commit)(void *context);
	/* The commit failed with `error`, which is not 0. Called before the refusals are answered. */
	void (*failed)(void *context, int error);
	/* The transaction ended: OK, or why it failed; STALE: another helper took over. Called before all answers. */
	void (*committed)(void *context, enum verdict v);
	/* Acknowledgements for the partner, as frames. */
	void (*answer)(void *context, const void *frames, size_t n);
	/* A turn is stored, or refused, and answered. */
	void (*done)(void *context);
};

MUST_USE struct inbound *inbound_new(const struct inbound_class *class, void *context, const struct state *state);
void inbound_free(struct inbound *i);

/* A MSG frame; its body is read before this returns. */
void inbound_message(struct inbound *i, const struct frame *f);

/* The end of a turn: commits, and acknowledges. Everything that was put into the transaction before is committed by it. */
void inbound_flush(struct inbound *i);

/* The connection is gone: nothing that it brought can be acknowledged any more, the sender will repeat it. */
void inbound_reset(struct inbound *i);

#endif
