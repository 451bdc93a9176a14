/*
 * The connection to pchatd: made, lost and made again; login and resume; the
 * requests that wait for its answer. It tells the other parts what arrives.
 */
#ifndef PCHAT_SESSION_UPLINK_UPLINK_H
#define PCHAT_SESSION_UPLINK_UPLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "core/verdict.h"
#include "proto/upstream.h"

struct control_client;
struct session;
struct uplink;

MUST_USE struct uplink *uplink_new(struct session *s);
void uplink_free(struct uplink *u);

/*
 * Connects and logs in; `fresh`: as a new session. What comes of it is told by session_logged_in() or session_refused().
 * Returns OK, or NO_DAEMON and words when it is fresh and nobody is there for wait_ms (otherwise it is tried again).
 */
MUST_USE enum verdict uplink_start(struct uplink *u, bool fresh, unsigned wait_ms, char *words, size_t size);

/* Whether we are logged in, and know of our pair what the daemon knows. */
bool uplink_ready(const struct uplink *u);

/* Closes the connection and makes a new one. */
void uplink_restart(struct uplink *u);

/* The session is over: whoever asked for that is told. */
void uplink_over(struct uplink *u);

/* Frames, written as they are; dropped when we are not logged in. */
void uplink_write(struct uplink *u, const void *data, size_t n);

/*
 * Asks the daemon on behalf of a client: TO, LEAVE, QUIT, WHO, POLICY. When it is not reachable, as soon as it is. The
 * answer goes to the client.
 */
void uplink_ask(struct uplink *u, struct control_client *c, const struct upstream_message *m);

/* QUIT, whatever the answer, also of a login that was not answered yet: the session ends before it was of any use. */
void uplink_farewell(struct uplink *u);

/* The client is gone: it waits no longer, and hears nothing. */
void uplink_forget(struct uplink *u, struct control_client *c);

/*
 * Whether our pair may be changing: a request of ours that can end it is under way. Until it is answered
 * nobody knows which pair's messages still count.
 */
bool uplink_pair_pending(const struct uplink *u);

#endif
