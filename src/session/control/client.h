/*
 * A command that is connected to the helper: its frames, and the one request of it that is being worked on. Requests
 * are answered in their order; while one waits for its answer the next is not looked at.
 */
#ifndef PCHAT_SESSION_CONTROL_CLIENT_H
#define PCHAT_SESSION_CONTROL_CLIENT_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/macros.h"
#include "core/verdict.h"
#include "net/stream.h"
#include "proto/control.h"
#include "session/state/state.h"

/* What a command asks for. Commands are named by their index, below CONTROL_CLIENTS. */
struct control_client_class {
	/* Something arrived, whatever it is. */
	void (*stirred)(void *context);
	/* The MSG frames at the beginning of its input: as outbound_frames(). */
	ssize_t (*messages)(void *context, uint32_t client, uint8_t *data, size_t n, bool *full);
	enum verdict (*expect)(void *context, uint32_t client, const char *name);
	/* Fills in STATE, or CHANGED. */
	void (*show)(void *context, struct control_message *m);
	/* A question to the daemon; control_client_outcome() or control_client_page() follows. False: no memory. */
	bool (*ask)(void *context, uint32_t client, const struct upstream_message *m);
	/* Whether notes are taken: stored, then so. 0 or -errno. */
	int (*take_notes)(void *context, bool take);
	/* NOTE, answered by control_client_send() or control_client_outcome(). */
	void (*find_note)(void *context, uint32_t client, uint64_t id);
	/* TELL; TOLD follows. */
	void (*tell)(void *context, uint32_t client, const struct tell *t);
	/* OFFER; OFFER_TOLD and CHANNEL follow. What the partner offers. ACCEPT, answered by control_client_pass() or
	 * control_client_outcome(). DECLINE. */
	void (*offer)(void *context, uint32_t client, const struct offer *o);
	void (*offers)(void *context, void (*fn)(const struct record *r, void *fn_context), void *fn_context);
	void (*accept)(void *context, uint32_t client, uint64_t number);
	enum verdict (*decline)(void *context, uint64_t number);
	/* READ, answered by control_client_read_begin() to control_client_read_end(); DONE, by control_client_outcome(). */
	void (*read)(void *context, uint32_t client, const struct control_message *m);
	void (*done)(void *context, uint32_t client, const struct control_message *m);
	/* Whether nothing can be stored just now. control_client_go_on() is called when it can be. */
	bool (*held)(void *context);
	/* New rules: stored, then ours. 0 or -errno. Whether the daemon can be told now. */
	int (*keep_rules)(void *context, const struct policy *policy);
	bool (*connected)(void *context);
	/* NULL: the daemon is there; else what is known of why not, or no words. */
	const char *(*trouble)(void *context);
	/* Why it is no use to wait for it: words; NULL: it may be there soon. */
	const char *(*hopeless)(void *context);
	/* Away from now on, or with "" no longer: OK; FAILED, it is not stored; OLD_DAEMON, it could not be told. */
	enum verdict (*keep_away)(void *context, const char *text);
	/* HISTORY: another program takes the connection over, and answers. 0 or -errno. */
	int (*history)(void *context, int fd, const struct control_message *m);
	/* It is gone: its index is free, and the client no more after this returns. */
	void (*closed)(void *context, uint32_t client);
};

struct control_client {
	struct stream stream;
	const struct control_client_class *class;
	void *context;
	const struct state *state;
	uint32_t index;
	bool greeted;      /* said HELLO, */
	uint32_t features; /* which named these */
	bool watching;     /* WATCH */
	bool behind;       /* of what it watches: it takes nothing just now */
	bool throttled;    /* paused: no room in the window */
	bool held_back; /* paused: a request came before the last one was answered, or one that cannot be stored now */
	bool asking;    /* the daemon is asked, for it */
	bool reading;   /* READ, not yet answered */
	bool said;      /* a message: what it reads afterwards is the answer */
};

/* Takes over fd. NULL: short of memory; fd is closed. */
struct control_client *control_client_new(const struct control_client_class *class, void *context,
    const struct state *state, struct ev_loop *loop, int fd, uint32_t index);

/* Of a helper that ends. NULL is fine. */
void control_client_free(struct control_client *c);

void control_client_send(struct control_client *c, const struct control_message *m);
void control_client_bye(struct control_client *c, enum bye reason);

/*
 * A frame with a descriptor, which stays the caller's; `answer`: to its request. One that does not take it at once is
 * closed: it would wait for it for ever.
 */
void control_client_pass(struct control_client *c, const struct control_message *m, int fd, bool answer);

/* What became of messages of its. */
void control_client_acked(struct control_client *c, const struct ack *a);

/* The answer to its request. Words may be NULL. And, to WHO: the frame of a page. */
void control_client_outcome(struct control_client *c, enum verdict v, const char *words);
void control_client_page(struct control_client *c, const struct frame *f);

/* Its TO waits now; the answer is still to come. */
void control_client_queued(struct control_client *c);

/* The answer to READ: records between begin and end go with one write. READ_END; or NULL: it goes on waiting. */
void control_client_read_begin(struct control_client *c);
void control_client_read_end(struct control_client *c, const struct control_message *end);

/* There is room in the window again. */
void control_client_unthrottle(struct control_client *c);

/* What could not be stored can be. */
void control_client_go_on(struct control_client *c);

/* The session's state changed: CHANGED, if it watches. */
void control_client_tell_change(struct control_client *c);

#endif
