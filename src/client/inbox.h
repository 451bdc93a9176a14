/*
 * Reads what arrives, batch by batch, in an event loop, for as long as a chat lasts. A record is marked read only after
 * it was shown (D4). It has a connection of its own, which is made again when the helper was started anew.
 *
 * An inbox that follows gets every record, also those that another reader takes, and every message that the session
 * sends, by whichever command.
 */
#ifndef PCHAT_CLIENT_INBOX_H
#define PCHAT_CLIENT_INBOX_H

#include <ev.h>
#include <stdbool.h>

#include "client/link.h"
#include "proto/control.h"

struct inbox;

struct inbox_class {
	/* A record arrived. It is valid during the call only. */
	void (*record)(void *context, const struct record *r);
	/*
	 * Only of one that follows: a message of the session's was delivered. `missed`: so many before it were not
	 * told.
	 */
	void (*said)(void *context, const struct record *r, uint64_t missed);
	/* Writes out what was given. 0; or -errno: it may not be marked read. */
	int (*shown)(void *context);
	/*
	 * Only of one that is held, once: it has the first of what was unread at the start, and what the session says is
	 * kept for it from now on. `more`: newer ones of that time are unread as well.
	 */
	void (*listens)(void *context, bool more);
	/* All that was there at the start has been shown. Called once. */
	void (*caught_up)(void *context);
	/* No more will come. NO_SESSION: the session has ended; else why it cannot be read. */
	void (*over)(void *context, enum verdict v);
	/* The connection is lost: the callee calls inbox_reconnect() when a helper is there again. */
	void (*lost)(void *context);
};

/* Makes one, not connected yet. The class, the context and the link must stay. NULL: short of memory. */
struct inbox *inbox_new(struct ev_loop *loop, struct link *link, const struct inbox_class *class, void *context);

/* Closes and frees it; takes NULL. */
void inbox_free(struct inbox *in);

/*
 * Makes it one that follows, before it begins. `newest` is the id of the newest record now: later ones are shown
 * whoever reads them.
 */
void inbox_follow(struct inbox *in, uint64_t newest);

/*
 * Before it begins: what it gives first is not to be shown before inbox_go_on(), which calls shown(). Nobody else is given that
 * meanwhile.
 */
void inbox_hold(struct inbox *in);
void inbox_go_on(struct inbox *in);

/* Whether it follows on this connection: an older helper cannot. */
bool inbox_follows(const struct inbox *in);

/* Connects, for the first time or again. False: no helper is there. */
bool inbox_reconnect(struct inbox *in);

#endif
