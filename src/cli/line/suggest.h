/*
 * "Did you mean": of several candidates the one that is nearest to what was
 * typed, when one is near at all. Pure.
 */
#ifndef PCHAT_CLI_LINE_SUGGEST_H
#define PCHAT_CLI_LINE_SUGGEST_H

/* Letters to insert, drop, change, or exchange with their neighbour to turn a into b; UINT_MAX for words over 31 bytes. */
unsigned suggest_distance(const char *a, const char *b);

struct suggestion {
	const char *typed;
	const char *best; /* NULL: none is near */
	unsigned distance;
};

void suggest_begin(struct suggestion *s, const char *typed);
void suggest_try(struct suggestion *s, const char *candidate);

#endif
