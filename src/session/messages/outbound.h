/*
 * Messages of our commands on their way to the partner: the courier's decisions, performed.
 * Each call is one turn's worth: what can go upstream goes with one write.
 */
#ifndef PCHAT_SESSION_MESSAGES_OUTBOUND_H
#define PCHAT_SESSION_MESSAGES_OUTBOUND_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/macros.h"
#include "core/exchange.h"
#include "proto/frame.h"

struct outbound;
struct session;
struct control_client;

MUST_USE struct outbound *outbound_new(struct session *s);
void outbound_free(struct outbound *o);

void outbound_attach(struct outbound *o, uint32_t slot);
void outbound_detach(struct outbound *o, uint32_t slot);

/* As the courier's. */
enum verdict outbound_expect(struct outbound *o, uint32_t slot, const char *name);
void outbound_remember(struct outbound *o, uint64_t pair, const char *partner);

/*
 * Takes the MSG frames that stand at the beginning of the client's input; changes them in place. Returns the bytes
 * consumed, up to the first other or incomplete frame, or to where the client was paused. -1: malformed.
 */
ssize_t outbound_frames(struct outbound *o, struct control_client *c, uint8_t *data, size_t n);

/* An acknowledgement from the partner. */
void outbound_ack(struct outbound *o, struct ack *a);

/* The way changed; see core/courier.h. */
void outbound_paired(struct outbound *o, uint64_t pair, uint32_t epoch, bool online);
void outbound_blocked(struct outbound *o);
void outbound_ended(struct outbound *o, enum ending how);
void outbound_left(struct outbound *o);

#endif
