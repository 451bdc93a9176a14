/*
 * A connection to the session's helper inside the event loop: a chat has several, so that no request waits
 * for another one's answer. It says HELLO and hands out frames; what they mean is its owner's.
 */
#ifndef PCHAT_CLIENT_CONN_H
#define PCHAT_CLIENT_CONN_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

#include "client/link.h"
#include "proto/control.h"

struct conn;

struct conn_class {
	/* A frame arrived; MSG's ACKs too. After conn_close() there are no more. */
	void (*frame)(void *owner, const struct frame *f);
	/* The helper closed it, or spoke nonsense: the connection is gone. Not called after conn_close(). */
	void (*lost)(void *owner);
};

/* Never starts a helper, never waits. NULL: none is there, or it has no room for us. */
struct conn *conn_open(struct ev_loop *loop, struct link *l, const struct conn_class *class, void *owner);

/* Takes NULL; may be called from the class's functions. */
void conn_close(struct conn *c);

/* Written, or queued as stream_write() does it; when that fails, `lost` follows. */
void conn_request(struct conn *c, const struct control_message *m);
void conn_write(struct conn *c, const void *data, size_t n);

#endif
