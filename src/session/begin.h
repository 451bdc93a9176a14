/* How a session begins: it takes its name, its locks and its inbox, makes its parts, and reaches the daemon. */
#ifndef PCHAT_SESSION_BEGIN_H
#define PCHAT_SESSION_BEGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "core/verdict.h"
#include "session/session.h"

/* What the user asked for. All strings are the caller's, and must stay during begin_session(). */
struct session_start {
	const char *host;      /* the host where it is logged in; empty: this one */
	const char *name;      /* of the session */
	bool resume;           /* an earlier helper's session goes on: its file has the socket and the limits */
	const char *socket;    /* of the daemon; NULL: the host's, else the user's own */
	bool trusted;          /* the user gave --socket, and trusts whoever listens there; a variable does not count */
	const struct via *via; /* how the host is reached; NULL without a host, or when resumed */
	const char *agent;     /* the socket of the user's ssh-agent(1), for via; NULL: there is none */
	uint64_t max_messages; /* most unread messages that the inbox takes */
	uint64_t max_bytes;    /* most bytes of them */
	unsigned timeout_ms;   /* how long the login may take */
	unsigned wait_ms;      /* how long a daemon that is not there is waited for */
	/* Is called once with the start report: lines "note: ...", then "ok" or "error N WORDS" (net/report.h). */
	void (*report)(const char *text);
};

/*
 * Fills in *s: takes the locks, opens the inbox, makes the parts and connects to the daemon. OK: life_run() may follow;
 * else why not, with a sentence in words[size]. Either way the caller gives all up by begin_undo() at the end.
 */
MUST_USE enum verdict begin_session(struct session *s, const struct session_start *start, char *words, size_t size);

/* Frees the parts, closes the inbox, and gives up the locks, as far as begin_session() came. */
void begin_undo(struct session *s);

#endif
