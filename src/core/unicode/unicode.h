/*
 * What Unicode says of a code point, and UTF-8. Pure look-ups in tables that are made by tools/unicode/generate,
 * all of one version (UNICODE_VERSION). Knows nothing of names or of terminals.
 */
#ifndef PCHAT_CORE_UNICODE_UNICODE_H
#define PCHAT_CORE_UNICODE_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/unicode/unicode_values.h"

#define UNICODE_MAX 0x10FFFFU
#define UNICODE_UTF8_MAX 4U /* bytes of a code point */
#define UNICODE_NO_DIGIT UINT8_MAX

enum unicode_flag {
	UNICODE_IDENT = 1,      /* may stand in a name: XID, of the types that core/names/name.h lists */
	UNICODE_PICTOGRAPH = 2, /* Extended_Pictographic, also when not assigned yet */
	UNICODE_EMOJI = 4,      /* Emoji_Presentation */
	UNICODE_MODIFIER = 8,   /* Emoji_Modifier: a tone of skin */
	UNICODE_IGNORABLE = 16, /* Default_Ignorable_Code_Point: cannot be seen */
	UNICODE_SELECTOR = 32,  /* Variation_Selector */
	UNICODE_NONCHARACTER = 64,
};

struct unicode {
	uint8_t category; /* enum unicode_category; GC_CN: not assigned */
	uint8_t script;   /* enum unicode_script */
	uint8_t cluster;  /* enum unicode_cluster (UAX 29) */
	uint8_t line;     /* enum unicode_line (UAX 14) */
	uint8_t east;     /* enum unicode_east (UAX 11) */
	uint8_t ccc;      /* canonical combining class */
	uint8_t bidi;     /* enum unicode_bidi */
	uint8_t joining;  /* enum unicode_joining */
	uint8_t digit;    /* value of a decimal digit, or UNICODE_NO_DIGIT */
	uint16_t set;     /* see unicode_scripts() */
	uint16_t flags;   /* of enum unicode_flag */
};

/* Of any number; above UNICODE_MAX it is not assigned. Never NULL. */
const struct unicode *unicode_get(uint32_t cp);

/*
 * The scripts that use a code point (Script_Extensions): a set bit for each enum unicode_script, all bits for those
 * that every script uses, and the UNICODE_SET_ bits of the scripts that one language writes together.
 */
const uint64_t *unicode_scripts(const struct unicode *u);

/* One code point of well-formed UTF-8: its length in bytes, or 0 when there is none at `text`. Reads no further than len. */
size_t unicode_decode(const char *text, size_t len, uint32_t *cp);

/* The length of a text that was cut off after n bytes, without a character of which only the beginning is there. */
size_t unicode_whole(const char *text, size_t n);

/* Writes the UTF-8 of a code point that is no surrogate; returns its length. */
size_t unicode_encode(uint32_t cp, char out[UNICODE_UTF8_MAX]);

/*
 * Bytes of the first extended grapheme cluster (UAX 29) of `text`: what a reader takes for one character. A byte that
 * is no UTF-8 is a cluster by itself. 0 only when len is 0.
 */
size_t unicode_cluster(const char *text, size_t len);

static inline bool
unicode_is_letter(const struct unicode *u)
{
	return u->category >= GC_LU && u->category <= GC_LO;
}

static inline bool
unicode_is_mark(const struct unicode *u)
{
	return u->category >= GC_MN && u->category <= GC_MC;
}

#endif
