/*
 * What the files of the roster share; for nobody else. roster.c performs events and tells everyone of their effects.
 * roster_login.c lets sessions in. roster_tell.c tells of waiters and of who is away. roster_record.c writes the
 * registry. roster_start.c takes over what the registry holds when the daemon starts.
 */
#ifndef PCHAT_DAEMON_ROSTER_IMPL_H
#define PCHAT_DAEMON_ROSTER_IMPL_H

#include "daemon/roster.h"

/*
 * The pair of somebody who waited is made before it is recorded. Should the record fail, its id may not be used again
 * (R9). So the registry always records this many ids as used ahead of time.
 */
#define SPARE_PAIRS 1U

struct registry_row;

/* The slot of a member. */
static inline slot_t
roster_slot(const struct roster *r, const struct member *m)
{
	return (slot_t)(m - r->member);
}

/* What the exchange knows of the session in a slot. */
static inline const struct exchange_session *
roster_session(const struct roster *r, slot_t slot)
{
	return exchange_session(r->exchange, slot);
}

/* Performs one event in the exchange. Its effects are kept until roster_deliver() tells of them. */
enum verdict roster_step(struct roster *r, struct exchange_event *ev);

/*
 * Sets up what stands beside a slot in which a session began, at since_ms of the wall clock. Takes a reference of its
 * own to the account.
 */
void roster_member_begin(struct roster *r, slot_t slot, struct account *account, int64_t since_ms);

/* The session has ended: frees what stood beside its slot, and gives back the account. */
void roster_member_end(struct roster *r, slot_t slot);

/* The session's connection is lost: holds it for the grace time (R8). */
void roster_lost_add(struct roster *r, slot_t slot);

/* The session is back, or over: its grace time is not waited for any more. */
void roster_lost_remove(struct roster *r, slot_t slot);

/*
 * Copies a policy, with as many rules as it has, to *copy, which is the caller's to free; NULL for a policy that
 * refuses nobody. False: short of memory.
 */
MUST_USE bool roster_copy_policy(const struct policy *p, struct policy **copy);

/* Puts a copy of a policy in the place of the member's. False: short of memory, and nothing changed. */
MUST_USE bool roster_keep_policy(struct member *m, const struct policy *p);

/*
 * Whether the session has claimed a pair of before a lost registry, and its partner may still do so: nobody else comes
 * between them (R5).
 */
bool roster_awaits_partner(const struct roster *r, slot_t slot);

/* The session claims no pair any more. */
void roster_drop_claim(struct roster *r, slot_t slot);

/* Whether all is in the registry, so that something new may begin. Writes it anew if it is behind. */
bool roster_ready(struct roster *r);

/* Writes all of the registry anew. 0 or -errno: it is behind then. */
int roster_record_all(struct roster *r);

/*
 * Records that `a` and `b` are in pair `pair`, and that `next` is the next id, before the pair is made. False: it could
 * not be written, and the pair may not be made.
 */
bool roster_record_pair(struct roster *r, slot_t a, slot_t b, uint64_t pair, uint64_t next);

/*
 * Records that the session is in no pair. What this and the functions below cannot write is tried again later, all of
 * the registry at once.
 */
void roster_record_free(struct roster *r, slot_t slot);

/* Fills in what the registry keeps of an account. */
void roster_record_account(const struct account *a, struct registry_row *row);

/*
 * Records a session that begins, and removes the one with the id `ended`, which it replaces; NULL: it replaces none.
 * False: it could not be written, and the session may not begin.
 */
bool roster_record_login(struct roster *r, const struct registry_row *row, const struct ident *ended);

/* Removes the session from the registry. */
void roster_record_end(struct roster *r, slot_t slot);

/* Records the rules of the session. */
void roster_record_policy(struct roster *r, slot_t slot, const struct policy *policy);

/* Records that the time after a lost registry, in which sessions are only resumed, is over. */
void roster_record_window_over(struct roster *r);

/* Tells `target` that `waiter` waits for it (R12), unless it was told already or refuses contact. */
void roster_tell_waiting(struct roster *r, slot_t target, slot_t waiter);

/* The chat in which `target` was told is over: it may be told again. */
void roster_forget_waiting(struct roster *r, slot_t target);

/* Tells c, which was just told PAIRED, that its partner is away, if that is so. */
void roster_tell_away(const struct roster *r, struct client *c, slot_t partner, uint64_t pair);

/* The grace time of a lost session is over: ends it. A callback of net/deadlines.h. */
void roster_on_grace(struct deadlines *ds, struct deadline *d);

/* Callbacks of libev. A turn of the loop ends. */
void roster_on_turn_end(struct ev_loop *loop, ev_prepare *w, int revents);

/* More waiters are left to be settled. */
void roster_on_rest(struct ev_loop *loop, ev_timer *w, int revents);

/* It is time to try to write the registry again. */
void roster_on_repair(struct ev_loop *loop, ev_timer *w, int revents);

/* The time in which sessions are only resumed ends, unless a user database is still to answer. */
void roster_on_only_over(struct ev_loop *loop, ev_timer *w, int revents);

#endif
