/* Frames about offers and channels (R13), and the callbacks by which daemon/streams uses the daemon. */
#ifndef PCHAT_DAEMON_DISPATCH_STREAMS_H
#define PCHAT_DAEMON_DISPATCH_STREAMS_H

#include "proto/upstream.h"

struct client;
struct streams_class;

/* Handles an OFFER, OFFER_ACK, OFFER_OVER, ACCEPT or DECLINE of a client that is logged in. */
void dispatch_offer(struct client *c, const struct upstream_message *m);

/* For streams/streams.h. */
extern const struct streams_class dispatch_streams;

#endif
