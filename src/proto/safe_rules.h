/*
 * What of a text may stand on a terminal: the rules of safe.h, a code point at a time. Plain state that looks back at
 * what was shown, and one look ahead. What people write in any script is let through; what cannot be seen, or steers a
 * terminal, only where a script or an emoji needs it.
 */
#ifndef PCHAT_PROTO_SAFE_RULES_H
#define PCHAT_PROTO_SAFE_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/unicode/unicode.h"

#define SAFE_MARKS_MAX 16U /* marks on one base */

/* Zeroed: the beginning of a line. */
struct safe_rules {
	const struct unicode
	    *letter;   /* the latest code point is this letter or mark, marks that every script uses apart */
	uint8_t jamo;  /* enum unicode_cluster of the latest code point, where that is a jamo */
	uint8_t marks; /* on the latest base */
	uint8_t tags;  /* of a flag, that are still to come */
	bool base;     /* the latest code point can take a variation selector */
	bool marked;   /* it is a mark on a base */
	bool emoji;    /* it ends what a joiner may join to another pictograph */
};

enum safe_fate {
	SAFE_SHOW,
	SAFE_ESCAPE,
	SAFE_DROP, /* says how a text is laid out, which a terminal does not know: it is shown as nothing */
};

/* What becomes of the code point of n bytes at `text`, no tab and no line feed; looks no further than len. */
enum safe_fate safe_rules_next(struct safe_rules *r, uint32_t cp, const char *text, size_t n, size_t len);

/* How far safe_rules_before() looks back, in bytes: more than SAFE_MARKS_MAX marks have. */
#define SAFE_RULES_BACK 96U

/* As they are in front of text[at], a code point's beginning, as far as that asks for them, when `text` begins a line. */
struct safe_rules safe_rules_before(const char *text, size_t len, size_t at);

/* Whether what was shown last carries a mark that follows. */
bool safe_rules_carries_mark(const struct safe_rules *r);

/* A run of printable ASCII that ends in `last` was shown. */
void safe_rules_plain(struct safe_rules *r, char last);

/* Something was shown as an escape. */
void safe_rules_escaped(struct safe_rules *r);

#endif
