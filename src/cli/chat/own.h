/*
 * Lines that were delivered, in the helper's order, in which each chat of the session shows them. A line of ours is
 * shown when the helper tells it to all chats, not when its acknowledgement comes by another connection. If the helper
 * cannot tell it, the line is shown at once.
 */
#ifndef PCHAT_CLI_CHAT_OWN_H
#define PCHAT_CLI_CHAT_OWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "client/deliver.h"
#include "proto/control.h"

struct own;

/* Shows one. */
typedef void own_show_fn(void *context, const char *text, size_t len, int64_t time_ms);

/* NULL: short of memory. */
MUST_USE struct own *own_new(own_show_fn *show, void *context);
void own_free(struct own *o);

/*
 * A line of ours was acknowledged, and the helper will tell of it, or not. True: that is to be shown now; false: it was
 * shown already, or will be.
 */
bool own_delivered(struct own *o, const struct deliver_line *line, bool will_be_told);

/* Whether it was delivered, and the helper has not told of it yet, or the other way round. */
bool own_knows(const struct own *o, const struct ident *id);

enum own_line {
	OWN_ANOTHER, /* not ours, or acknowledged before */
	OWN_OURS,    /* not acknowledged yet */
	OWN_WAITED,  /* likewise, and it was shown while it waited: its end is told then */
};

/* The helper tells of one, of any chat or command. */
void own_told(struct own *o, const struct record *r, enum own_line whose);

/* It tells no more of what it has not told: that is shown now. NULL is fine. */
void own_flush(struct own *o);

#endif
