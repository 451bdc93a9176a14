/*
 * The roster from within. roster.c performs events and tells everyone of their effects;
 * roster_login.c lets sessions in; roster_waiting.c tells who waits; roster_record.c keeps the registry in step; roster_start.c
 * takes over what it holds.
 */
#ifndef PCHAT_DAEMON_ROSTER_IMPL_H
#define PCHAT_DAEMON_ROSTER_IMPL_H

#include "daemon/roster.h"

/*
 * A waiter's pair is made before it is recorded. When that cannot be written, the id is as good as gone (R9): so many of
 * them are recorded as used ahead of time.
 */
#define SPARE_PAIRS 1U

struct registry_row;

static inline slot_t
roster_slot(const struct roster *r, const struct member *m)
{
	return (slot_t)(m - r->member);
}

static inline const struct exchange_session *
roster_session(const struct roster *r, slot_t slot)
{
	return exchange_session(r->exchange, slot);
}

/* One event; its effects wait for roster_deliver(). */
enum verdict roster_step(struct roster *r, struct exchange_event *ev);

/* What stands beside a slot, from a session's first event to its last. */
void roster_member_begin(struct roster *r, slot_t slot, struct account *account, int64_t since_ms);
void roster_member_end(struct roster *r, slot_t slot);

/* The session is to be held for the grace time; it is back. */
void roster_lost_add(struct roster *r, slot_t slot);
void roster_lost_remove(struct roster *r, slot_t slot);

/* A copy of no more of a policy than it says; NULL of one that refuses nobody. False: short of memory. */
MUST_USE bool roster_copy_policy(const struct policy *p, struct policy **copy);

/* A policy takes the place of the member's. False: short of memory. */
MUST_USE bool roster_keep_policy(struct member *m, const struct policy *p);

/* A pair that one side has claimed, and the other may yet: nobody else comes between them (R5). */
bool roster_awaits_partner(const struct roster *r, slot_t slot);
void roster_drop_claim(struct roster *r, slot_t slot);

/* Whether the registry is in step, so that something new may begin. */
bool roster_ready(struct roster *r);

/* A pair that is to be made: recorded before it exists, so that it can still be refused. */
bool roster_record_pair(struct roster *r, slot_t a, slot_t b, uint64_t pair, uint64_t next);
void roster_record_free(struct roster *r, slot_t slot);
/* What the registry keeps of an account. */
void roster_record_account(const struct account *a, struct registry_row *row);

/* A session begins; `ended` is the id of the one that ends for it, or NULL. */
bool roster_record_login(struct roster *r, const struct registry_row *row, const struct ident *ended);
void roster_record_end(struct roster *r, slot_t slot);
void roster_record_policy(struct roster *r, slot_t slot, const struct policy *policy);
void roster_record_window_over(struct roster *r);

/* `waiter` waits for `target`, which is told when it takes contact and does not know yet; the chat in which it was told is over. */
void roster_tell_waiting(struct roster *r, slot_t target, slot_t waiter);
void roster_forget_waiting(struct roster *r, slot_t target);

/* Tells c, behind PAIRED, when its partner is away. */
void roster_tell_away(const struct roster *r, struct client *c, slot_t partner, uint64_t pair);

/* A lost session's time is over. */
void roster_on_grace(struct deadlines *ds, struct deadline *d);

/* Watchers: a turn of the loop ends; waiters are left to be settled; the registry may be writable again; the resume-only window ends. */
void roster_on_turn_end(struct ev_loop *loop, ev_prepare *w, int revents);
void roster_on_rest(struct ev_loop *loop, ev_timer *w, int revents);
void roster_on_repair(struct ev_loop *loop, ev_timer *w, int revents);
void roster_on_only_over(struct ev_loop *loop, ev_timer *w, int revents);

#endif
