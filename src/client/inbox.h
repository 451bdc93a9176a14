/*
 * What arrives, batch by batch, as long as the chat lasts; and what is there is marked read only when it was shown (D4).
 * On a connection of its own, which it takes up again when the helper was started anew. One that follows shares what
 * arrives with nobody, and is told what the session said, whichever command or chat of it.
 */
#ifndef PCHAT_CLIENT_INBOX_H
#define PCHAT_CLIENT_INBOX_H

#include <ev.h>
#include <stdbool.h>

#include "client/link.h"
#include "proto/control.h"

struct inbox;

struct inbox_class {
	void (*record)(void *context, const struct record *r);
	/* Of one that follows: a message of the session's was delivered; `missed` before it are not told. */
	void (*said)(void *context, const struct record *r, uint64_t missed);
	/* Shows what was given; 0, or -errno: it may not be marked as read. */
	int (*shown)(void *context);
	/* All that was there at the start was shown. Once. */
	void (*caught_up)(void *context);
	/* There will be no more. NO_SESSION: the session ended; else why it cannot be read. */
	void (*over)(void *context, enum verdict v);
	/* The connection is gone: call inbox_reconnect() when a helper is there again. */
	void (*lost)(void *context);
};

struct inbox *inbox_new(struct ev_loop *loop, struct link *link, const struct inbox_class *class, void *context);
void inbox_free(struct inbox *in);

/* Before it begins: it is to follow; record `newest` is the newest of now, what comes behind it is shown whoever reads it. */
void inbox_follow(struct inbox *in, uint64_t newest);

/* Whether what is delivered from now on will be told, as long as the connection lasts. */
bool inbox_follows(const struct inbox *in);

/* Also to begin. False when no helper is there. */
bool inbox_reconnect(struct inbox *in);

#endif
