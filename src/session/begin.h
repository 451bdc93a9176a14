/* How a session begins: its name, its lock, its inbox, its parts, and the daemon; and how all that is given up. */
#ifndef PCHAT_SESSION_BEGIN_H
#define PCHAT_SESSION_BEGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "core/verdict.h"
#include "session/session.h"

struct session_start {
	const char *host; /* where it is logged in; empty: here */
	const char *name;
	bool resume;        /* an earlier helper's session goes on; what follows is in its file */
	const char *socket; /* NULL: the host's, else the user's own */
	bool trusted;       /* the user named it (--socket; a variable does not count): whoever listens there */
	const struct via *via; /* with a host, and unless resumed: how it is reached */
	const char *agent;     /* with via: the socket of ssh's agent; NULL: there is none */
	uint64_t max_messages, max_bytes;
	unsigned timeout_ms;              /* of a login */
	unsigned wait_ms;                 /* for a daemon that is not there */
	void (*report)(const char *text); /* how the login went: "ok", or "error N WORDS", behind notes */
};

/*
 * Takes the locks, opens the inbox, finds the daemon, and connects. Returns OK, or why not, with words; then
 * begin_undo() all the same.
 */
MUST_USE enum verdict begin_session(struct session *s, const struct session_start *start, char *words, size_t size);

void begin_undo(struct session *s);

#endif
