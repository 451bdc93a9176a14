/*
 * How far a connection to the daemon has come, and what follows from its answers to LOGIN. Plain state, no I/O.
 *
 *   DOWN ── connected: HELLO, LOGIN ──► GREETING ── WELCOME: CANCEL ──► SETTLING ── RESULT ──► READY
 *
 * CANCEL ends a wait that an earlier connection may have left in the daemon's queue. Its answer comes behind all that
 * the daemon has to say of our pair: only then we know what the daemon knows.
 */
#ifndef PCHAT_SESSION_UPLINK_LOGIN_H
#define PCHAT_SESSION_UPLINK_LOGIN_H

#include <stdbool.h>

#include "core/verdict.h"
#include "net/session_file.h"
#include "proto/upstream.h"
#include "session/state/state.h"

enum login_state { LOGIN_DOWN, LOGIN_GREETING, LOGIN_SETTLING, LOGIN_READY };

struct login {
	enum login_state state;
	bool fresh; /* the first login of a new session: there is nothing to resume */
	bool anew;  /* the daemon does not know our session: on this connection it is begun again under its name */
};

/* A connection is made: each begins by asking for what there was. */
void login_begin(struct login *l);

/* The LOGIN to be sent. */
void login_message(
    const struct login *l, const struct session_file *file, const struct state *state, struct upstream_message *m);

/* WELCOME arrived. Whether the daemon had lost its registry: a session that was to be resumed was begun anew. */
bool login_welcome(struct login *l, bool resumed);

/* The answer to CANCEL arrived. */
void login_settled(struct login *l);

enum login_refusal {
	LOGIN_AGAIN,      /* send LOGIN again on this connection */
	LOGIN_RETRY,      /* close it, and come back soon */
	LOGIN_RETRY_LATE, /* close it, and come back after the longest pause */
	LOGIN_OVER,       /* the session cannot be had */
};

/* The daemon refused LOGIN. */
enum login_refusal login_refused(struct login *l, enum verdict v);

#endif
