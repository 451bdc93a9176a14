/*
 * The lines said to one partner in one pair, until each is on the partner's disk, or the reason is known why it is
 * not (D1-D3, R9). core/outbox.h decides; this carries it out in the event loop, over a connection of
 * its own, which it takes up again when the helper was started anew. Shows nothing itself.
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

/* Nobody wants to read first that a line is under way, and a moment later that it arrived. */
#define DELIVER_PATIENCE 0.3

struct deliver;

/* A line, as long as the call lasts. */
struct deliver_line {
	const char *text;
	size_t len;
	struct ident id;
	bool waited; /* waits() was called for it */
};

struct deliver_class {
	/* A line takes its time. */
	void (*waits)(void *context, const char *text, size_t len);
	/* What became of it. */
	void (*settled)(void *context, const struct deliver_line *line, enum verdict v);
	/* The connection is gone: call deliver_reconnect() when a helper is there again. */
	void (*lost)(void *context);
};

/* For the pair of that id. NULL when memory or random bits are short. */
struct deliver *
deliver_new(struct ev_loop *loop, struct link *link, uint64_t pair, const struct deliver_class *class, void *context);

/* Takes NULL; what is under way is forgotten. Not from its class's functions. */
void deliver_free(struct deliver *d);

/* Takes a line of 1 to MESSAGE_MAX bytes; false while too many are under way. */
bool deliver_say(struct deliver *d, const char *text, size_t len);

/* Whether another line of so many bytes may be said now. */
bool deliver_has_room(const struct deliver *d, size_t len);

/* Lines that are neither delivered nor refused. */
size_t deliver_pending(const struct deliver *d);

/* Whether the line of that id is under way, and not settled; *waited as above. */
bool deliver_has(const struct deliver *d, const struct ident *id, bool *waited);

/* Nothing happens any more to what is under way: each is settled, `why` and what is known of it being the reason. Not from
 * its class's functions. */
void deliver_give_up(struct deliver *d, enum verdict why);

/* False when no helper is there. */
bool deliver_reconnect(struct deliver *d);

uint64_t deliver_pair(const struct deliver *d);

#endif
