/*
 * One connection of the daemon: a stream, whose it is, how far it has come, and what it is told.
 * It holds no buffer of its own; one that is logged in and idle is a struct client and nothing else.
 */
#ifndef PCHAT_DAEMON_CLIENT_H
#define PCHAT_DAEMON_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "core/exchange.h"
#include "core/window.h"
#include "daemon/names/account.h"
#include "daemon/names/names.h"
#include "daemon/notes/tells.h"
#include "daemon/streams/streams.h"
#include "net/deadlines.h"
#include "net/stream.h"
#include "proto/upstream.h"

struct daemon;
struct windows;

enum client_state {
	CLIENT_CONNECTED, /* HELLO is awaited, */
	CLIENT_GREETED,   /* then LOGIN */
	CLIENT_LOGGED_IN,
	CLIENT_TELLS, /* or it began with TELL, and has no session */
	CLIENT_ENDED, /* quit, replaced, told BYE: what it still says is not heard */
};

/* What a connection has beside until its LOGIN is granted, or it has begun to tell: see client_login_over(). */
struct login {
	struct client *client;
	struct deadline greeting; /* daemon::greetings */
	struct names_asker asker;
	uint8_t may;
	bool waits;      /* the LOGIN, unread as yet, waits for a look-up */
	bool answered;   /* the look-up has told `may`: OK, RESERVED or NO_ANSWER */
	bool came_back;  /* it asked to resume a session that is not there any more */
	bool resumes;    /* the LOGIN is of a helper that comes back, not of somebody who logs in */
	bool unanswered; /* the LOGIN was refused since no look-up has told */
};

struct client {
	struct stream stream;
	struct daemon *daemon; /* for connection.h and what stands above it */
	struct account *account;
	struct windows *windows;
	struct login *login;   /* NULL: it is logged in, or tells */
	struct window *window; /* D7; NULL while no more than one message is under way, */
	uint32_t lone;         /* whose size is this; 0: none */
	slot_t slot;           /* SLOT_NONE: not logged in */
	uint32_t features;     /* that its HELLO named */
	uint8_t state;         /* enum client_state */
	bool greets_late;      /* our HELLO goes with the answer to its note, which is on the way */
	struct tells_end notes;
	struct streams_end streams;
};

void client_send(struct client *c, const struct upstream_message *m);
void client_result(struct client *c, enum verdict v);

/* Whether its LOGIN, unread as yet, waits for a look-up. */
static inline bool
client_waits(const struct client *c)
{
	return c->login && c->login->waits;
}

/*
 * It is logged in, or tells, or is closed: frees what only a login takes. By now it is not among the greetings, and waits
 * for no look-up.
 */
void client_login_over(struct client *c);

/* The user database has not answered for its LOGIN. Who logs in is told so; a helper that comes back, whatever its age, tries again. */
void client_unanswered(struct client *c);

/* Says why, and closes. */
void client_bye(struct client *c, enum bye reason);

/* Whether its uid may make one request more now. */
bool client_may_ask(const struct client *c);

/* D7: notes a message of `size` bytes under way. 0; -ENOBUFS: it exceeds what may be; -ENOMEM. */
MUST_USE int client_window_push(struct client *c, uint32_t size);

/* The `count` oldest arrived; false, and nothing changed: so many are not under way. */
bool client_window_pop(struct client *c, uint32_t count);

/* Its pair is over, or begins anew: nothing is under way any more, and nothing offered. */
void client_pair_reset(struct client *c);

#endif
