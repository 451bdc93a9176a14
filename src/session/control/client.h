/*
 * A command that is connected to the helper: its frames, its place in the courier, the one
 * request of it that is being worked on.
 */
#ifndef PCHAT_SESSION_CONTROL_CLIENT_H
#define PCHAT_SESSION_CONTROL_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "net/stream.h"
#include "proto/control.h"

struct session;
struct request;

struct control_client {
	struct stream stream;
	struct session *session;
	uint32_t slot;           /* in the listener, and in the courier */
	bool greeted;            /* said HELLO */
	bool watching;           /* WATCH */
	bool behind;             /* of what it watches: it takes nothing just now */
	bool throttled;          /* paused: no room in the window */
	bool held_back;          /* paused: a request came before the last one was answered */
	struct request *request; /* the daemon is asked, for it; NULL: it is not */
	bool reading;            /* READ, not yet answered */
	struct {
		uint8_t flags;
		uint32_t limit;
		uint64_t after;
	} read;
	TAILQ_ENTRY(control_client) read_link; /* reading::waiting */
};

/* Takes over fd. NULL: short of memory; fd is closed. */
struct control_client *control_client_new(struct session *s, int fd, uint32_t slot);

/* Of a helper that ends. NULL is fine. */
void control_client_free(struct control_client *c);

void control_client_send(struct control_client *c, const struct control_message *m);
void control_client_bye(struct control_client *c, enum bye reason);

/* The answer to its request. Words may be NULL. */
void control_client_outcome(struct control_client *c, enum verdict v, const char *words);

/* Its request was answered: what came behind it is looked at. */
void control_client_answered(struct control_client *c);

/* There is room in the window again. */
void control_client_unthrottle(struct control_client *c);

/* The session's state changed: CHANGED, if it watches. */
void control_client_tell_change(struct control_client *c);

#endif
