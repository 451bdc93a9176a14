#include "cli/chat/editor/origin.h"

#include <stdio.h>

#include "core/names/name.h"

struct origin
origin_recalled(const char *label, const struct origin *now)
{
	struct origin o = { .known = true, .recalled = true, .number = now->number };

	(void)snprintf(o.label, sizeof(o.label), "%s", label);
	return o;
}

bool
origin_is_other(const struct origin *o, const struct origin *now)
{
	if (!o->known)
		return false;
	return o->number != now->number || (o->recalled && *o->label && !name_equal(o->label, now->label));
}

void
origin_join(struct origin *o, const struct origin *other, const struct origin *now)
{
	const bool pasted = o->pasted, left_out = o->left_out || other->left_out;

	o->left_out = left_out;
	if (origin_is_other(o, now) || !origin_is_other(other, now))
		return;
	*o = *other;
	o->pasted = pasted;
	o->left_out = left_out;
	o->recalled = true;
}
