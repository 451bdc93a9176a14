/*
 * A connection to the session's helper in an event loop. It says HELLO and hands out frames, whose meaning it does not
 * know. A chat has several, so that no request waits for the answer to another one.
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
	/* A frame arrived. It is valid during the call only. Not called after conn_close(). */
	void (*frame)(void *owner, const struct frame *f);
	/*
	 * The helper closed the connection or broke the protocol; the connection is freed. Not called after
	 * conn_close().
	 */
	void (*lost)(void *owner);
};

/*
 * Connects to the helper of the session that `l` has found. Never starts a helper, never waits. The class and the owner
 * must stay. The caller closes it by conn_close(), unless it is lost. NULL: no helper is there, or it takes no
 * connection, or memory is short.
 */
struct conn *conn_open(struct ev_loop *loop, struct link *l, const struct conn_class *class, void *owner);

/* Closes and frees the connection; takes NULL. The functions of the class may call it. */
void conn_close(struct conn *c);

/* Writes a request, or queues what cannot be written now (stream_write()). When that fails, `lost` is called later. */
void conn_request(struct conn *c, const struct control_message *m);

/* The same for n bytes of whole frames. */
void conn_write(struct conn *c, const void *data, size_t n);

#endif
