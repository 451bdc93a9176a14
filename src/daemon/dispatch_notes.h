/* Frames about notes (R11), and the callbacks by which the modules of daemon/notes use the daemon. */
#ifndef PCHAT_DAEMON_DISPATCH_NOTES_H
#define PCHAT_DAEMON_DISPATCH_NOTES_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/upstream.h"

struct client;
struct finder_class;
struct keeper_class;
struct tells_class;

/* Whether `type` is TELL, KEPT or UNTELL: requests that need no session. */
bool dispatch_is_note(enum upstream_type type);

/* Handles one of these requests, or a NOTE_ACK. */
void dispatch_note(struct client *c, const struct upstream_message *m);

/*
 * Handles such a request as the first of a connection: from now on the connection counts as one for notes
 * (CLIENT_TELLS), and no longer as one that has not logged in. It is told BYE where there are too many of these.
 */
void dispatch_first_note(struct client *c, const struct upstream_message *m);

/* For notes/tells.h. */
extern const struct tells_class dispatch_tells;

/* For notes/finder.h and notes/keeper.h. Their context is struct daemon. */
extern const struct finder_class dispatch_finder;
extern const struct keeper_class dispatch_keeper;

#endif
