/*
 * A link to the daemon itself, for what needs no session. The daemon is the one that is named, else the host's, else the
 * user's own; it is checked as helpers check it, and never started.
 */
#ifndef PCHAT_CLIENT_DAEMON_LINK_H
#define PCHAT_CLIENT_DAEMON_LINK_H

#include <stdbool.h>

#include "base/macros.h"
#include "client/link.h"
#include "proto/upstream.h"

struct daemon_link {
	struct link *link;
	const char *socket; /* that was named; NULL: none was */
	bool explicit;      /* by --socket */
};

/*
 * Connects, and queues HELLO, which is written with what is queued next. 0; -EAGAIN: its queue is full; -ENOENT or
 * -ECONNREFUSED, *awaited: it is not there, and is meant to be; else -errno. With words, but for -EAGAIN.
 */
MUST_USE int daemon_link_open(const struct daemon_link *d, bool *awaited);

/* Adds a message to what is to be written. */
void daemon_link_queue(const struct daemon_link *d, const struct upstream_message *m);

/*
 * Connects as long as it takes until the deadline, asks, and waits for an answer of that type, with the id of the request
 * if it has one. OK; NO_DAEMON, OLD_DAEMON, TIMED_OUT, FAILED, or what the daemon refused it with; with words.
 */
MUST_USE enum verdict daemon_link_call(const struct daemon_link *d, const struct upstream_message *request,
    uint64_t deadline, enum upstream_type expected, struct upstream_message *reply);

/*
 * Connects once and asks of which release it is, foreign bytes. OK; OLD_DAEMON: it does not know the question; NO_DAEMON,
 * TIMED_OUT, or what it refused the question with.
 */
MUST_USE enum verdict daemon_link_version(const struct daemon_link *d, uint64_t deadline, char text[VERSION_MAX + 1]);

#endif
