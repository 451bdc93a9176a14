/*
 * A connection to the daemon itself, for what needs no session. The daemon is the one that was named, else the host's,
 * else the user's own; or that of a session. Whether it may be trusted is checked (endpoint_trusted()). It is never started.
 */
#ifndef PCHAT_CLIENT_DAEMON_LINK_H
#define PCHAT_CLIENT_DAEMON_LINK_H

#include <stdbool.h>

#include "base/macros.h"
#include "client/link.h"
#include "proto/upstream.h"

struct daemon_link {
	struct link *link;  /* holds the connection and the words about what went wrong */
	const char *socket; /* the path that was named; NULL: none was */
	bool explicit;      /* it was named by --socket, so whoever listens there is trusted */
	bool own;           /* the user's own is meant, whether or not the host has one */
};

/*
 * Connects, and queues HELLO, which is written together with what is queued next. The caller ends with link_close(). 0;
 * -EAGAIN: the daemon's queue of connections is full; another -errno, with words in the link. *awaited: the daemon is
 * not there although one is meant to be (-ENOENT, -ECONNREFUSED), so it is worth another try.
 */
MUST_USE int daemon_link_open(const struct daemon_link *d, bool *awaited);

/* Adds a message to what link_flush() writes. The caller sees to it that there is room. */
void daemon_link_queue(const struct daemon_link *d, const struct upstream_message *m);

/*
 * Connects, sends a request, waits for an answer of the type `expected`, and closes. A connection that fails is tried
 * again until the deadline (base/clock.h). OK, and the answer in *reply; NO_DAEMON; OLD_DAEMON: it does not know the
 * request; TIMED_OUT; FAILED; or what the daemon refused it with. All but OK leave words in the link.
 */
MUST_USE enum verdict daemon_link_call(const struct daemon_link *d, const struct upstream_message *request,
    uint64_t deadline, enum upstream_type expected, struct upstream_message *reply);

/*
 * Connects once, and asks for the daemon's release. OK, and that in `text`, which is foreign and must be made safe
 * before people see it; OLD_DAEMON: it does not know the question; NO_DAEMON; TIMED_OUT; or what it refused the
 * question with.
 */
MUST_USE enum verdict daemon_link_version(const struct daemon_link *d, uint64_t deadline, char text[VERSION_MAX + 1]);

#endif
