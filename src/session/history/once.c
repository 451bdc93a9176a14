#include "session/history/once.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

struct once_range {
	uint32_t uid;     /* of the receiver, */
	const char *name; /* and its name */
	struct ident first, last;
};

static int
compare_receivers(const struct once_range *a, const struct once_range *b)
{
	return a->uid != b->uid ? (a->uid < b->uid ? -1 : 1) : strcmp(a->name, b->name);
}

/* The ranges do not overlap: only one that is looked for is equal to one that holds it. */
static int
compare(const void *x, const void *y)
{
	const struct once_range *a = x, *b = y;
	const int r = compare_receivers(a, b);

	if (r != 0)
		return r;
	if (memcmp(a->last.b, b->first.b, IDENT_LEN) < 0)
		return -1;
	return memcmp(a->first.b, b->last.b, IDENT_LEN) > 0;
}

/* That message alone. */
static struct once_range
range_of(const struct record *r)
{
	return (struct once_range){ .uid = r->peer.uid, .name = r->peer.name, .first = r->msgid, .last = r->msgid };
}

bool
once_has(const struct once *t, const struct record *r)
{
	const struct once_range one = range_of(r);

	return tfind(&one, &t->ranges, compare) != NULL;
}

/* Whether b follows a, other than past the largest number. */
static bool
follows(const struct ident *a, const struct ident *b)
{
	const struct ident next = ident_add(a, 1);

	return ident_equal(&next, b) && memcmp(a->b, b->b, IDENT_LEN) < 0;
}

/* At the end of the range, or, on the way down, at its beginning. */
static bool
extend(struct once_range *range, const struct once_range *one)
{
	if (!range || compare_receivers(range, one) != 0)
		return false;
	if (follows(&range->last, &one->first))
		range->last = one->first;
	else if (follows(&one->first, &range->first))
		range->first = one->first;
	else
		return false;
	return true;
}

static struct once_range *
copy_of(const struct once_range *one)
{
	const size_t n = strlen(one->name) + 1;
	struct once_range *copy = malloc(sizeof(*copy) + n);

	if (!copy)
		return NULL;
	*copy = *one;
	copy->name = memcpy(copy + 1, one->name, n);
	return copy;
}

void
once_add(struct once *t, const struct record *r)
{
	const struct once_range one = range_of(r);
	struct once_range *copy;

	if (extend(t->latest, &one) || !(copy = copy_of(&one)))
		return;
	if (tsearch(copy, &t->ranges, compare))
		t->latest = copy;
	else
		free(copy);
}

void
once_release(struct once *t)
{
	tdestroy(t->ranges, free);
	*t = (struct once){ .ranges = NULL };
}
