/*
 * What the two files of the exchange share: exchange_slots.c keeps sessions and finds them again, exchange.c has the
 * rules. For nobody else.
 */
#ifndef PCHAT_CORE_EXCHANGE_IMPL_H
#define PCHAT_CORE_EXCHANGE_IMPL_H

#include "core/exchange.h"

/*
 * The caller's block. It begins zeroed, and pages that no session needs are never touched: slots from `fresh` on were
 * never used, and the tables and chains hold slot + 1, so that zero means "nobody". A freed slot goes to the end of a
 * queue, so an index that is remembered by mistake is unlikely to mean another session soon.
 */
struct exchange {
	uint32_t capacity;   /* slots */
	uint32_t count;      /* live sessions */
	uint32_t heads;      /* chains of each table that are used, a power of two; they grow with the count */
	uint32_t most_heads; /* for which there is room */
	uint32_t fresh;      /* the first slot that was never used */
	uint32_t free_first, free_last;    /* the queue of freed slots, as slot + 1; 0: it is empty */
	slot_t ripe_first, ripe_last;      /* the queue of exchange_settle(); SLOT_NONE: it is empty */
	uint64_t first_pair;               /* the first pair id of this daemon */
	uint64_t next_pair;                /* the id that the next pair gets */
	uint64_t secret[2];                /* the key of the hashes of names */
	struct exchange_session session[]; /* `capacity`; then the heads by each form of the name, then those by id */
};

/* The session's entry. `slot` is below the capacity. */
static inline struct exchange_session *
exchange_at(struct exchange *x, slot_t slot)
{
	return &x->session[slot];
}

/* Whether a live session is in `slot`. */
static inline bool
exchange_slot_live(const struct exchange *x, slot_t slot)
{
	return slot < x->fresh && x->session[slot].used;
}

/* Whether there is a free slot. */
bool exchange_slot_available(const struct exchange *x);

/* Takes a free slot out of the queue, or a fresh one. There must be one. The caller fills its entry. */
slot_t exchange_slot_take(struct exchange *x);

/* Puts a slot at the end of the queue of free ones. It must not be listed any more. */
void exchange_slot_release(struct exchange *x, slot_t slot);

/*
 * The listed session, other than `except`, whose name counts as the same as `name`, which has these keys. SLOT_NONE:
 * there is none.
 */
slot_t exchange_find_same(const struct exchange *x, const char *name, const struct name_keys *keys, slot_t except);

/* Lists the session in `slot` by the keys of its name and by its id, so that it is found by them. */
void exchange_slot_list(struct exchange *x, slot_t slot);

/* Takes it out of these lists. It must be in them, under the same keys and id. */
void exchange_slot_unlist(struct exchange *x, slot_t slot);

#endif
