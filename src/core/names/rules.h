/*
 * Whether a text is a name (R2), in every script, and why not. Pure.
 *
 * 1 to 32 clusters (what a reader takes for one character), at most NAME_MAX_LEN bytes, composed (NFC). It begins with
 * a letter or a digit, and consists of characters of identifiers (XID) that UTS 39 calls Recommended, Limited_Use or
 * Uncommon_Use, and . _ - @. They are of one script, where Han with Kana, with Bopomofo or with Hangul, each with
 * Latin, count as one; digits are of one set. What is written from right to left follows RFC 5893, rule 2. A base has
 * at most two nonspacing marks; joiners stand where RFC 5892 has them. What is not Latin and looks like ASCII as a
 * whole is nobody's name.
 */
#ifndef PCHAT_CORE_NAMES_RULES_H
#define PCHAT_CORE_NAMES_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/names/name.h"

enum name_fault {
	NAME_GOOD,
	NAME_EMPTY,
	NAME_LONG,       /* more than 32 clusters, or NAME_MAX_LEN bytes */
	NAME_NO_TEXT,    /* no UTF-8 */
	NAME_FORM,       /* not composed */
	NAME_FIRST,      /* begins with what may only stand behind a letter or a digit */
	NAME_CHARACTER,  /* `culprit` may not stand in a name, or not at that place (a joiner) */
	NAME_SCRIPTS,    /* of several scripts */
	NAME_DIGITS,     /* of several sets of digits */
	NAME_DIRECTION,  /* from left to right and from right to left */
	NAME_MARKS,      /* more than two marks on a base */
	NAME_LOOKS_LIKE, /* `looks_like` */
};

struct name_judgement {
	enum name_fault fault;
	uint32_t culprit;
	char looks_like[4 * NAME_MAX_LEN + 1]; /* ASCII, NUL-terminated */
};

/* Judges `len` bytes; reads no further. */
void name_judge(const char *text, size_t len, struct name_judgement *j);

/* What a person typed, composed, as a name is; false when it does not fit, or is no UTF-8. */
bool name_normal(const char *text, size_t len, char out[NAME_MAX_LEN + 1]);

/* Whether a valid name consists of digits, of whichever script: it is an account's name or nobody's. */
bool name_is_number(const char *name);

/* Why a text is no name, in words; at most NAME_WORDS_MAX bytes and a NUL. in_words translates what is English. */
#define NAME_WORDS_MAX 400U
void
name_words(const struct name_judgement *j, const char *(*in_words)(const char *english), char out[NAME_WORDS_MAX + 1]);

#endif
