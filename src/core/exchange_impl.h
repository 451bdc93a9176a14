/*
 * The exchange from within: exchange_slots.c keeps sessions and finds them again,
 * exchange.c has the rules.
 */
#ifndef PCHAT_CORE_EXCHANGE_IMPL_H
#define PCHAT_CORE_EXCHANGE_IMPL_H

#include "core/exchange.h"

/*
 * Memory. The caller's block is zeroed, often untouched pages, and stays untouched
 * beyond what the sessions of the day need: slots from `fresh` on were never
 * used, and the tables and chains hold slot + 1, so that zero is "nobody". Freed slots go
 * to the end of a queue: an index that something still remembers by mistake
 * is then unlikely to mean somebody else.
 */
struct exchange {
	uint32_t capacity;
	uint32_t count;
	uint32_t heads; /* of each table, a power of two */
	uint32_t fresh;
	uint32_t free_first, free_last; /* slot + 1, as the links of all chains */
	slot_t ripe_first, ripe_last;
	uint64_t first_pair;
	uint64_t next_pair;
	uint64_t secret[2];
	struct exchange_session session[]; /* then the heads by each form of the name, then those by id */
};

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

/* A slot that nobody has, when there is one; and back. */
bool exchange_slot_available(const struct exchange *x);
slot_t exchange_slot_take(struct exchange *x);
void exchange_slot_release(struct exchange *x, slot_t slot);

/* Who but `except` has a name that is one with that of these keys; SLOT_NONE: nobody. */
slot_t exchange_find_keys(const struct exchange *x, const struct name_keys *keys, slot_t except);

/* From now on, or no more, the session is found by its name and by its id. */
void exchange_slot_list(struct exchange *x, slot_t slot);
void exchange_slot_unlist(struct exchange *x, slot_t slot);

#endif
