#include "core/claim.h"

#include "core/names/name.h"

/* Whether `a` says that it was paired with `b`, and can be believed. */
static bool
names(const struct claimant *a, const struct claimant *b)
{
	return a->claim && !a->had_pair && a->claim->pair != 0 && a->claim->uid == b->uid &&
	    name_equal(a->claim->name, b->name);
}

bool
claim_agree(const struct claimant *a, const struct claimant *b)
{
	return names(a, b) && names(b, a) && a->claim->pair == b->claim->pair;
}

enum verdict
claim_admit(bool resumes, bool lost)
{
	if (resumes == lost)
		return VERDICT_OK;
	return lost ? VERDICT_STARTING : VERDICT_EXPIRED;
}
