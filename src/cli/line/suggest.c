#include "cli/line/suggest.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>

#define LONGEST 31U

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* The optimal string alignment distance, three rows of its table at a time. */
unsigned
suggest_distance(const char *a, const char *b)
{
	const size_t la = strlen(a), lb = strlen(b);
	unsigned row[3][LONGEST + 1];

	if (la > LONGEST || lb > LONGEST)
		return UINT_MAX;
	for (unsigned j = 0; j <= lb; j++)
		row[0][j] = j;
	for (unsigned i = 1; i <= la; i++) {
		const unsigned *above = row[(i - 1) % 3], *over = row[(i + 1) % 3];
		unsigned *now = row[i % 3];

		now[0] = i;
		for (unsigned j = 1; j <= lb; j++) {
			now[j] = least(least(above[j], now[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = least(now[j], over[j - 2] + 1);
		}
	}
	return row[la % 3][lb];
}

void
suggest_begin(struct suggestion *s, const char *typed)
{
	const size_t len = strlen(typed);

	s->typed = typed;
	s->best = NULL;
	s->distance = len < 3 ? 2 : len < 7 ? 3 : 4; /* it has to be nearer than that */
}

void
suggest_try(struct suggestion *s, const char *candidate)
{
	const unsigned distance = suggest_distance(s->typed, candidate);

	if (distance < s->distance) {
		s->best = candidate;
		s->distance = distance;
	}
}
