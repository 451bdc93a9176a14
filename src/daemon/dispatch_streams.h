/* Frames about offers and channels (R13), and what daemon/streams asks of the daemon. */
#ifndef PCHAT_DAEMON_DISPATCH_STREAMS_H
#define PCHAT_DAEMON_DISPATCH_STREAMS_H

#include "proto/upstream.h"

struct client;
struct streams_class;

/* OFFER, OFFER_ACK, OFFER_OVER, ACCEPT or DECLINE, of a session. */
void dispatch_offer(struct client *c, const struct upstream_message *m);

/* What streams/streams.h asks of the daemon. */
extern const struct streams_class dispatch_streams;

#endif
