/*
 * Who is logged in: the exchange, and beside each of its slots what the daemon
 * knows of that session. Performs the exchange's events and effects, keeps the
 * registry in step with them, and holds lost sessions for the grace time. It
 * decides nothing by itself: rules are the exchange's.
 *
 * A registry that cannot be written refuses new sessions and pairs; what
 * ended stays ended, and is written when the disk takes it again.
 */
#ifndef PCHAT_DAEMON_ROSTER_H
#define PCHAT_DAEMON_ROSTER_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "core/claim.h"
#include "core/exchange.h"
#include "core/policy.h"
#include "core/quota.h"
#include "daemon/names/account.h"
#include "net/deadlines.h"
#include "proto/upstream.h"

struct client;
struct registry;
struct waiting;

struct member {
	struct client *client; /* NULL: reconnecting */
	struct account *account;
	struct policy *policy;   /* NULL: refuses nobody. Only as long as its rules. */
	int64_t since_ms;        /* of login; wall clock, for showing */
	char *away;              /* why; NULL: not away */
	struct waiting *waiting; /* of whom it was told that they wait for it; NULL: of nobody in this chat */
	struct bucket resumes;   /* how often it may come back */
	struct claim *claim;     /* what it says of its pair after a lost registry; NULL: nothing, as nearly always */
	struct deadline lost;    /* roster::lost */
};

/* So many sessions whose place a later login took are remembered: their helpers may come back (R8). */
#define ROSTER_TAKEN 64U

struct roster {
	struct ev_loop *loop;
	struct exchange *exchange;
	struct member *member; /* by slot */
	struct accounts accounts;
	struct names *names;
	struct registry *registry;
	struct exchange_effects effects; /* of the latest event, not yet delivered */
	uint32_t budget;                 /* waiters that may still be settled in this turn of the loop */
	ev_prepare turn_end;             /* runs in a turn in which some were */
	ev_timer rest;                   /* goes on with those that are left, in the next turn */
	struct deadlines lost;           /* sessions that are held for the grace time */
	ev_timer repair_timer;           /* while the registry is behind */
	ev_timer only_timer;             /* ends resumes_only */
	bool resumes_only;               /* the registry was lost: those who come back are let in, nobody else */
	bool unanswered;                 /* one of those was not let in, since the user database did not answer */
	bool awaited;                    /* the end was put off for those whose look-ups ran */
	struct ident taken[ROSTER_TAKEN];
	size_t taken_next;
	struct quota quota;
	uint32_t stranger; /* uid of all those whom our user namespace does not know; none: USERNS_NOBODY */
	void (*emptied)(struct roster *r); /* the last session ended */
	bool stopping;
};

struct roster_limits {
	struct quota quota;
	uint32_t grace_seconds;
};

/*
 * Takes the sessions over from the registry, as reconnecting ones. With resumes_only (the registry was lost)
 * those who were here may come back for the grace time, and nobody else may come. 0 or -errno.
 */
MUST_USE int roster_init(struct roster *r, struct ev_loop *loop, struct registry *registry, bool resumes_only,
    const struct roster_limits *limits);
void roster_release(struct roster *r);

/* Gives back the memory of sessions that a rush has brought. It looks at each session: not more often than now and then. */
void roster_give_back(struct roster *r);

/*
 * These perform one event of a client. The caller sends its reply before or after roster_tell(), which tells everyone
 * concerned, in the order that upstream.h promises, and before roster_deliver(), which does the same, and then makes the
 * pairs for which others wait. Verdicts are the
 * exchange's, and FAILED: it could not be recorded, nothing has changed. Of a login also RESERVED, LIMIT, STARTING,
 * EXPIRED, RATE (resumed too often), TAKEN_OVER, UNMAPPED and NO_ANSWER; and QUEUED: the user database is asked, the client is paused until it
 * answers, and the LOGIN is then to be tried again.
 */
enum verdict roster_login(struct roster *r, struct client *c, const struct upstream_message *login, bool *resumed);
void roster_login_forget(struct roster *r, struct client *c); /* a login that waits for an answer is given up */
enum verdict roster_contact(struct roster *r, struct client *c, const char *name, bool wait);
void roster_cancel(struct roster *r, struct client *c);
enum verdict roster_leave(struct roster *r, struct client *c);
void roster_quit(struct roster *r, struct client *c);
enum verdict roster_policy(struct roster *r, struct client *c, const struct policy *policy);
/* Away, or with "" no longer: its partner is told at once, whoever comes with the pair. OK or FAILED. */
enum verdict roster_away(struct roster *r, const struct client *c, const char *text);
void roster_lost(struct roster *r, struct client *c);
void roster_tell(struct roster *r);
void roster_deliver(struct roster *r);

/* A session came back: tells it who waits for it. After its reply and roster_deliver(). */
void roster_tell_waiters(struct roster *r, slot_t target);

/* What others see of the session in a slot. */
void roster_peer(const struct roster *r, slot_t slot, struct peer *peer);

/* Whether `target` takes contact by `caller`: OK, REFUSES, NO_ANSWER (see struct exchange_policy). */
enum verdict roster_judge(const struct roster *r, slot_t target, slot_t caller);

/*
 * The same for a note by a connection, which need not have a session. NO_ANSWER also while the user database was not
 * asked yet who that is: then it is asked.
 */
enum verdict roster_judge_note(const struct roster *r, slot_t target, const struct client *c);

/* The same for one that was kept: by whom, and the groups that the sender had. */
enum verdict
roster_judge_kept(struct roster *r, slot_t target, const struct peer *from, const uint32_t *groups, size_t n);

/* Whom a note of a connection is from; the name is empty when it has no session. */
void roster_sender(const struct roster *r, const struct client *c, struct peer *peer);

#endif
