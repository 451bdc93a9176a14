/*
 * Notes of our commands (R11) on their way through the daemon. Each is matched with its answer by its message id. What
 * was under way when the connection was lost may have arrived: the command repeats it.
 */
#ifndef PCHAT_SESSION_MESSAGES_NOTES_OUT_H
#define PCHAT_SESSION_MESSAGES_NOTES_OUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "core/verdict.h"
#include "proto/upstream.h"

struct notes_out;

struct notes_out_class {
	/* OK; NO_DAEMON: it is not there just now; OLD_DAEMON: it knows no notes. */
	enum verdict (*reach)(void *context);
	/* To the daemon; false: the connection is lost, and notes_out_down() follows. */
	bool (*send)(void *context, const struct upstream_message *m);
	/* What became of a note of a command, which is named by its index. */
	void (*told)(void *context, uint32_t client, const struct told *t);
};

MUST_USE struct notes_out *notes_out_new(const struct notes_out_class *class, void *context);
void notes_out_free(struct notes_out *n);

/* TELL of a command; answered now or later. */
void notes_out_tell(struct notes_out *n, uint32_t client, const struct tell *t);

/* TOLD of the daemon. */
void notes_out_told(struct notes_out *n, const struct told *t);

/* The connection to the daemon is gone; a command is. */
void notes_out_down(struct notes_out *n);
void notes_out_forget(struct notes_out *n, uint32_t client);

#endif
