/*
 * Commands that read the inbox. One at a time has the lease: what it was
 * given is given to nobody else until it said DONE, or is gone.
 */
#ifndef PCHAT_SESSION_READER_H
#define PCHAT_SESSION_READER_H

#include "base/macros.h"
#include "proto/control.h"

struct caller;
struct reader;
struct session;

MUST_USE struct reader *reader_new(struct session *s);
void reader_free(struct reader *r);

/* READ, DONE, and the end of a caller. */
void reader_read(struct reader *r, struct caller *c, const struct control_message *m);
void reader_done(struct reader *r, struct caller *c, const struct control_message *m);
void reader_forget(struct reader *r, struct caller *c);

/* Records arrived: those who wait for some are served. */
void reader_wake(struct reader *r);

/* The session ends: those who wait are told. */
void reader_end(struct reader *r);

#endif
