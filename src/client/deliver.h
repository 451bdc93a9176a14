/*
 * The lines that were said to one partner in one pair, until each is on the partner's disk or it is known why it is not
 * (D1-D3, R9). core/outbox.h decides; this performs it in an event loop, over a connection of its own, which is made
 * again when the helper was started anew. Prints nothing.
 */
#ifndef PCHAT_CLIENT_DELIVER_H
#define PCHAT_CLIENT_DELIVER_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/link.h"
#include "core/ident.h"
#include "core/verdict.h"

/* Seconds after which a line counts as slow: people need not be told of one that arrives a moment later. */
#define DELIVER_PATIENCE 0.3

struct deliver;

/* A line. Its text is valid during the call only. */
struct deliver_line {
	const char *text; /* not NUL-terminated */
	size_t len;       /* bytes */
	struct ident id;  /* the id of the message */
	bool waited;      /* waits() was called for it */
};

struct deliver_class {
	/* A line is slow: it is under way for DELIVER_PATIENCE. */
	void (*waits)(void *context, const char *text, size_t len);
	/* What became of a line: OK, it is on the partner's disk; else why not. */
	void (*settled)(void *context, const struct deliver_line *line, enum verdict v);
	/* The connection is lost: the callee calls deliver_reconnect() when a helper is there again. */
	void (*lost)(void *context);
};

/*
 * For the pair with the id `pair`. The class, the context and the link must stay. NULL: no memory, or no random
 * numbers.
 */
struct deliver *
deliver_new(struct ev_loop *loop, struct link *link, uint64_t pair, const struct deliver_class *class, void *context);

/* Frees it, and forgets what is under way; takes NULL. The functions of the class may not call it. */
void deliver_free(struct deliver *d);

/* Sends a line of 1 to MESSAGE_MAX bytes, which is copied. False: too many are under way. */
bool deliver_say(struct deliver *d, const char *text, size_t len);

/* Whether a line of `len` bytes would be taken now. While several refused lines are settled none is, until the last of them. */
bool deliver_has_room(const struct deliver *d, size_t len);

/* How many lines are neither delivered nor refused yet. */
size_t deliver_pending(const struct deliver *d);

/* Whether the line of that id is under way, or its end is still to be told. *waited: waits() was called for it. */
bool deliver_has(const struct deliver *d, const struct ident *id, bool *waited);

/*
 * Settles all that is under way, as nothing will happen to it any more: by `why`, or UNCONFIRMED where a line may have
 * arrived. The functions of the class may not call it.
 */
void deliver_give_up(struct deliver *d, enum verdict why);

/* Connects again, if anything is under way. False: no helper is there. */
bool deliver_reconnect(struct deliver *d);

/* The id of its pair. */
uint64_t deliver_pair(const struct deliver *d);

#endif
