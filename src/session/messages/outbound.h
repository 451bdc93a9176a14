/*
 * Messages of our commands on their way to the partner: the courier's decisions, performed.
 * Each call is one turn's worth: what can go upstream goes with one write. Commands are named by
 * their index, below CONTROL_CLIENTS.
 */
#ifndef PCHAT_SESSION_MESSAGES_OUTBOUND_H
#define PCHAT_SESSION_MESSAGES_OUTBOUND_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/macros.h"
#include "core/exchange.h"
#include "proto/control.h"
#include "proto/frame.h"

struct outbound;

struct outbound_class {
	/* MSG frames for the partner, as they stand side by side. */
	void (*send)(void *context, const void *frames, size_t n);
	/* A notice for a command: HELD, READY, ENDED; and what became of its messages. */
	void (*notify)(void *context, uint32_t client, const struct control_message *m);
	void (*acked)(void *context, uint32_t client, const struct ack *a);
	/* There is room in the window again: whoever had to wait for it may go on. */
	void (*room)(void *context);
	/* Whether more may go: else it waits, until outbound_go_on(). */
	bool (*may_go)(void *context);
	/* For the history: a message went; the `count` oldest were answered, or delivered; none counts any more. */
	void (*sent)(void *context, const struct msg *m);
	void (*answered)(void *context, const struct ident *first, uint32_t count, bool delivered);
	void (*forget)(void *context);
};

MUST_USE struct outbound *outbound_new(const struct outbound_class *class, void *context);
void outbound_free(struct outbound *o);

/* The result of class->may_go() is true again. */
void outbound_go_on(struct outbound *o);

void outbound_attach(struct outbound *o, uint32_t client);
void outbound_detach(struct outbound *o, uint32_t client);

/*
 * Takes the MSG frames that stand at the beginning of the client's input; changes them in place. Returns the bytes
 * consumed, up to the first other or incomplete frame. -1: malformed. *full: up to a message for which the window has
 * no room; it is to be given again after class->room().
 */
ssize_t outbound_frames(struct outbound *o, uint32_t client, uint8_t *data, size_t n, bool *full);

/* Whether the daemon knows FEATURE_BEHIND: each message then tells which of those under way is the one before it. */
void outbound_tells(struct outbound *o, bool tells);

/* An acknowledgement from the partner. */
void outbound_ack(struct outbound *o, const struct ack *a);

/* The courier's calls of these names: see core/courier.h. */
enum verdict outbound_expect(struct outbound *o, uint32_t client, const char *name);
void outbound_remember(struct outbound *o, uint64_t pair, const char *partner);
void outbound_paired(struct outbound *o, uint64_t pair, uint32_t epoch, bool online, const char *partner);
void outbound_blocked(struct outbound *o);
void outbound_ended(struct outbound *o, enum ending how);
void outbound_left(struct outbound *o);

#endif
