/*
 * The exchange: who is logged in, who is paired with whom, who waits for whom
 * (R1, R4-R10 of docs/HACKING.md). One step function: an event goes in, a verdict for the caller
 * and effects for everyone concerned come out. It does no I/O, reads no clock
 * and allocates nothing; time reaches it as events (EXPIRE, CANCEL).
 *
 * The state is one flat block of memory without pointers, sized for a capacity
 * given at initialisation, so that a test can copy, compare and hash it.
 * Sessions are named by slot, a small index that stays the same while the
 * session lives and is used again, latest, after it ended.
 */
#ifndef PCHAT_CORE_EXCHANGE_H
#define PCHAT_CORE_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ident.h"
#include "core/limits.h"
#include "core/names/same.h"
#include "core/verdict.h"

typedef uint32_t slot_t;
#define SLOT_NONE UINT32_MAX

/* How a pair ended, as the partner is told (R7, R8). */
enum ending {
	ENDING_NONE = 0,
	ENDING_LEFT,
	ENDING_QUIT,
	ENDING_GONE,
	ENDING_MOVED, /* left for somebody else: the partner's helper hears of it later, and may store until then */
};

/* What whoever asks about a pair that is over is told of its end; of none: NOT_PAIRED. */
static inline enum verdict
ending_verdict(enum ending how)
{
	switch (how) {
	case ENDING_LEFT:
	case ENDING_MOVED:
		return VERDICT_LEFT;
	case ENDING_QUIT:
		return VERDICT_PARTNER_QUIT;
	case ENDING_GONE:
		return VERDICT_GONE;
	default:
		return VERDICT_NOT_PAIRED;
	}
}

struct exchange_session {
	struct ident id;
	char name[NAME_MAX_LEN + 1];
	bool used;
	bool online;      /* false: reconnecting (R8) */
	uint8_t last_end; /* enum ending of the latest pair, for R10's hint */
	bool ripe;        /* see ripe_next */
	uint32_t uid;
	slot_t partner;                   /* SLOT_NONE: free */
	uint64_t pair;                    /* id of the current pair, or of the latest one */
	uint32_t epoch;                   /* of the pair; counts each time either side came back */
	slot_t target;                    /* waits for (R6) */
	slot_t waiter_first, waiter_last; /* who waits for this session, in order of arrival */
	slot_t waiter_next, waiter_prev;  /* this session's place in its target's queue */
	slot_t check;                   /* the waiter to look at next, as the policy has changed; SLOT_NONE: all are */
	slot_t ripe_next;               /* while it is ripe: on the list of those whose waiters are to be settled */
	struct name_keys keys;          /* of the name's forms, by which it is found */
	uint32_t form_next[NAME_FORMS]; /* chains, of slot + 1, by each form */
	uint32_t id_next;               /* by id; also chains the free slots */
};

/* Opaque in layout: the header, the sessions, and tables of hash heads: by each form of the name, and by id. */
struct exchange;

/* Bytes that an exchange of `capacity` sessions takes; the caller provides them, zeroed. */
size_t exchange_size(uint32_t capacity);

/*
 * first_pair: the id of the first pair to be made; ids count up from it, and EXCHANGE_PAIRS of them are nobody else's
 * (R9). No id is above INT64_MAX.
 */
#define EXCHANGE_PAIRS (UINT64_C(1) << 40)
void exchange_init(struct exchange *x, uint32_t capacity, uint64_t first_pair);

/* By what names are hashed: random, so that nobody makes two names equal. Before the first session. */
void exchange_set_secret(struct exchange *x, const uint64_t secret[2]);

enum exchange_event_type {
	EXCHANGE_LOGIN, /* id, name, uid: a new session; its slot is left in ev->slot */
	EXCHANGE_ANEW, /* the same; a lost session of that name and uid ends first: its slot is left in ev->other, or SLOT_NONE */
	EXCHANGE_RESTORE, /* as LOGIN, from the registry: it begins offline; pair: its latest one, or 0 */
	EXCHANGE_REPAIR,  /* slot, other, pair: an earlier pair, from the registry or as both sides say */
	EXCHANGE_RESUME,  /* id, uid: its connection is back, or another replaces it; its slot is left in ev->slot */
	EXCHANGE_LOST,    /* slot: its connection was lost */
	EXCHANGE_EXPIRE,  /* slot: its grace ended */
	EXCHANGE_TO,      /* slot, name */
	EXCHANGE_WAIT,    /* slot, name: to --wait */
	EXCHANGE_CANCEL,  /* slot: no longer waits */
	EXCHANGE_LEAVE,   /* slot; pair: an earlier one that it waits to have again (REPAIR), or 0: it ends, too */
	EXCHANGE_QUIT,    /* slot */
};

struct exchange_event {
	enum exchange_event_type type;
	slot_t slot;
	slot_t other;
	uint64_t pair;
	uint32_t uid;
	struct ident id;
	const char *name; /* NUL-terminated, valid by R2 (a malformed one is refused) */
};

enum exchange_effect_type {
	EFFECT_PAIRED,    /* tell `to`: you are paired with `other` (also a `to` that resumed) */
	EFFECT_ENDED,     /* tell `to`: pair `pair` with `other` ended, `ending` says how */
	EFFECT_LOST,      /* tell `to`: your partner `other` lost its connection */
	EFFECT_BACK,      /* tell `to`: your partner `other` is back; messages go under the new epoch */
	EFFECT_WAIT_OVER, /* tell `to`: your wait ended without a pair, `verdict` says why */
};

