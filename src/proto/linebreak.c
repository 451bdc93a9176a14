#include "proto/linebreak.h"

#include "core/unicode/unicode.h"
#include "proto/layout.h"

#define ZWJ 0x200D
#define IN(c, ...) in_set(c, (const uint8_t[]){ __VA_ARGS__, 0xff })

/* What the next code point is, beside its class. */
struct next {
	uint8_t class;
	bool wide;
};

static bool
in_set(uint8_t class, const uint8_t *set)
{
	while (*set != 0xff && *set != class)
		set++;
	return *set != 0xff;
}

/* LB1 */
static uint8_t
resolve(const struct unicode *u)
{
	switch (u->line) {
	case LB_AI:
	case LB_SG:
	case LB_XX:
		return LB_AL;
	case LB_CJ:
		return LB_NS;
	case LB_SA:
		return unicode_is_mark(u) ? LB_CM : LB_AL;
	default:
		return u->line;
	}
}

static bool
is_hangul(uint8_t c)
{
	return IN(c, LB_JL, LB_JV, LB_JT, LB_H2, LB_H3);
}

static bool
is_letter(uint8_t c)
{
	return c == LB_AL || c == LB_HL;
}

/* LB4 to LB8: true when one of them decides. */
static bool
hard_rules(const struct linebreak *b, uint8_t c, bool *may)
{
	*may = false;
	if (!b->begun)
		return true;
	if (IN(b->last, LB_BK, LB_CR, LB_LF, LB_NL)) {
		*may = !(b->last == LB_CR && c == LB_LF);
		return true;
	}
	if (IN(c, LB_BK, LB_CR, LB_LF, LB_NL, LB_SP, LB_ZW))
		return true;
	*may = b->unspaced == LB_ZW;
	return *may;
}

/* LB11 to LB18: true when one of them decides. */
static bool
space_rules(const struct linebreak *b, uint8_t c, bool *may)
{
	const uint8_t before = b->unspaced;

	*may = false;
	if (c == LB_WJ || b->last == LB_WJ || b->last == LB_GL)
		return true;
	if (c == LB_GL && !IN(b->last, LB_SP, LB_BA, LB_HY))
		return true;
	if (IN(c, LB_CL, LB_CP, LB_EX, LB_IS, LB_SY))
		return true;
	if (before == LB_OP || (before == LB_QU && c == LB_OP))
		return true;
	if ((before == LB_CL || before == LB_CP) && c == LB_NS)
		return true;
	if (before == LB_B2 && c == LB_B2)
		return true;
	*may = b->last == LB_SP;
	return *may;
}

/* LB25: what belongs to a number such as ($12,345.67)% stays together. */
static bool
joins_number(const struct linebreak *b, uint8_t c)
{
	const uint8_t last = b->last;

	if (b->number == 1 && IN(c, LB_NU, LB_SY, LB_IS, LB_CL, LB_CP))
		return true;
	if (b->number > 0 && IN(c, LB_PO, LB_PR))
		return true;
	if (c == LB_NU)
		return IN(last, LB_PR, LB_PO, LB_OP, LB_HY);
	return IN(last, LB_PR, LB_PO) && c == LB_OP;
}

/* LB23 to LB30: words, numbers, brackets behind them. */
static bool
joins_word(const struct linebreak *b, struct next n)
{
	const uint8_t last = b->last, c = n.class;

	if ((is_letter(last) && c == LB_NU) || (last == LB_NU && is_letter(c)))
		return true;
	if ((last == LB_PR && IN(c, LB_ID, LB_EB, LB_EM)) || (IN(last, LB_ID, LB_EB, LB_EM) && c == LB_PO))
		return true;
	if ((IN(last, LB_PR, LB_PO) && is_letter(c)) || (is_letter(last) && IN(c, LB_PR, LB_PO)))
		return true;
	if (joins_number(b, c) || (is_letter(last) && is_letter(c)) || (last == LB_IS && is_letter(c)))
		return true;
	if ((is_letter(last) || last == LB_NU) && c == LB_OP && !n.wide)
		return true;
	return last == LB_CP && !b->wide && (is_letter(c) || c == LB_NU);
}

