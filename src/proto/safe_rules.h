/*
 * Which code points of a text may be shown on a terminal: the rules behind safe.h, one code point at a time. Plain
 * state remembers what was shown before, and each step may look ahead. What people write in any script is shown. What
 * is invisible, or steers a terminal, is shown only where a script or an emoji needs it.
 */
#ifndef PCHAT_PROTO_SAFE_RULES_H
#define PCHAT_PROTO_SAFE_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/unicode/unicode.h"

#define SAFE_MARKS_MAX 16U /* marks on one base */

/* What is remembered of the text so far. All zero: a line begins. */
struct safe_rules {
	/* The latest letter, or mark of one script, unless something else came behind it; NULL: none. */
	const struct unicode *letter;
	uint8_t jamo;  /* enum unicode_cluster of the latest code point, which matters when it is a jamo */
	uint8_t marks; /* so many marks stand on the latest base */
	uint8_t tags;  /* so many tags of a flag are still to come */
	bool base;     /* the latest code point can take a variation selector */
	bool marked;   /* the latest code point is a mark on a base */
	bool emoji;    /* the latest code point ends an emoji that a joiner may join to another pictograph */
};

/* What becomes of a code point. */
enum safe_fate {
	SAFE_SHOW,   /* it is shown as it is */
	SAFE_ESCAPE, /* it is shown as an escape, such as U+202E */
	SAFE_DROP,   /* it is left out: a hint about layout that terminals do not know */
};

/*
 * Judges one code point, and remembers it. `cp` is encoded in the first n bytes of text[len], and is neither a tab nor
 * a line feed: these the caller handles. Reads nothing beyond text[len].
 */
enum safe_fate safe_rules_next(struct safe_rules *r, uint32_t cp, const char *text, size_t n, size_t len);

/* How many bytes safe_rules_before() looks back: SAFE_MARKS_MAX marks take fewer. */
#define SAFE_RULES_BACK 96U

/*
 * The state in front of text[at], where a code point begins; text[len] begins a line. It is exact as far as the code
 * point there depends on it: all zero where that one is a base.
 */
struct safe_rules safe_rules_before(const char *text, size_t len, size_t at);

/* Whether a mark would combine with what was shown last. */
bool safe_rules_carries_mark(const struct safe_rules *r);

/* The caller has shown a run of printable ASCII that ends with `last`. */
void safe_rules_plain(struct safe_rules *r, char last);

/* The caller has shown an escape. */
void safe_rules_escaped(struct safe_rules *r);

#endif
