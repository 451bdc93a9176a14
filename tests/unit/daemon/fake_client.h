/* A connection of the daemon on a socket pair, with nothing of the daemon behind it. */
#ifndef PCHAT_TEST_FAKE_CLIENT_H
#define PCHAT_TEST_FAKE_CLIENT_H

#include "daemon/client.h"

/* Sets the stream of c, which has no session; returns what its peer would read. */
int fake_client(struct client *c, struct ev_loop *loop);

#endif