/* LB26, LB27 */
static bool
joins_syllable(uint8_t last, uint8_t c)
{
	if (last == LB_JL)
		return IN(c, LB_JL, LB_JV, LB_H2, LB_H3, LB_PO);
	if (last == LB_JV || last == LB_H2)
		return IN(c, LB_JV, LB_JT, LB_PO);
	if (last == LB_JT || last == LB_H3)
		return IN(c, LB_JT, LB_PO);
	return last == LB_PR && is_hangul(c);
}

/* LB20a, also for several hyphens, and for those that stand later in the same word: --if-needed stays whole. */
static bool
joins_option(const struct linebreak *b, uint8_t c)
{
	return b->option > 0 && b->last == LB_HY && is_letter(c);
}

/* LB19 to LB31 */
static bool
soft_rules(const struct linebreak *b, struct next n)
{
	const uint8_t last = b->last, c = n.class;

	if (c == LB_QU || last == LB_QU)
		return false;
	if (c == LB_CB || last == LB_CB)
		return true;
	if (IN(c, LB_BA, LB_HY, LB_NS, LB_IN) || last == LB_BB || b->after_hl || (last == LB_SY && c == LB_HL))
		return false;
	if (joins_option(b, c) || joins_word(b, n) || joins_syllable(last, c))
		return false;
	if (last == LB_RI && c == LB_RI)
		return !b->odd_flag;
	return !(c == LB_EM && (last == LB_EB || b->future));
}

/* An option begins where a word does. */
static uint8_t
option_state(const struct linebreak *b, uint8_t c)
{
	const bool begins =
	    !b->begun || IN(b->last, LB_BK, LB_CR, LB_LF, LB_NL, LB_SP, LB_ZW, LB_CB, LB_GL, LB_OP, LB_QU);

	if (c == LB_HY)
		return b->option == 2 ? 2 : b->option == 1 || begins;
	return b->option > 0 && (is_letter(c) || c == LB_NU) ? 2 : 0;
}

static uint8_t
number_state(const struct linebreak *b, uint8_t c)
{
	if (c == LB_NU || (b->number == 1 && IN(c, LB_SY, LB_IS)))
		return 1;
	return b->number == 1 && IN(c, LB_CL, LB_CP) ? 2 : 0;
}

static void
advance(struct linebreak *b, struct next n, bool future)
{
	b->after_hl = b->begun && b->last == LB_HL && IN(n.class, LB_HY, LB_BA);
	b->number = number_state(b, n.class);
	b->option = option_state(b, n.class);
	b->odd_flag = n.class == LB_RI && !(b->begun && b->last == LB_RI && b->odd_flag);
	b->last = n.class;
	if (n.class != LB_SP)
		b->unspaced = n.class;
	b->wide = n.wide;
	b->future = future;
	b->begun = true;
}

bool
linebreak_feed(struct linebreak *b, uint32_t cp)
{
	const struct unicode *u = unicode_get(cp);
	struct next n = { .class = resolve(u), .wide = layout_is_wide(u) };
	const bool mark = n.class == LB_CM || n.class == LB_ZWJ, joined = b->joiner;
	bool may;

	b->joiner = cp == ZWJ;
	/* LB9: a mark belongs to its base, and LB10: one without a base is a letter. */
	if (mark && b->begun && !IN(b->last, LB_BK, LB_CR, LB_LF, LB_NL, LB_SP, LB_ZW))
		return false;
	if (mark)
		n.class = LB_AL;
	if (!hard_rules(b, n.class, &may)) {
		if (joined)
			may = false;
		else if (!space_rules(b, n.class, &may))
			may = soft_rules(b, n);
	}
	advance(b, n, (u->flags & UNICODE_PICTOGRAPH) && u->category == GC_CN);
	return may;
}
