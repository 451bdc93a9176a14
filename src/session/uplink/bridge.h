/*
 * The way to a daemon of another host: an ssh(1) of ours that forwards its socket to one beside ours, started, watched
 * and ended here. The rules are core/via.h's.
 */
#ifndef PCHAT_SESSION_UPLINK_BRIDGE_H
#define PCHAT_SESSION_UPLINK_BRIDGE_H

#include <ev.h>

#include "base/macros.h"
#include "core/via.h"
#include "net/session_file.h"

struct bridge;

/* `file` says where to, `dir` is where its socket is made, called `base`.via. NULL: there is no memory. */
MUST_USE struct bridge *
bridge_new(const struct session_file *file, const struct rundir *dir, const char *base, struct ev_loop *loop);

/* Ends ssh. Takes NULL. */
void bridge_free(struct bridge *b);

/*
 * A non-blocking descriptor; -EAGAIN: not yet; else -errno: ssh cannot be started. It is to be asked again and again:
 * each time it sees what became of ssh.
 */
MUST_USE int bridge_connect(struct bridge *b);

/* The daemon has let us in. */
void bridge_reached(struct bridge *b);

/* A connection was closed, before that or after it. `heard`: the daemon had said something on it, so ssh is well. */
void bridge_closed(struct bridge *b, bool heard);

/* What is wrong, as words; NULL: nothing is known to be. */
const char *bridge_trouble(const struct bridge *b);

/* The same, when it does not pass before a person has done something. */
const char *bridge_hopeless(const struct bridge *b);

#endif
