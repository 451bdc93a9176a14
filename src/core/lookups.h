/*
 * Which look-ups of the user database wait, which run, and what is remembered of
 * them. Plain state; what a look-up does, and when, is the caller's.
 *
 * A question names the uid that asks and the name that it wants, or no name: then
 * only the uid's account is asked for. LOOKUPS_RUNNING run at a time, one for each uid. That a name is nobody's is
 * remembered for LOOKUP_KEEP_MS; that the database gave no answer never is.
 */
#ifndef PCHAT_CORE_LOOKUPS_H
#define PCHAT_CORE_LOOKUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/limits.h"

/* Who comes first. */
enum lookup_rank {
	LOOKUP_LOCAL, /* a login of a uid that /etc/passwd has */
	LOOKUP_LOGIN, /* another login */
	LOOKUP_NOTE,  /* whose account a note is for, that is to be kept; one of these runs at a time */
	LOOKUP_LATER, /* nobody waits; one of these runs at a time */
	LOOKUP_RANKS
};

struct lookup {
	bool used, running;
	bool account; /* the uid's account is asked for, too */
	uint8_t rank; /* enum lookup_rank */
	uint32_t uid;
	uint64_t arrival;
	char name[NAME_MAX_LEN + 1]; /* empty: none is asked for */
};

struct lookups_free {
	char name[NAME_MAX_LEN + 1];
	uint64_t until; /* ms of the caller's clock */
};

struct lookups {
	struct lookup lookup[LOOKUPS_MAX];
	uint64_t arrivals;
	struct lookups_free free_name[LOOKUPS_CACHE];
	size_t oldest; /* of free_name: replaced next */
};

#define LOOKUP_NONE SIZE_MAX

/* Whether the database has answered lately that nobody has `name`, spelled like this. */
bool lookups_is_free(const struct lookups *l, const char *name, uint64_t now);

/*
 * A new question; LOOKUP_NONE when there are too many already. A login takes the place of one that nobody waits for; of
 * those for notes there are at most LOOKUPS_NOTE, and LOOKUPS_NOTE_UID of one uid.
 */
size_t lookups_ask(struct lookups *l, uint32_t uid, const char *name, bool account, enum lookup_rank rank);

/* Whether a look-up of that uid's account waits or runs. */
bool lookups_has_account(const struct lookups *l, uint32_t uid);

/* The question to be asked next, which runs from now on; LOOKUP_NONE: none, or enough are running. */
size_t lookups_next(struct lookups *l);

/* A waiting question that needs no look-up any more, since the name is known to be free; LOOKUP_NONE: none. */
size_t lookups_settled(const struct lookups *l, uint64_t now);

/* The account of a uid was told: questions that wait ask for it no more. */
void lookups_told_account(struct lookups *l, uint32_t uid);

/* A question is over. `free_name`: the database has answered that its name is nobody's. */
void lookups_end(struct lookups *l, size_t which, bool free_name, uint64_t now);

/* Nobody waits for the answer any more: a question that runs goes on, for what it may tell; another is gone. */
void lookups_leave(struct lookups *l, size_t which);

#endif
