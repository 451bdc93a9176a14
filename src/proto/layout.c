#include "proto/layout.h"

#define EMOJI_STYLE 0xFE0F
#define FIRST_EMOJI 0x1F000
#define NOTHING 0xFFFF /* stands for a byte that belongs to no character */

/* One code point, or a byte that belongs to none. Returns its bytes. */
static size_t
decode(const char *text, size_t len, uint32_t *cp)
{
	const size_t n = unicode_decode(text, len, cp);

	if (n > 0)
		return n;
	*cp = NOTHING;
	return 1;
}

/* Where the code point begins that ends at `at`. */
static size_t
step_back(const char *text, size_t at)
{
	size_t from = at - 1;
	uint32_t cp;

	while (from > 0 && at - from < UNICODE_UTF8_MAX && ((unsigned char)text[from] & 0xc0) == 0x80)
		from--;
	return decode(text + from, at - from, &cp) == at - from ? from : at - 1;
}

/* Whether a cluster begins at `at` for sure, without a look at all that stands before. */
static bool
begins_cluster(const char *text, size_t at, size_t end)
{
	const struct unicode *u;
	uint32_t cp, before;

	if (at == 0)
		return true;
	(void)decode(text + at, end - at, &cp);
	u = unicode_get(cp);
	if (u->cluster != GCB_XX || (u->flags & UNICODE_PICTOGRAPH))
		return false;
	(void)decode(text + step_back(text, at), at, &before);
	return unicode_get(before)->cluster != GCB_PP;
}

size_t
layout_previous(const char *text, size_t at)
{
	size_t from = at, n;

	if (at == 0)
		return 0;
	do
		from = step_back(text, from);
	while (!begins_cluster(text, from, at));
	while ((n = unicode_cluster(text + from, at - from)) < at - from)
		from += n;
	return n;
}

/* Shown in no column by any terminal. */
static bool
is_unseen(const struct unicode *u)
{
	switch (u->category) {
	case GC_MN:
	case GC_ME:
		return u->cluster != GCB_V && u->cluster != GCB_T;
	case GC_CF:
		return u->cluster != GCB_PP;
	case GC_CC:
		return true;
	default:
		return false;
	}
}

size_t
layout_width_of(uint32_t cp)
{
	const struct unicode *u = unicode_get(cp);

	if (cp == EMOJI_STYLE) /* makes its base wide */
		return 1;
	if (u->cluster == GCB_RI || (u->flags & (UNICODE_MODIFIER | UNICODE_PICTOGRAPH)) || layout_is_wide(u))
		return 2;
	if (is_unseen(u))
		return 0;
	return u->category == GC_CO || (cp >= FIRST_EMOJI && u->category == GC_SO) ? 2 : 1;
}

size_t
layout_width(const char *text, size_t len)
{
	size_t width = 0;

	for (size_t at = 0; at < len;) {
		uint32_t cp = (unsigned char)text[at];

		at += cp < 0x80 ? 1 : decode(text + at, len - at, &cp);
		width += cp >= 0x20 && cp < 0x7f ? 1 : layout_width_of(cp);
	}
	return width;
}
