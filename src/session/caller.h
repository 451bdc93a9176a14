/*
 * A command that is connected to the helper: its frames, its place in the courier, the one
 * request of it that is being worked on.
 */
#ifndef PCHAT_SESSION_CALLER_H
#define PCHAT_SESSION_CALLER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "net/stream.h"
#include "proto/control.h"

struct session;
struct request;

struct caller {
	struct stream stream;
	struct session *session;
	uint32_t slot;                 /* in the service, and in the courier */
	bool greeted;                  /* said HELLO */
	bool watching;                 /* WATCH */
	bool behind;                   /* of what it watches: it takes nothing just now */
	bool throttled;                /* paused: no room in the window */
	bool held_back;                /* paused: a request came before the last one was answered */
	char expect[NAME_MAX_LEN + 1]; /* the partner it writes to; empty: whoever it is */
	struct request *request;       /* the daemon is asked, for it; NULL: it is not */
	bool reading;                  /* READ, not yet answered */
	struct {
		uint8_t flags;
		uint32_t limit;
		uint64_t after;
	} read;
	TAILQ_ENTRY(caller) read_link; /* reader::waiting */
};

/* Takes over fd. NULL: short of memory; fd is closed. */
struct caller *caller_new(struct session *s, int fd, uint32_t slot);

/* Of a helper that ends. NULL is fine. */
void caller_free(struct caller *c);

void caller_send(struct caller *c, const struct control_message *m);
void caller_bye(struct caller *c, enum bye reason);

/* The answer to its request. Words may be NULL. */
void caller_outcome(struct caller *c, enum verdict v, const char *words);

/* Its request was answered: what came behind it is looked at. */
void caller_answered(struct caller *c);

/* There is room in the window again. */
void caller_unthrottle(struct caller *c);

/* The session's state changed: CHANGED, if it watches. */
void caller_tell_change(struct caller *c);

#endif
