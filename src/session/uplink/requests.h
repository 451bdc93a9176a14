/*
 * Questions of our commands to the daemon: TO, LEAVE, QUIT, WHO, POLICY, AWAY. They are asked in order, as soon as the
 * daemon is there, and asked again when a connection was lost with their answers. Commands are named by their index;
 * each has at most one question at a time.
 */
#ifndef PCHAT_SESSION_UPLINK_REQUESTS_H
#define PCHAT_SESSION_UPLINK_REQUESTS_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "core/verdict.h"
#include "proto/upstream.h"
#include "session/state/state.h"

struct requests;

#define REQUESTS_NOBODY UINT32_MAX /* asked by ourselves: no command waits for the answer */

struct requests_class {
	/* To the daemon; false: the connection is lost, and requests_down() follows. */
	bool (*send)(void *context, const struct upstream_message *m);
	/*
	 * A question that can end our pair is about to be sent; or, false, all of these are answered. In between nobody
	 * knows which pair's messages still count.
	 */
	void (*unsure)(void *context, bool unsure);
	/* The answer for a command, with words of ours or NULL; WHO_PAGE: as the frame that it came in. */
	void (*answered)(void *context, uint32_t client, enum verdict v, const char *words);
	void (*page)(void *context, uint32_t client, const struct frame *f);
	/* Its TO --wait is in the daemon's queue, for the first time or again; the answer follows. */
	void (*queued)(void *context, uint32_t client);
	/* We left our pair. */
	void (*left)(void *context);
	/* The session is over, by QUIT: then requests_over() tells who asked for it. */
	void (*quit)(void *context);
	/* The connection has to be closed: EPROTO, the daemon answered what nobody asked; ENOMEM. */
	void (*broken)(void *context, int error);
};

MUST_USE struct requests *
requests_new(const struct requests_class *class, void *context, const struct state *state, struct ev_loop *loop);
void requests_free(struct requests *r);

/* Asks on behalf of a command, now or as soon as it is possible. False: there is no memory. */
MUST_USE bool requests_ask(struct requests *r, uint32_t client, const struct upstream_message *m);

/* The command is gone: it waits no longer, and hears nothing. */
void requests_forget(struct requests *r, uint32_t client);

/* The connection: it is made, questions have to wait; we are logged in; it is lost, what was under way is asked again. */
void requests_up(struct requests *r);
void requests_ready(struct requests *r);
void requests_down(struct requests *r);

/* What the daemon says: RESULT, WHO_PAGE, PAIRED with that name, WAIT_OVER. */
void requests_result(struct requests *r, enum verdict v);
void requests_page(struct requests *r, const struct frame *f);
void requests_paired(struct requests *r, const char *name);
void requests_wait_over(struct requests *r, enum verdict v);

/* Whether a command of ours asked for a pair with `name`. */
bool requests_asked_for(const struct requests *r, const char *name);

/* Whether QUIT was asked. */
bool requests_quitting(const struct requests *r);

/* The session is over: whoever asked for that is told. */
void requests_over(struct requests *r);

#endif
