/*
 * Commands that read the inbox. One at a time has the lease: what it was
 * given is given to nobody else until it said DONE, or is gone.
 */
#ifndef PCHAT_SESSION_CONTROL_READING_H
#define PCHAT_SESSION_CONTROL_READING_H

#include "base/macros.h"
#include "proto/control.h"

struct control_client;
struct reading;
struct session;

MUST_USE struct reading *reading_new(struct session *s);
void reading_free(struct reading *r);

/* READ, DONE, and the end of a client. */
void reading_read(struct reading *r, struct control_client *c, const struct control_message *m);
void reading_done(struct reading *r, struct control_client *c, const struct control_message *m);
void reading_forget(struct reading *r, struct control_client *c);

/* Records arrived: those who wait for some are served. */
void reading_wake(struct reading *r);

/* The session ends: those who wait are told. */
void reading_end(struct reading *r);

#endif
