#include "proto/safe_rules.h"

#include "base/macros.h"

#define SOFT_HYPHEN 0x00AD
#define JOINER_OF_GRAPHEMES 0x034F
#define ARABIC_MARK 0x061C
#define CHOSEONG_FILLER 0x115F
#define JUNGSEONG_FILLER 0x1160
#define MONGOLIAN_FIRST 0x180B /* selectors and the vowel separator */
#define MONGOLIAN_LAST 0x180F
#define ZERO_WIDTH_SPACE 0x200B
#define ZWNJ 0x200C
#define ZWJ 0x200D
#define LEFT_TO_RIGHT_MARK 0x200E
#define RIGHT_TO_LEFT_MARK 0x200F
#define KEYCAP 0x20E3
#define EMOJI_SELECTOR 0xFE0F
#define ANNOTATION_FIRST 0xFFF9
#define ANNOTATION_LAST 0xFFFB
#define KITTY_IMAGE 0x10EEEE /* by this one of the private use kitty draws images */
#define BLACK_FLAG 0x1F3F4
#define TAG(c) (0xE0000U + (c))
#define TAG_END 0xE007F
#define TAGS_LEAST 3U
#define TAGS_MOST 6U

static bool
any_of(const uint8_t *scripts, size_t count, unsigned script)
{
	for (size_t i = 0; i < count; i++)
		if (script == scripts[i])
			return true;
	return false;
}

/* The code point that follows, or 0. */
static uint32_t
peek(const char *text, size_t len)
{
	uint32_t cp;

	return unicode_decode(text, len, &cp) > 0 ? cp : 0;
}

/* ------ where the invisible ones have a place ------ */

static bool
uses_script(const struct unicode *u, unsigned script)
{
	return unicode_scripts(u)[script / 64] >> script % 64 & 1;
}

/* Whether a joiner behind it changes what a reader of its script sees; of a letter of several, like the Arabic tatweel, any. */
static bool
takes_joiners(const struct unicode *u)
{
	static const uint8_t none[] = { SCRIPT_LATIN, SCRIPT_GREEK, SCRIPT_CYRILLIC, SCRIPT_HAN, SCRIPT_HIRAGANA,
		SCRIPT_KATAKANA, SCRIPT_HANGUL };

	if (!u || uses_script(u, SCRIPT_COMMON)) /* which stands in a set of all scripts alone */
		return false;
	if (u->script != SCRIPT_COMMON && u->script != SCRIPT_INHERITED)
		return !any_of(none, sizeof(none), u->script);
	for (unsigned script = 0; script < UNICODE_SET_HANB; script++)
		if (uses_script(u, script) && !any_of(none, sizeof(none), script))
			return true;
	return false;
}

/* Scripts without spaces between words: the space bar types U+200B there. */
static bool
runs_on(const struct unicode *u)
{
	static const uint8_t scripts[] = { SCRIPT_KHMER, SCRIPT_LAO, SCRIPT_THAI, SCRIPT_MYANMAR, SCRIPT_TIBETAN };

	return u && any_of(scripts, sizeof(scripts), u->script);
}

static bool
is_mongolian(const struct unicode *u)
{
	return u && u->script == SCRIPT_MONGOLIAN && unicode_is_letter(u);
}

/* A filler stands for the vowel or the first consonant of a syllable that has something else to be seen. */
static bool
begins_syllable(const char *after, size_t len)
{
	const uint32_t vowel = peek(after, len);
	char filler[UNICODE_UTF8_MAX];
	size_t n;

	if (unicode_get(vowel)->cluster != GCB_V)
		return false;
	if (vowel != JUNGSEONG_FILLER)
		return true;
	n = unicode_encode(JUNGSEONG_FILLER, filler);
	return unicode_get(peek(after + n, len - n))->cluster == GCB_T;
}

/* How many tags, and their end, make a flag of what follows a black one; 0: they make none. */
static uint8_t
flag_tags(const char *after, size_t len)
{
	for (uint8_t count = 0; count <= TAGS_MOST; count++) {
		uint32_t cp;
		const size_t n = unicode_decode(after, len, &cp);

		if (n > 0 && cp == TAG_END)
			return count >= TAGS_LEAST ? count + 1 : 0;
		if (n == 0 || !((cp >= TAG('a') && cp <= TAG('z')) || (cp >= TAG('0') && cp <= TAG('9'))))
			return 0;
		after += n;
		len -= n;
	}
	return 0;
}

/* One that cannot be seen, at a place where its script or its emoji needs it. `after` is what follows. */
static bool
has_place(const struct safe_rules *r, uint32_t cp, const struct unicode *u, const char *after, size_t len)
{
	if (cp == ZWNJ)
		return takes_joiners(r->letter);
	if (cp == ZWJ)
		return takes_joiners(r->letter) ||
		    (r->emoji && unicode_get(peek(after, len))->flags & UNICODE_PICTOGRAPH);
	if (cp == ZERO_WIDTH_SPACE) {
		const struct unicode *next = unicode_get(peek(after, len));

		return runs_on(r->letter) && runs_on(next) && unicode_is_letter(next);
	}
	if (cp >= MONGOLIAN_FIRST && cp <= MONGOLIAN_LAST)
		return is_mongolian(r->letter) && is_mongolian(unicode_get(peek(after, len)));
	if (cp == JOINER_OF_GRAPHEMES)
		return r->base || r->marked;
	if (cp == CHOSEONG_FILLER)
		return begins_syllable(after, len);
	if (cp == JUNGSEONG_FILLER)
		return r->jamo == GCB_L;
	return r->tags > 0 || (u->flags & UNICODE_SELECTOR && r->base);
}

