/*
 * The forms of a name that are looked up: keyed hashes, compared with the names of sessions that are logged in (R1),
 * and spellings, compared with the accounts of the system (R3). name_equal() of core/names/name.h is the rule. Pure.
 */
#ifndef PCHAT_CORE_NAMES_SAME_H
#define PCHAT_CORE_NAMES_SAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/names/name.h"

enum name_form { NAME_FOLD, NAME_FOLD_OF_SKELETON, NAME_SKELETON_OF_FOLD, NAME_FORMS };

struct name_keys {
	uint32_t form[NAME_FORMS];
	bool ascii;
};

/* The keyed hashes of a name's forms, for looking it up. False when a form does not fit: that is no valid name. */
bool name_keys(const char *name, const uint64_t secret[2], struct name_keys *out);

/* Of a name of ASCII its fold alone, which is found fast; false for others. */
bool name_keys_ascii(const char *name, const uint64_t secret[2], struct name_keys *out);

/*
 * Whether the names may be one, seen from one form. False for all forms: they are not. True: nearly always they are,
 * and name_equal() tells.
 */
bool name_keys_match(const struct name_keys *a, const struct name_keys *b, enum name_form form);

/*
 * The spellings under which the system may know the account of a name (R3): the name, its fold, both decomposed, and
 * for a Latin name whose letters have forms of ASCII (dotless i, sharp s, ae, oe) that form, and its fold. False when
 * there is none of that number, or it is the same as one before; numbers are below NAME_SPELLINGS.
 */
#define NAME_SPELLINGS 6U
#define NAME_SPELLING_MAX (4 * NAME_MAX_LEN)
bool name_spelling(const char *name, unsigned number, char out[NAME_SPELLING_MAX + 1]);

/* A name as it is held against accounts (R3): what it takes is made once, for however many accounts there are. */
struct name_search {
	const char *name; /* the caller's, as long as this is used */
	struct name_keys keys;
	unsigned count; /* of spellings; a name of ASCII has none */
	char spelling[NAME_SPELLINGS][NAME_SPELLING_MAX + 1];
};

void name_search_init(struct name_search *s, const char *name);

/* What name_search_finds() needs of an account's name; kept beside it. */
void name_account_keys(const char *account, struct name_keys *out);

/* Whether the name belongs to that account: they are one name, or one of its spellings is the account's. */
bool name_search_finds(const struct name_search *s, const char *account, const struct name_keys *keys);

/*
 * The name of a session of an account: that of the account, composed; where that is no name, what stands in it before
 * the last @, or behind the first backslash, as directory servers write it, and *part is set. False: neither is one.
 */
bool name_of_account(const char *account, char out[NAME_MAX_LEN + 1], bool *part);

#endif
