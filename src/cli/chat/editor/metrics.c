#include "cli/chat/editor/metrics.h"

#include <stdbool.h>
#include <stdint.h>

#include "core/unicode/unicode.h"
#include "proto/layout.h"

#define ZWJ 0x200D
#define EMOJI_STYLE 0xFE0F
#define KEYCAP 0x20E3
#define TAG_END 0xE007F
#define IS_AM(cp) ((cp) == 0x0E33 || (cp) == 0x0EB3)

static const char *const samples[METRICS_KINDS] = {
	[METRICS_MARKED] = "\u0915\u093f",
	[METRICS_AM] = "\u0e2a\u0e33",
	[METRICS_STYLED] = "\u2764\ufe0f",
	[METRICS_KEYCAP] = "1\ufe0f\u20e3",
	[METRICS_TONED] = "\U0001f44d\U0001f3fd",
	[METRICS_JOINED] = "\U0001f469\u200d\U0001f680",
	[METRICS_FLAG] = "\U0001f1e9\U0001f1ea",
	[METRICS_TAGGED] = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
	[METRICS_JAMO] = "\u1112\u1161\u11ab",
	[METRICS_AMBIGUOUS] = "\u00a7",
	[METRICS_NEW] = "\U0001faff",
};

/* What a cluster consists of. */
struct parts {
	enum metrics_kind kind;
	size_t pictographs, tones, letters; /* letters: of a flag */
	bool styled;                        /* made an emoji of by U+FE0F */
	size_t spacing; /* columns of marks and SARA AM behind its first code point, where they have any */
	size_t sum;     /* of its code points; those marks only where they have any */
};

const char *
metrics_sample(enum metrics_kind kind)
{
	return samples[kind];
}

/* Columns of a single code point, as most terminals have it. */
static size_t
width_of(uint32_t cp, const struct unicode *u)
{
	if (cp == EMOJI_STYLE || u->cluster == GCB_V || u->cluster == GCB_T)
		return 0;
	if ((u->flags & UNICODE_PICTOGRAPH) && !layout_is_wide(u) && u->category != GC_CN)
		return 1;
	if (u->category == GC_CO || u->cluster == GCB_RI)
		return 1;
	return layout_width_of(cp);
}

static bool
has_keycap(uint32_t base)
{
	return (base >= '0' && base <= '9') || base == '#' || base == '*';
}

/* The kind that a code point makes of its cluster, which begins with `base`. */
static enum metrics_kind
kind_of(uint32_t base, uint32_t cp, const struct unicode *u)
{
	if (cp == ZWJ)
		return METRICS_JOINED;
	if (cp == KEYCAP) /* on another base it is a mark */
		return has_keycap(base) ? METRICS_KEYCAP : METRICS_PLAIN;
	if (cp == TAG_END)
		return METRICS_TAGGED;
	if (IS_AM(cp))
		return METRICS_AM;
	if (u->flags & UNICODE_MODIFIER)
		return METRICS_TONED;
	if (u->cluster == GCB_RI)
		return METRICS_FLAG;
	if (u->cluster == GCB_V || u->cluster == GCB_T)
		return METRICS_JAMO;
	if (u->category == GC_MC)
		return METRICS_MARKED;
	if (cp == EMOJI_STYLE)
		return METRICS_STYLED;
	if ((u->flags & UNICODE_PICTOGRAPH) && u->category == GC_CN)
		return METRICS_NEW;
	return u->east == EA_A && !unicode_is_mark(u) ? METRICS_AMBIGUOUS : METRICS_PLAIN;
}

/* Which of two kinds says more. */
static bool
outranks(enum metrics_kind a, enum metrics_kind b)
{
	if (b == METRICS_PLAIN || b == METRICS_AMBIGUOUS)
		return true;
	return a == METRICS_JOINED || a == METRICS_KEYCAP || a == METRICS_TAGGED ||
	    (a == METRICS_TONED && b == METRICS_STYLED);
}

/* Columns that a code point adds to its cluster: a terminal may join marks to what they stand behind. */
static size_t
width_within(const struct metrics *m, uint32_t cp, const struct unicode *u)
{
	if ((u->category == GC_MC && m->width[METRICS_MARKED] == 1) || (IS_AM(cp) && m->width[METRICS_AM] == 1))
		return 0;
	return width_of(cp, u);
}

static struct parts
take_apart(const struct metrics *m, const char *cluster, size_t len)
{
	struct parts p = { .kind = METRICS_PLAIN };
	uint32_t base = 0;

	for (size_t at = 0, n; at < len; at += n) {
		uint32_t cp;
		const struct unicode *u;
		enum metrics_kind kind;
		size_t width;

		n = unicode_decode(cluster + at, len - at, &cp);
		if (n == 0)
			break;
		base = at == 0 ? cp : base;
		u = unicode_get(cp);
		kind = kind_of(base, cp, u);
		if (kind != METRICS_PLAIN && outranks(kind, p.kind))
			p.kind = kind;
		p.pictographs += (u->flags & UNICODE_PICTOGRAPH) != 0;
		p.tones += (u->flags & UNICODE_MODIFIER) != 0;
		width =
		    at > 0 ? width_within(m, cp, u) : width_of(cp, u); /* what begins a cluster has a cell of its own */
		p.spacing += at > 0 && (u->category == GC_MC || IS_AM(cp)) ? width : 0;
		p.sum += width;
		p.letters += u->cluster == GCB_RI;
		p.styled = p.styled || cp == EMOJI_STYLE;
	}
	return p;
}

size_t
metrics_code_width(uint32_t cp)
{
	return width_of(cp, unicode_get(cp));
}

/* A family of emoji is one emoji, or all of them one behind the other. */
static size_t
joined_width(const struct metrics *m, const struct parts *p)
{
	if (p->pictographs < 2) /* joiners between letters */
		return p->sum;
	return m->width[METRICS_JOINED] > 0 && m->width[METRICS_JOINED] <= 2 ? 2 + p->spacing : p->sum;
}

static size_t
width_by_kind(const struct metrics *m, const struct parts *p)
{
	const size_t known = m->width[p->kind];

	switch (p->kind) {
	case METRICS_STYLED:
	case METRICS_TONED:
	case METRICS_AMBIGUOUS:
		return known == 2 ? 2 + p->spacing : p->sum;
	case METRICS_JOINED:
		return joined_width(m, p);
	case METRICS_JAMO:
		return known > 2 ? known + p->spacing : p->sum;
	case METRICS_KEYCAP:
		return (known == 2 ? 2 : 1) + p->spacing;
	case METRICS_FLAG:
		return known > 0 && p->letters == 2 ? known + p->spacing : p->sum;
	case METRICS_TAGGED:
	case METRICS_NEW:
		return (known > 0 ? known : 2) + p->spacing;
	default:
		return p->sum;
	}
}

size_t
metrics_width(const struct metrics *m, const char *cluster, size_t len, bool *doubtful)
{
	const struct parts p = take_apart(m, cluster, len);
	const size_t width = width_by_kind(m, &p);

	*doubtful = p.kind != METRICS_PLAIN;
	/* Whatever else it is: a terminal that widens what is styled widens it. */
	if (width == 1 + p.spacing && p.styled && p.kind != METRICS_KEYCAP && m->width[METRICS_STYLED] == 2)
		return width + 1;
	return width;
}
