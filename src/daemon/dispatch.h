/*
 * A frame that is neither MSG nor ACK: decoded, checked against the state of its
 * connection, performed, answered.
 */
#ifndef PCHAT_DAEMON_DISPATCH_H
#define PCHAT_DAEMON_DISPATCH_H

#include "proto/frame.h"

struct client;

/* A client that broke the protocol has been told BYE, and is in CLIENT_ENDED. */
void dispatch_frame(struct client *c, const struct frame *f);

#endif
