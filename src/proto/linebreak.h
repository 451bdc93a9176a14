/*
 * Where a row of text may end (UAX 14 of Unicode 15.0, with its numbers, and LB20a of 15.1), one code point after the other.
 * Without dictionaries: words of Thai, Lao, Khmer and Myanmar are broken only at U+200B and spaces. A word that begins with
 * hyphens, as options of commands do, is broken behind none of its hyphens. Pure.
 */
#ifndef PCHAT_PROTO_LINEBREAK_H
#define PCHAT_PROTO_LINEBREAK_H

#include <stdbool.h>
#include <stdint.h>

/* All zero before the first code point. */
struct linebreak {
	bool begun;
	bool joiner;      /* the latest code point was ZWJ */
	bool wide;        /* `last` is wide in East Asia */
	bool future;      /* `last` is a pictograph that no version knows yet */
	bool odd_flag;    /* an odd number of regional indicators ends here */
	bool after_hl;    /* the hyphen in `last` stands behind a Hebrew letter */
	uint8_t last;     /* class of the latest code point; marks take the class of their base */
	uint8_t unspaced; /* class of the latest code point that is no space */
	uint8_t number;   /* 0: not within a number, 1: in its digits, 2: behind a bracket that closes it */
	uint8_t option;   /* 0: not within one, 1: in the hyphens that it begins with, 2: in its name */
};

/* Takes the next code point, and whether a row may end before it. */
bool linebreak_feed(struct linebreak *b, uint32_t cp);

#endif