struct exchange_effect {
	enum exchange_effect_type type;
	slot_t to;
	slot_t other;
	uint64_t pair;
	uint32_t epoch;
	enum ending ending;
	enum verdict verdict;
};

#define EXCHANGE_EFFECTS 8U

struct exchange_effects {
	size_t count;
	struct exchange_effect e[EXCHANGE_EFFECTS];
};

/*
 * Whether `target` takes contact by `caller`: OK, REFUSES (dnd, block), or NO_ANSWER: nobody can say whether its rules
 * are about the caller. Pure: the same answer within one step. NULL: everybody takes it.
 */
struct exchange_policy {
	enum verdict (*judge)(const void *context, slot_t target, slot_t caller);
	const void *context;
};

/*
 * Performs one event. Returns the verdict for whoever caused it; fills
 * effects for everyone (never for an offline session: what it missed it is
 * told when it resumes). A refusal changes nothing. Afterwards call
 * exchange_settle() until exchange_settled().
 *
 *   LOGIN    OK (ev->slot set), MALFORMED, TAKEN (name or id in use), LIMIT (capacity)
 *   ANEW     as LOGIN
 *   RESTORE  as LOGIN
 *   REPAIR   OK, SELF, BUSY (one has a pair), STALE (no pair id of an earlier time)
 *   RESUME   OK (ev->slot set), EXPIRED (no session with that id, or another uid's); a wait is over
 *   LOST     OK; a wait is over, waiters stay
 *   EXPIRE   OK, STALE (it is online)
 *   TO       OK, MALFORMED, NO_SUCH_USER, SELF, REFUSES or NO_ANSWER, BUSY, in this order
 *   WAIT     OK (paired, at once or already), QUEUED (an earlier wait is over), and as TO but BUSY
 *   CANCEL   OK whether it waited or not; no effect tells of it
 *   LEAVE    OK (a pair, or a wait, or both ended; or one of an earlier time), NOT_PAIRED
 *   QUIT     OK
 *
 * An event for a slot without a session, or a request (TO to QUIT) for one that
 * is offline, is EXPIRED. The session that ended in QUIT or EXPIRE can still be looked at, not used, by
 * exchange_session() until the next LOGIN or RESTORE. The one that ANEW ended cannot: its slot may be the new one's.
 */
enum verdict exchange_step(
    struct exchange *x, struct exchange_event *ev, struct exchange_policy policy, struct exchange_effects *fx);

/*
 * The session that `ev`, a TO or WAIT, would pair its caller with at once; SLOT_NONE when it would make
 * no new pair. So what is going to be can be recorded first, and refused when that fails.
 */
slot_t exchange_match(const struct exchange *x, const struct exchange_event *ev, struct exchange_policy policy);

/*
 * What `ev`, a LOGIN, ANEW or RESTORE, would be answered; *lost is the session that would end, or SLOT_NONE. So that can
 * be recorded first, too.
 */
enum verdict exchange_admits(const struct exchange *x, const struct exchange_event *ev, slot_t *lost);

/*
 * What an event leaves to be done for waiters: a session that became free takes its first one, which may free
 * another, and so on; those of one that ended are told; those of one whose policy changed leave when it refuses them.
 * One waiter a call. `budget` counts down for each that is looked at: so a daemon can do a part now and go on later; events may
 * come in between. False: nothing was done, as nothing is left, or no budget. Effects in *fx.
 */
bool exchange_settle(struct exchange *x, struct exchange_policy policy, uint32_t *budget, struct exchange_effects *fx);

/* Whether nothing is left to be settled. */
bool exchange_settled(const struct exchange *x);

/* A target's policy changed: all its waiters are to be looked at again, by exchange_settle(). */
void exchange_recheck(struct exchange *x, slot_t target);

/*
 * After a rush: slots at the end that nobody has are as if they had never been used. Returns how many are left, and which bytes of the
 * block are zero from then on until one is used again. It looks at every slot that was ever used; nothing happens while waiters
 * are left to be settled.
 */
uint32_t exchange_shrink(struct exchange *x, size_t *from, size_t *to);

/* The session in `slot`; never NULL for a slot that an event or a lookup gave. */
const struct exchange_session *exchange_session(const struct exchange *x, slot_t slot);

/* SLOT_NONE when nobody has that name, or id. Neither scans the sessions. */
slot_t exchange_find_name(const struct exchange *x, const char *name);
slot_t exchange_find_id(const struct exchange *x, const struct ident *id);

uint32_t exchange_capacity(const struct exchange *x);
uint32_t exchange_count(const struct exchange *x);     /* sessions, reconnecting ones included */
uint64_t exchange_next_pair(const struct exchange *x); /* the id that the next pair will have */

/*
 * Where a message or an acknowledgement of `from`, under pair and epoch, goes
 * (R9, R10). OK and *to; STALE (drop it: the partner is reconnecting or was, the
 * sender is told by BACK to repeat); NOT_PAIRED (no such pair any more).
 */
enum verdict exchange_route(const struct exchange *x, slot_t from, uint64_t pair, uint32_t epoch, slot_t *to);

#endif
