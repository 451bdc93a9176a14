/*
 * Frames that are neither MSG nor ACK. Each is decoded, checked against the state of its connection, performed and
 * answered.
 */
#ifndef PCHAT_DAEMON_DISPATCH_H
#define PCHAT_DAEMON_DISPATCH_H

#include "proto/frame.h"

struct client;

/*
 * Handles one frame of a client. A client that breaks the protocol is told BYE and is CLIENT_ENDED afterwards. Where
 * client_waits() afterwards, a LOGIN waits for a look-up: the caller keeps the frame and calls again when that is
 * over.
 */
void dispatch_frame(struct client *c, const struct frame *f);

#endif
