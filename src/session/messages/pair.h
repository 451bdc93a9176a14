/*
 * Our pair, as the daemon tells of it: state->partner follows, what happened to the partner is recorded, and whoever
 * sends messages is told where they go now.
 *
 * After each login the daemon says whether there is a pair (pair_paired()), and then that this was all
 * (pair_settled()). When it had lost its registry, it makes our pair again as soon as the partner is back and says the
 * same as we do; until then, for the grace time, the pair counts as one whose partner lost its connection.
 */
#ifndef PCHAT_SESSION_MESSAGES_PAIR_H
#define PCHAT_SESSION_MESSAGES_PAIR_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "core/exchange.h"
#include "proto/control.h"
#include "session/state/state.h"

struct pair;

struct pair_class {
	/* Where messages go: the courier's events of these names (core/courier.h), for state->partner. */
	void (*paired)(void *context, uint32_t epoch);
	void (*blocked)(void *context);
	void (*ended)(void *context, enum ending how);
	void (*left)(void *context);
	/* Something happened to state->partner: a record for the inbox. */
	void (*record)(void *context, enum record_type type);
	/* state->partner changed: to be kept with the inbox. Both are stored with what else this turn stores. */
	void (*keep)(void *context);
	/* The partner did not come back in time: a turn of its own, to be stored now. */
	void (*missed)(void *context);
};

MUST_USE struct pair *
pair_new(const struct pair_class *class, void *context, struct state *state, struct ev_loop *loop);
void pair_free(struct pair *p);

/* We are logged in. `lost`: the daemon had lost its registry; the partner may come back within `grace_ms`. */
void pair_login(struct pair *p, bool lost, uint32_t grace_ms, enum ending last_end);

/* PAIRED. `asked`: one of our commands waits for it; then it is not news. */
void pair_paired(struct pair *p, const struct upstream_message *m, bool asked);

/* All is said that the daemon knows of our pair. */
void pair_settled(struct pair *p);

/* ENDED, LOST and BACK; of another pair than ours they are ignored. */
void pair_notice(struct pair *p, const struct upstream_message *m);

/* We left it. And: the session is over. */
void pair_left(struct pair *p);
void pair_over(struct pair *p);

#endif