static bool
may_show(const struct safe_rules *r, uint32_t cp, const struct unicode *u, const char *after, size_t len)
{
	if (u->flags & UNICODE_IGNORABLE)
		return has_place(r, cp, u, after, len);
	switch (u->category) {
	case GC_CC:
	case GC_CS:
	case GC_ZL:
	case GC_ZP:
		return false;
	case GC_CF:
		return cp < ANNOTATION_FIRST || cp > ANNOTATION_LAST;
	case GC_CN:
		return u->flags & UNICODE_PICTOGRAPH;
	case GC_CO:
		return cp != KITTY_IMAGE;
	case GC_MN:
	case GC_MC:
	case GC_ME:
		return r->marks < SAFE_MARKS_MAX;
	default:
		return true;
	}
}

/* ------ looking back ------ */

static void
take_invisible(struct safe_rules *r, uint32_t cp, const struct unicode *u)
{
	r->emoji = r->emoji && cp == EMOJI_SELECTOR;
	r->jamo = u->cluster;
	r->letter = NULL;
	r->base = r->marked = false;
	if (r->tags > 0)
		r->tags--;
}

static void
take_mark(struct safe_rules *r, uint32_t cp, const struct unicode *u)
{
	if (u->script != SCRIPT_INHERITED && u->script != SCRIPT_COMMON)
		r->letter = u;
	r->marks++;
	r->marked = r->base || r->marked;
	r->base = false;
	r->emoji = cp == KEYCAP;
	r->jamo = GCB_XX;
}

static void
take_base(struct safe_rules *r, uint32_t cp, const struct unicode *u, const char *after, size_t len)
{
	*r = (struct safe_rules){
		.letter = unicode_is_letter(u) ? u : NULL,
		.jamo = u->cluster,
		.tags = cp == BLACK_FLAG ? flag_tags(after, len) : 0,
		.base = u->category != GC_ZS,
		.emoji = u->flags & (UNICODE_PICTOGRAPH | UNICODE_MODIFIER),
	};
}

static bool
is_layout(uint32_t cp)
{
	return cp == SOFT_HYPHEN || cp == ARABIC_MARK || cp == LEFT_TO_RIGHT_MARK || cp == RIGHT_TO_LEFT_MARK;
}

enum safe_fate
safe_rules_next(struct safe_rules *r, uint32_t cp, const char *text, size_t n, size_t len)
{
	const struct unicode *u = unicode_get(cp);

	if (is_layout(cp))
		return SAFE_DROP;
	if (!may_show(r, cp, u, text + n, len - n)) {
		safe_rules_escaped(r);
		return SAFE_ESCAPE;
	}
	if (u->flags & UNICODE_IGNORABLE)
		take_invisible(r, cp, u);
	else if (unicode_is_mark(u))
		take_mark(r, cp, u);
	else
		take_base(r, cp, u, text + n, len - n);
	return SAFE_SHOW;
}

void
safe_rules_plain(struct safe_rules *r, char last)
{
	*r = (struct safe_rules){ .base = last != ' ' };
}

/* Marks go on counting: those behind the last that was shown are too many, too. */
void
safe_rules_escaped(struct safe_rules *r)
{
	*r = (struct safe_rules){ .marks = r->marks };
}

bool
safe_rules_carries_mark(const struct safe_rules *r)
{
	return r->base || r->marked || r->letter;
}

/* ------ in the middle of a text ------ */

/* The code point of n bytes that ends before text[at]; a byte that ends none is one that is not assigned. */
static uint32_t
code_point_before(const char *text, size_t at, size_t *n)
{
	const size_t most = at < UNICODE_UTF8_MAX ? at : UNICODE_UTF8_MAX;
	uint32_t cp;

	for (*n = 1; *n <= most; ++*n)
		if (unicode_decode(text + at - *n, *n, &cp) == *n)
			return cp;
	*n = 1;
	return UNICODE_MAX;
}

/* Whether all is decided anew by it: a base, or what begins a line. */
static bool
begins_anew(uint32_t cp)
{
	const struct safe_rules none = { 0 };
	const struct unicode *u = unicode_get(cp);

	if (cp == '\t' || cp == '\n')
		return true;
	return !(u->flags & UNICODE_IGNORABLE) && !unicode_is_mark(u) && may_show(&none, cp, u, NULL, 0);
}

struct safe_rules
safe_rules_before(const char *text, size_t len, size_t at)
{
	struct safe_rules r = { 0 };
	size_t from = at, n = 0;
	uint32_t cp = 0;

	if (at == 0 || (unicode_decode(text + at, len - at, &cp) > 0 && begins_anew(cp)))
		return r;
	while (from > 0 && at - from < SAFE_RULES_BACK && !begins_anew(cp = code_point_before(text, from, &n)))
		from -= n;
	if (from > 0 && at - from < SAFE_RULES_BACK)
		from -= n;
	for (; from < at; from += n) {
		n = unicode_decode(text + from, at - from, &cp);
		if (n == 0) {
			safe_rules_escaped(&r);
			n = 1;
		} else if (cp == '\t' || cp == '\n') {
			r = (struct safe_rules){ 0 };
		} else {
			(void)safe_rules_next(&r, cp, text + from, n, len - from);
		}
	}
	return r;
}
