/* Extended grapheme clusters (UAX 29): the rules GB3 to GB13, of which each looks at the place before a code point. */
#include "core/unicode/unicode.h"

struct cluster {
	uint8_t before;  /* enum unicode_cluster of the latest code point */
	bool pictograph; /* a pictograph and marks behind it: a joiner may join another one to it */
	bool joined;     /* and that joiner is the latest code point */
	bool odd;        /* the regional indicators so far are odd in number: one more makes a flag */
};

static bool
breaks_hangul(uint8_t before, uint8_t after)
{
	if (before == GCB_L)
		return after != GCB_L && after != GCB_V && after != GCB_LV && after != GCB_LVT;
	if (before == GCB_LV || before == GCB_V)
		return after != GCB_V && after != GCB_T;
	if (before == GCB_LVT || before == GCB_T)
		return after != GCB_T;
	return true;
}

static bool
is_control(uint8_t class)
{
	return class == GCB_CN || class == GCB_CR || class == GCB_LF;
}

static bool
breaks(const struct cluster *c, const struct unicode *next)
{
	if (c->before == GCB_CR && next->cluster == GCB_LF)
		return false;
	if (is_control(c->before) || is_control(next->cluster))
		return true;
	if (next->cluster == GCB_EX || next->cluster == GCB_ZWJ || next->cluster == GCB_SM || c->before == GCB_PP)
		return false;
	if (c->joined && next->flags & UNICODE_PICTOGRAPH)
		return false;
	if (c->before == GCB_RI && next->cluster == GCB_RI)
		return !c->odd;
	return breaks_hangul(c->before, next->cluster);
}

static void
take(struct cluster *c, const struct unicode *next)
{
	const bool extends = next->cluster == GCB_EX || next->cluster == GCB_ZWJ;

	c->joined = c->pictograph && next->cluster == GCB_ZWJ;
	c->pictograph = next->flags & UNICODE_PICTOGRAPH || (c->pictograph && extends);
	c->odd = next->cluster == GCB_RI && !c->odd;
	c->before = next->cluster;
}

size_t
unicode_cluster(const char *text, size_t len)
{
	struct cluster c = { 0 };
	uint32_t cp;
	size_t at = unicode_decode(text, len, &cp);

	if (at == 0)
		return len > 0;
	take(&c, unicode_get(cp));
	while (at < len) {
		const size_t n = unicode_decode(text + at, len - at, &cp);

		if (n == 0 || breaks(&c, unicode_get(cp)))
			break;
		take(&c, unicode_get(cp));
		at += n;
	}
	return at;
}
