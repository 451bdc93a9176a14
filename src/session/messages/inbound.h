/*
 * Messages from the partner: gathered, stored in one transaction a turn, and only then
 * acknowledged, as runs (D4).
 */
#ifndef PCHAT_SESSION_MESSAGES_INBOUND_H
#define PCHAT_SESSION_MESSAGES_INBOUND_H

#include "base/macros.h"
#include "proto/frame.h"

struct inbound;
struct session;

MUST_USE struct inbound *inbound_new(struct session *s);
void inbound_free(struct inbound *i);

/* A MSG frame; its body is read before this returns. */
void inbound_message(struct inbound *i, const struct frame *f);

/* The end of a turn: commits, and acknowledges. Everything that was put into the store before is committed by it. */
void inbound_flush(struct inbound *i);

/* The connection is gone: nothing that it brought can be acknowledged any more, the sender will repeat it. */
void inbound_reset(struct inbound *i);

/* What was kept back while our pair was uncertain (uplink_pair_pending) is stored now, or dropped. */
void inbound_settle(struct inbound *i);

#endif
