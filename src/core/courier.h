/*
 * The sending half of a session helper (D1-D3): which message of which command
 * goes upstream now, and whose is the acknowledgement that came back. The
 * courier keeps no message: the commands are the outboxes. It keeps, in the
 * order in which messages went upstream, runs of (client, first id, count).
 *
 * Each client counts generations, from 0. When messages of a client that went
 * upstream may have been lost on the way (link lost, partner lost), or cannot go
 * now, its generation goes up by one, it is told HELD, and everything it sent under
 * an older generation is dropped. When messages can go it is told READY and
 * repeats all that is unacknowledged, in order, under the new generation. So
 * no gap can be stored, whatever was on the way when the link broke.
 *
 * A client belongs to one pair, that of its first message, and is told its id
 * before anything of it goes upstream. It names the pair in every later message, also
 * to a helper that was started anew: what was written to one partner never
 * reaches the next one (R9), even when the pair changed while no helper ran.
 *
 * Plain state, no I/O, no clock.
 */
#ifndef PCHAT_CORE_COURIER_H
#define PCHAT_CORE_COURIER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/exchange.h"
#include "core/ident.h"
#include "core/verdict.h"
#include "core/window.h"

struct courier_client {
	bool used;
	bool held;      /* told HELD, not yet READY */
	bool told;      /* knows its pair */
	uint8_t answer; /* enum verdict: to its latest courier_expect() */
	uint8_t over;   /* enum verdict: its pair has ended, so; OK: it has not */
	uint8_t tell;   /* notices that wait for courier_notice() */
	uint32_t gen;
	uint32_t forwarded; /* for the HELD that waits */
	uint32_t inflight;  /* its messages that went upstream in this generation, unacknowledged */
	uint64_t latest;    /* the number of the latest of those, in the order in which messages went */
	uint64_t pair;      /* the pair that its messages go to; 0: none yet */
	uint8_t chain;      /* enum verdict: the receiver refused the message before `next`; OK: none */
	struct ident next;
	char expect[NAME_MAX_LEN + 1]; /* the only partner that it wants; empty: whoever it is */
};

struct courier_run {
	struct ident first;
	uint32_t client;
	uint32_t count;
};

/* At first it is all zero. Most of it is never touched, and so takes no memory when calloc(3) gave the zeros. */
struct courier {
	bool known; /* whether there is a pair: not before the daemon said so for the first time */
	bool paired;
	bool open; /* link up, and the partner online: messages can go */
	uint64_t pair;
	uint32_t epoch;
	uint8_t last_end; /* enum ending of the latest pair */
	uint64_t partner_pair;
	char partner[NAME_MAX_LEN + 1]; /* who the partner of that pair is; empty: nobody, or not known */
	struct window window;
	uint64_t went;    /* messages, so far */
	uint32_t behind;  /* of the message that went last, see below */
	uint32_t noticed; /* clients below have no notice waiting */
	uint32_t run_head, run_count;
	struct courier_run run[WINDOW_MESSAGES];
	struct courier_client client[CONTROL_CLIENTS];
};

/* A new client, by an index below CONTROL_CLIENTS that is not in use. */
void courier_attach(struct courier *c, uint32_t client);

/*
 * The client wants `name` as its partner (`send --to NAME`), and gets no other: OK; PARTNER_NOT when the partner is
 * somebody else; NOT_PAIRED when there is none. While that is not known it is OK, and each message is looked at.
 */
enum verdict courier_expect(struct courier *c, uint32_t client, const char *name);

/* Its runs stay, owned by nobody, until they are acknowledged. Detached and attached again, a client begins anew. */
void courier_detach(struct courier *c, uint32_t client);

/*
 * The receiver stores nothing behind a message that it refused, as long as the sender cannot know of the refusal. So each
 * message tells (c->behind) which one that is: 1 when nothing of its client is under way before it; else 1 more than the
 * number of steps back to the message of its client before it, in the order in which messages went under this pair and
 * epoch. At most WINDOW_MESSAGES. 0 is said by a sender that does not tell.
 */
enum courier_answer {
	COURIER_FORWARD, /* send it upstream under c->pair, c->epoch and c->behind; it is recorded as under way */
	COURIER_DROP,    /* it cannot go now, or is of an older generation: the client will repeat it */
	COURIER_WAIT,    /* the window is full: stop reading from this client, and offer the message again later */
	COURIER_REFUSE,  /* tell the client *why: PARTNER_NOT when it expects somebody else; NOT_PAIRED, or
	                    LEFT/PARTNER_QUIT/GONE when the pair that it talked to is over. All that it sends from now
	                    on is refused likewise. */
};

/*
 * A message of `size` bytes (1 to MESSAGE_MAX) that `client` wants sent, to
 * the partner of `pair`, or 0: whoever it is. Before the answer is performed, courier_notice() is called until it
 * returns false: the client learns its pair first, or that it is held.
 */
enum courier_answer courier_offer(struct courier *c, uint32_t client, uint64_t pair, uint32_t gen,
    const struct ident *id, uint32_t size, enum verdict *why);

/*
 * The receiver refused messages of this client, up to the one before `next`: what follows them in their stream, and
 * is still on its way to us, is refused likewise. A client that goes on does so with ids of another stream.
 */
void courier_refused(struct courier *c, uint32_t client, const struct ident *next, enum verdict why);

/*
 * An acknowledgement (or refusal) of *count messages from *first on arrived.
 * Each call takes off what belongs to the oldest run, and returns true with
 * the client that is to be told, and how many from *first; the caller goes on, with
 * *first and *count advanced, until it returns false. What does not match what
 * is under way is ignored. A detached owner is skipped.
 */
bool courier_ack(struct courier *c, uint64_t pair, uint32_t epoch, struct ident *first, uint32_t *count,
    uint32_t *client, struct ident *run_first, uint32_t *run_count);

/* A client that has to be told of something, one a call. */
struct courier_notice {
	uint32_t client;
	enum { COURIER_TELL_HELD, COURIER_TELL_READY, COURIER_TELL_ENDED } tell;
	uint64_t pair; /* HELD, READY: the client's, 0 when none is known yet */
	uint32_t gen;
	uint32_t forwarded; /* HELD: so many of its oldest unacknowledged messages may be at the partner's */
	enum verdict why;   /* ENDED: NOT_PAIRED, LEFT, PARTNER_QUIT, GONE */
};

/*
 * The link or the pair changed. Each of these only records it; then
 * courier_notice() is called until it returns false.
 *
 * At first nothing is known, and messages are held. The daemon's first word settles it:
 * courier_paired(), or courier_ended() when there is no pair (ENDING_NONE: there was none).
 */

/*
 * There is this pair with `partner`, under this epoch: PAIRED and BACK. The same pair under another epoch: what is
 * under way is held first. Another pair than before: the old one counts as left.
 */
void courier_paired(struct courier *c, uint64_t pair, uint32_t epoch, bool partner_online, const char *partner);

/* An earlier helper of this session was in that pair. Whether it still is will be known when the daemon says so. */
void courier_remember(struct courier *c, uint64_t pair, const char *partner);

/* Link or partner lost. */
void courier_blocked(struct courier *c);

/* The partner ended it: what is under way is certainly not delivered. */
void courier_ended(struct courier *c, enum ending how);

/* We ended it: what is under way is unconfirmed: HELD, then ENDED. */
void courier_left(struct courier *c);

bool courier_notice(struct courier *c, struct courier_notice *n);

#endif
