/*
 * What a session is just now: itself, its pair, its rules. Plain state that all parts
 * read; the pair is changed by messages/pair.c, the rest by whoever learns it. Whoever
 * changed something that STATUS shows says so by state_changed().
 */
#ifndef PCHAT_SESSION_STATE_STATE_H
#define PCHAT_SESSION_STATE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/policy.h"
#include "proto/control.h"
#include "proto/upstream.h"

/* The pair, as far as the daemon has told us. */
struct partner {
	uint64_t pair; /* 0: none */
	bool online;
	struct peer peer;
	char away[AWAY_MAX + 1]; /* why it is; "": it is not */
	uint8_t last_end;        /* enum ending of the latest pair, when there is none */
};

struct state {
	struct peer self;
	struct partner partner;
	struct policy policy;
	char away[AWAY_MAX + 1];        /* why we are; "": we are not */
	bool notes_off;                 /* no notes are taken */
	void (*changed)(void *context); /* may be called often, and from within any part: it only notes it */
	void *context;
};

void state_changed(const struct state *s);

/* What STATUS shows of it: all but `unread` and `last`. `ready`: the daemon is connected, and has told all that it knows. */
void state_show(const struct state *s, bool ready, struct control_message *m);

#endif
