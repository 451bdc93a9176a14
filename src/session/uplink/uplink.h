/*
 * The connection to pchatd: made, lost and made again. It logs in by itself (login.h), and passes on what
 * arrives, in the order in which it came.
 */
#ifndef PCHAT_SESSION_UPLINK_UPLINK_H
#define PCHAT_SESSION_UPLINK_UPLINK_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "core/verdict.h"
#include "net/session_file.h"
#include "proto/upstream.h"
#include "session/state/state.h"

struct uplink;

#define UPLINK_WHY 512 /* bytes of words about a daemon that cannot be reached */

struct uplink_class {
	/* A non-blocking descriptor; -errno and words, or none, in `why`. */
	int (*connect)(void *context, char why[UPLINK_WHY]);
	/* The connection is made. Then, WELCOME: what the daemon says of us; `lost`: it had lost its registry. */
	void (*up)(void *context);
	void (*welcome)(void *context, const struct upstream_message *m, bool lost);
	/* We are logged in, and know of our pair what the daemon knows. */
	void (*ready)(void *context);
	/* The connection is lost. It is made again unless uplink_stop() was called. */
	void (*down)(void *context);
	/* The session cannot be had, or is somebody else's now. Words may be NULL. */
	void (*refused)(void *context, enum verdict why, const char *words);
	void (*replaced)(void *context);
	/* What arrives: messages; acknowledgements; RESULT; WHO_PAGE, as its frame; any other notice. */
	void (*message)(void *context, const struct frame *f);
	void (*ack)(void *context, const struct ack *a);
	void (*result)(void *context, enum verdict v);
	void (*page)(void *context, const struct frame *f);
	void (*notice)(void *context, const struct upstream_message *m);
	/* All that arrived in this turn of the loop was passed on. */
	void (*turn)(void *context);
};

MUST_USE struct uplink *uplink_new(const struct uplink_class *class, void *context, const struct session_file *file,
    const struct state *state, struct ev_loop *loop);
void uplink_free(struct uplink *u);

/*
 * Connects and logs in; `fresh`: as a new session. What comes of it is told by class->ready() or class->refused().
 * 0; or, when it is fresh and nobody is there, -errno and words, or none, in `why`. Otherwise it is tried again.
 */
MUST_USE int uplink_start(struct uplink *u, bool fresh, char why[UPLINK_WHY]);

/* Whether we are logged in, and know of our pair what the daemon knows. */
bool uplink_ready(const struct uplink *u);

/* Whether the daemon has said anything on the latest connection. */
bool uplink_heard(const struct uplink *u);

/* Frames, written as they are; dropped when we are not logged in. */
void uplink_write(struct uplink *u, const void *data, size_t n);

/* Whether the daemon knows all of these features (proto/feature.h). */
bool uplink_knows(const struct uplink *u, uint32_t features);

/* A question of requests.h, or TELL. False: the connection is lost, or not ready. */
bool uplink_send(struct uplink *u, const struct upstream_message *m);

/* From now on a descriptor may come, with CHANNEL (net/stream.h); the one that came with the notice that is told, or -1. */
void uplink_expect(struct uplink *u, bool expects);
int uplink_take_passed(struct uplink *u);

/*
 * What is not a question: also while we do not know all of our pair yet, for the partner may write as soon as the daemon
 * knows that we are back. False: there is no connection.
 */
bool uplink_tell(struct uplink *u, const struct upstream_message *m);

/* Closes the connection because of `error`, and makes a new one. */
void uplink_restart(struct uplink *u, int error);

/* QUIT, whatever the answer, also of a login that was not answered yet: the session ends before it was of any use. */
void uplink_farewell(struct uplink *u);

/* The session ends: nothing that still comes is passed on, and no connection is made any more. */
void uplink_stop(struct uplink *u);

#endif
