/* Frames about notes (R11), and what the notes' own rooms ask of the daemon. */
#ifndef PCHAT_DAEMON_DISPATCH_NOTES_H
#define PCHAT_DAEMON_DISPATCH_NOTES_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/upstream.h"

struct client;
struct finder_class;
struct keeper_class;
struct tells_class;

/* Whether it is a request about notes, which needs no session. */
bool dispatch_is_note(enum upstream_type type);

/* One of those requests, or a NOTE_ACK. */
void dispatch_note(struct client *c, const struct upstream_message *m);

/* The same, as what a connection begins with: it has said what it is here for, as one that logs in. */
void dispatch_first_note(struct client *c, const struct upstream_message *m);

/* What notes/tells.h asks of the daemon; and notes/finder.h and notes/keeper.h, whose context is struct daemon. */
extern const struct tells_class dispatch_tells;
extern const struct finder_class dispatch_finder;
extern const struct keeper_class dispatch_keeper;

#endif
