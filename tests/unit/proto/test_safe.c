#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/macros.h"
#include "core/unicode/unicode.h"
#include "guard.h"
#include "proto/safe.h"
#include "quick.h"

#define LITERAL(s) s, sizeof(s) - 1

/* What `text` looks like; NUL-terminated. Reads from before a guard page, writes exactly into what is promised. */
static const char *
shown(const char *text, size_t len, unsigned indent, bool line)
{
	static char out[4096];
	const size_t cap = safe_bound(len, indent);
	size_t n;

	ck_assert_uint_lt(cap, sizeof(out));
	memset(out, '#', sizeof(out));
	text = (const char *)guard_copy(text, len);
	n = line ? safe_line(text, len, out, cap) : safe_text(text, len, indent, out, cap);
	ck_assert_uint_le(n, cap);
	ck_assert_int_eq(out[cap], '#');
	out[n] = '\0';
	return out;
}

static const struct {
	const char *text;
	size_t len;
	const char *shown;
} rows[] = {
	{ LITERAL(""), "" },
	{ LITERAL("lunch?"), "lunch?" },
	{ LITERAL("back\\slash ~"), "back\\slash ~" },
	{ LITERAL("\303\266 \346\274\242 \360\237\215\225"), "\303\266 \346\274\242 \360\237\215\225" },
	{ LITERAL("e\314\201"), "e\314\201" }, /* combining */
	/* control characters: C0, DEL, C1 */
	{ LITERAL("\033[2J"), "\\u{001B}[2J" },
	{ LITERAL("a\rb\a\0c\177"), "a\\u{000D}b\\u{0007}\\u{0000}c\\u{007F}" },
	{ LITERAL("\302\200\302\205\302\233\302\237"), "\\u{0080}\\u{0085}\\u{009B}\\u{009F}" },
	{ LITERAL("\302\240"), "\302\240" }, /* no-break space is a space */
	/* format characters: they turn text around, or cannot be seen */
	{ LITERAL("\342\200\256evil"), "\\u{202E}evil" },
	{ LITERAL("\342\201\246\342\201\251"), "\\u{2066}\\u{2069}" },
	{ LITERAL("\342\200\213\342\200\214\357\273\277"), "\\u{200B}\\u{200C}\\u{FEFF}" },
	/* soft hyphen, marks of direction */
	{ LITERAL("a\302\255b\342\200\216c\342\200\217d\330\234e"), "abcde" },
	{ LITERAL("\363\240\200\201"), "\\u{E0001}" },
	/* separators, private use, unassigned, no character at all */
	{ LITERAL("\342\200\250\342\200\251"), "\\u{2028}\\u{2029}" },
	{ LITERAL("\356\200\200\364\217\277\275"), "\356\200\200\364\217\277\275" }, /* fonts of icons */
	{ LITERAL("\364\216\273\256"), "\\u{10EEEE}" },
	{ LITERAL("\315\270\357\277\276\357\277\277"), "\\u{0378}\\u{FFFE}\\u{FFFF}" },
	/* not UTF-8 */
	{ LITERAL("\377\376a\200"), "\\xFF\\xFEa\\x80" },
	{ LITERAL("\355\240\200\355\277\277"), "\\xED\\xA0\\x80\\xED\\xBF\\xBF" }, /* surrogates */
	{ LITERAL("\300\200\300\233\340\200\233\360\200\200\233"),
	    "\\xC0\\x80\\xC0\\x9B\\xE0\\x80\\x9B\\xF0\\x80\\x80\\x9B" }, /* overlong */
	{ LITERAL("\364\220\200\200\370\210\200\200\200"), "\\xF4\\x90\\x80\\x80\\xF8\\x88\\x80\\x80\\x80" },
	{ LITERAL("\303"), "\\xC3" }, /* cut off, at the end and before something else */
	{ LITERAL("\360\237\215"), "\\xF0\\x9F\\x8D" },
	{ LITERAL("\342\200a"), "\\xE2\\x80a" },
	/* the joiner: between emoji only */
	{ LITERAL("\360\237\221\251\342\200\215\360\237\222\273"), "\360\237\221\251\342\200\215\360\237\222\273" },
	{ LITERAL("\360\237\221\251\360\237\217\275\342\200\215\360\237\222\273"), /* with a tone of skin */
	    "\360\237\221\251\360\237\217\275\342\200\215\360\237\222\273" },
	{ LITERAL("\342\235\244\357\270\217\342\200\215\360\237\224\245"), /* with a variation selector */
	    "\342\235\244\357\270\217\342\200\215\360\237\224\245" },
	{ LITERAL("a\342\200\215b"), "a\\u{200D}b" },
	{ LITERAL("\342\200\215"), "\\u{200D}" },
	{ LITERAL("\342\200\215\360\237\222\273"), "\\u{200D}\360\237\222\273" },
	{ LITERAL("\360\237\221\251\342\200\215"), "\360\237\221\251\\u{200D}" },
	{ LITERAL("\360\237\221\251\342\200\215a"), "\360\237\221\251\\u{200D}a" },
	{ LITERAL("\360\237\221\251a\342\200\215\360\237\222\273"), "\360\237\221\251a\\u{200D}\360\237\222\273" },
	{ LITERAL("\360\237\221\251\342\200\215\342\200\215\360\237\222\273"),
	    "\360\237\221\251\\u{200D}\\u{200D}\360\237\222\273" },
	{ LITERAL("\360\237\221\251\t\342\200\215\360\237\222\273"),
	    "\360\237\221\251      \\u{200D}\360\237\222\273" },
	/* tabs */
	{ LITERAL("\t|"), "        |" },
	{ LITERAL("a\tb"), "a       b" },
	{ LITERAL("1234567\tb"), "1234567 b" },
	{ LITERAL("12345678\tb"), "12345678        b" },
	{ LITERAL("\346\274\242\tb"), "\346\274\242      b" }, /* two columns wide */
	{ LITERAL("e\314\201\tb"), "e\314\201       b" },
	{ LITERAL("\033\tb"), "\\u{001B}        b" },
	{ LITERAL("\t\t"), "                " },
};

START_TEST(test_safe_table)
{
	ck_assert_str_eq(shown(rows[_i].text, rows[_i].len, 0, false), rows[_i].shown);
	ck_assert_str_eq(shown(rows[_i].text, rows[_i].len, 4, false), rows[_i].shown);
	ck_assert_str_eq(shown(rows[_i].text, rows[_i].len, 0, true), rows[_i].shown);
}
END_TEST

START_TEST(test_safe_lines)
{
	static const char text[] = "one\n[12:00] eve: two\n\n12\tb\n";
	const size_t len = sizeof(text) - 1;

	ck_assert_str_eq(shown(text, len, 0, false), "one\n[12:00] eve: two\n\n12      b\n");
	ck_assert_str_eq(shown(text, len, 4, false), "one\n    [12:00] eve: two\n    \n    12      b\n    ");
	ck_assert_str_eq(shown(text, len, 0, true), "one\\u{000A}[12:00] eve: two\\u{000A}\\u{000A}12   b\\u{000A}");
}
END_TEST

/* Every byte that nothing printable surrounds, at every place of a long run: the fast path lets none through. */
START_TEST(test_safe_finds_each_byte_in_each_place)
{
	char text[33];

	for (unsigned byte = 0; byte <= UINT8_MAX; byte++) {
		for (size_t at = 0; at < sizeof(text); at++) {
			memset(text, 'x', sizeof(text));
			text[at] = (char)byte;
			for (const char *c = shown(text, sizeof(text), 0, true); *c; c++)
				quick_assert(*c >= 0x20 && *c < 0x7f);
		}
	}
}
END_TEST

/* What a code point is to become when it stands alone, by other tables than those of safe.c. */
enum fate { KEPT, ESCAPED, LEFT_OUT };

/* What cannot be seen: as DerivedCoreProperties.txt has it. */
static bool
is_ignorable(utf8proc_int32_t cp)
{
	static const utf8proc_int32_t range[][2] = { { 0xAD, 0xAD }, { 0x34F, 0x34F }, { 0x61C, 0x61C },
		{ 0x115F, 0x1160 }, { 0x17B4, 0x17B5 }, { 0x180B, 0x180F }, { 0x200B, 0x200F }, { 0x202A, 0x202E },
		{ 0x2060, 0x206F }, { 0x3164, 0x3164 }, { 0xFE00, 0xFE0F }, { 0xFEFF, 0xFEFF }, { 0xFFA0, 0xFFA0 },
		{ 0xFFF0, 0xFFF8 }, { 0x1BCA0, 0x1BCA3 }, { 0x1D173, 0x1D17A }, { 0xE0000, 0xE0FFF } };

	for (size_t i = 0; i < ARRAY_SIZE(range); i++)
		if (cp >= range[i][0] && cp <= range[i][1])
			return true;
	return false;
}

/* libutf8proc may be of a later Unicode than our tables, where it is no judge of what they cannot know yet. */
static bool
assigned_since(utf8proc_int32_t cp)
{
	return strncmp(utf8proc_unicode_version(), UNICODE_VERSION, strlen(UNICODE_VERSION)) != 0 &&
	    unicode_get((uint32_t)cp)->category == GC_CN;
}

static enum fate
fate_alone(utf8proc_int32_t cp)
{
	const char *category = assigned_since(cp) ? "Cn" : utf8proc_category_string(cp);

	if (cp == 0xAD || cp == 0x61C || cp == 0x200E || cp == 0x200F)
		return LEFT_OUT;
	if (is_ignorable(cp) || cp == 0x10EEEE || cp == 0x2028 || cp == 0x2029 || (cp >= 0xFFF9 && cp <= 0xFFFB))
		return ESCAPED;
	if (strcmp(category, "Cc") == 0)
		return ESCAPED;
	if (strcmp(category, "Cn") == 0) /* emoji to come have their places */
		return (cp >= 0x1F000 && cp <= 0x1FAFF) || (cp >= 0x1FC00 && cp <= 0x1FFFD) ? KEPT : ESCAPED;
	return KEPT;
}

/* Every code point there is, alone. */
START_TEST(test_safe_every_code_point)
{
	for (utf8proc_int32_t cp = 0; cp <= 0x10ffff; cp += SPARSE(7)) {
		utf8proc_uint8_t utf8[4];
		char out[64];
		size_t n, made;

		if (cp == '\t' || cp == '\n' || (cp >= 0xd800 && cp < 0xe000))
			continue;
		n = (size_t)utf8proc_encode_char(cp, utf8);
		made = safe_line((const char *)utf8, n, out, sizeof(out));
		switch (fate_alone(cp)) {
		case KEPT:
			quick_assert(made == n && memcmp(out, utf8, n) == 0);
			break;
		case ESCAPED:
			quick_assert(memcmp(out, "\\u{", 3) == 0);
			quick_assert(strtoul(out + 3, NULL, 16) == (unsigned long)cp);
			break;
		case LEFT_OUT:
			quick_assert(made == 0);
			break;
		}
		quick_assert(made <= safe_bound(n, 0));
		quick_assert(safe_is_text(out, made));
		quick_assert(safe_shows_nothing((uint32_t)cp) == is_ignorable(cp));
	}
}
END_TEST

/* Where what cannot be seen has a place, and where it has none. "|" stands for an escape of what is at that place. */
static const struct {
	const char *text;
	const char *shown; /* NULL: as it is */
} places[] = {
	/* joiners: one, behind a letter or mark of most scripts */
	{ "\u06A9\u0627\u0631\u200C\u0647\u0627", NULL },
	{ "\u0915\u094D\u200D\u0937 \u0915\u094D\u200C\u0937", NULL },
	{ "\u09B0\u200D\u09CD\u09AF", NULL },
	{ "\u0640\u200D", NULL },             /* a tatweel is of several scripts */
	{ "\u0628\u064E\u200C\u0628", NULL }, /* behind a mark that several scripts use */
	{ "\u0915\u200D\u200D", "\u0915\u200D\\u{200D}" },
	{ "\u0915\u200C\u200D", "\u0915\u200C\\u{200D}" },
	{ "a\u200Db \u03B1\u200C \u0431\u200D", "a\\u{200D}b \u03B1\\u{200C} \u0431\\u{200D}" },
	{ "\u4F60\u200D\u3042\u200C\u30AB\u200D\uAC00\u200D",
	    "\u4F60\\u{200D}\u3042\\u{200C}\u30AB\\u{200D}\uAC00\\u{200D}" },
	{ "\u30FC\u200D", "\u30FC\\u{200D}" }, /* of two scripts that take none */
	{ "e\u0301\u200D", "e\u0301\\u{200D}" },
	{ "\u0915 \u200D1\u200C", "\u0915 \\u{200D}1\\u{200C}" },
	{ "\u0967\u200D", "\u0967\\u{200D}" }, /* a digit is no letter */
	/* selectors: one, behind a base */
	{ "\u2764\uFE0F \u8471\U000E0100 a\uFE00", NULL },
	{ "\uFE0F", "\\u{FE0F}" },
	{ " \uFE0F", " \\u{FE0F}" },
	{ "\u2764\uFE0F\uFE0F", "\u2764\uFE0F\\u{FE0F}" },
	{ "\u2764\uFE0F\uFE0E\uFE0F", "\u2764\uFE0F\\u{FE0E}\\u{FE0F}" },
	{ "\uFE0F\uFE0F", "\\u{FE0F}\\u{FE0F}" },
	{ "e\u0301\uFE0F", "e\u0301\\u{FE0F}" },
	{ "\u05DC\u05B4\u034F\u05B7 a\u034F", NULL },
	{ "\u034F a\u034F\u034F", "\\u{034F} a\u034F\\u{034F}" },
	/* Mongolian */
	{ "\u1828\u180B\u1820 \u1828\u180E\u1820", NULL },
	{ "\u1828\u180E \u180Ba", "\u1828\\u{180E} \\u{180B}a" },
	{ "a\u180Bb", "a\\u{180B}b" },
	/* places to wrap */
	{ "\u0E14\u0E35\u200B\u0E01 \u1781\u200B\u1781 \u0E81\u200B\u0E81 \u1000\u200B\u1000 \u0F40\u200B\u0F40",
	    NULL },
	{ "a\u200Bb \u0E14\u200B", "a\\u{200B}b \u0E14\\u{200B}" },
	{ "\u0E14\u200B\u200B\u0E14", "\u0E14\\u{200B}\\u{200B}\u0E14" },
	/* jamo */
	{ "\u1100\u1160 \u115F\u1161 \u115F\u1160\u11A8", NULL },
	{ "\u115F\u1160 \u115F \u1160", "\\u{115F}\\u{1160} \\u{115F} \\u{1160}" },
	{ "\u3164\uFFA0", "\\u{3164}\\u{FFA0}" },
	/* tags: a flag, and nothing else */
	{ "\U0001F3F4\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F", NULL },
	{ "\U0001F3F4\U000E0075\U000E0073\U000E007F", "\U0001F3F4\\u{E0075}\\u{E0073}\\u{E007F}" }, /* two */
	{ "\U0001F3F4\U000E0041\U000E0042\U000E0043\U000E007F",
	    "\U0001F3F4\\u{E0041}\\u{E0042}\\u{E0043}\\u{E007F}" },                                 /* capitals */
	{ "\U0001F3F4\U000E0067\U000E0062\U000E0065", "\U0001F3F4\\u{E0067}\\u{E0062}\\u{E0065}" }, /* no end */
	{ "\U0001F3F4\U000E0061\U000E0061\U000E0061\U000E0061\U000E0061\U000E0061\U000E0061\U000E007F",
	    "\U0001F3F4\\u{E0061}\\u{E0061}\\u{E0061}\\u{E0061}\\u{E0061}\\u{E0061}\\u{E0061}\\u{E007F}" }, /* seven */
	{ "a\U000E0067\U000E0062\U000E0065\U000E007F", "a\\u{E0067}\\u{E0062}\\u{E0065}\\u{E007F}" },
	/* emoji */
	{ "1\uFE0F\u20E3\u200D\U0001F4BB", NULL },
	{ "\U0001FAFE \U0001F1E9\U0001F1EA \U0001F44D\U0001F3FD", NULL }, /* one to come; a flag; a tone */
	{ "\U0001F469\uFE0E\u200D\U0001F4BB", "\U0001F469\uFE0E\\u{200D}\U0001F4BB" },
	{ "\U0001F469\u00AD\u200D\U0001F4BB", "\U0001F469\u200D\U0001F4BB" }, /* what is left out was never there */
	/* visible, though of the category of those that are not */
	{ "\u0600\u0661 \u06DD \U000110BD", NULL },
	/* turned around, annotated, joined by nothing */
	{ "\u202A\u202E\u2066\u2069\uFFF9\uFFFB\u2060\u2064\u17B4\U0001D173",
	    "\\u{202A}\\u{202E}\\u{2066}\\u{2069}\\u{FFF9}\\u{FFFB}\\u{2060}\\u{2064}\\u{17B4}\\u{1D173}" },
};

START_TEST(test_safe_places)
{
	const char *text = places[_i].text;

	ck_assert_str_eq(shown(text, strlen(text), 0, true), places[_i].shown ? places[_i].shown : text);
}
END_TEST

/* Sixteen marks on a base, and not one more until there is another base. */
START_TEST(test_safe_marks)
{
	char text[2 * 20 + 8] = "a", want[512] = "a";

	for (unsigned i = 0; i < 20; i++) {
		strcat(text, "\u0301");
		strcat(want, i < 16 ? "\u0301" : "\\u{0301}");
	}
	strcat(text, "b\u0301");
	strcat(want, "b\u0301");
	ck_assert_str_eq(shown(text, strlen(text), 0, true), want);
}
END_TEST

/* Every sequence of emoji that Unicode lists stays as it is. Debian's unicode-data has the list. */
START_TEST(test_safe_emoji)
{
	FILE *f = fopen("/usr/share/unicode/emoji/emoji-test.txt", "re");
	char line[512];
	size_t count = 0;

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		char text[128];
		size_t n = 0;

		if (line[0] == '#' || line[0] == '\n')
			continue;
		for (char *p = line, *end; *p != ';'; p = end + strspn(end, " "))
			n += (size_t)utf8proc_encode_char(
			    (utf8proc_int32_t)strtol(p, &end, 16), (utf8proc_uint8_t *)text + n);
		text[n] = '\0';
		ck_assert_str_eq(shown(text, n, 0, true), text);
		count++;
	}
	(void)fclose(f);
	ck_assert_uint_gt(count, 4000);
}
END_TEST

static const char *
json(const char *text, size_t len)
{
	static char out[4096];
	const size_t cap = safe_json_bound(len);
	size_t n;

	ck_assert_uint_lt(cap, sizeof(out));
	memset(out, '#', sizeof(out));
	text = (const char *)guard_copy(text, len);
	n = safe_json(text, len, out, cap);
	ck_assert_uint_le(n, cap);
	ck_assert_int_eq(out[cap], '#');
	out[n] = '\0';
	return out;
}

START_TEST(test_safe_json)
{
	static const struct {
		const char *text;
		size_t len;
		const char *json;
	} cases[] = {
		{ LITERAL(""), "" },
		{ LITERAL("{\"text\":\"lunch?\\n\"}"), "{\"text\":\"lunch?\\n\"}" },
		{ LITERAL("\303\266 \346\274\242 \360\237\215\225"), "\303\266 \346\274\242 \360\237\215\225" },
		{ LITERAL("a\177"), "a\\u007F" },
		{ LITERAL("\302\23331m \342\200\256evil"), "\\u009B31m \\u202Eevil" },
		{ LITERAL("\363\240\200\201\364\216\273\256"), "\\uDB40\\uDC01\\uDBFB\\uDEEE" },
		{ LITERAL("a\302\255b\342\200\216"), "a\\u00ADb\\u200E" },
		{ LITERAL("\177\177\177"), "\\u007F\\u007F\\u007F" },
		{ LITERAL("\377\302"), "\\uFFFD\\uFFFD" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ck_assert_str_eq(json(cases[i].text, cases[i].len), cases[i].json);
}
END_TEST

/* Every code point there is: it stays, or it is an escape of printable ASCII. */
START_TEST(test_safe_json_every_code_point)
{
	for (utf8proc_int32_t cp = 0x20; cp <= 0x10ffff; cp += SPARSE(7)) {
		utf8proc_uint8_t utf8[4];
		char out[32], line[64];
		size_t n, made;

		if (cp >= 0xd800 && cp < 0xe000)
			continue;
		n = (size_t)utf8proc_encode_char(cp, utf8);
		made = safe_json((const char *)utf8, n, out, sizeof(out));
		quick_assert(made <= safe_json_bound(n));
		if (made == n && memcmp(out, utf8, n) == 0)
			quick_assert(safe_line(out, made, line, sizeof(line)) == n); /* as harmless as elsewhere */
		else
			quick_assert(memcmp(out, "\\u", 2) == 0 && made == (cp > 0xffff ? 12U : 6U));
	}
}
END_TEST

/* Random bytes, many of them from dangerous places: what comes out is valid, has no control character, and stays. */
START_TEST(test_safe_output_is_safe_again)
{
	static const char *const piece[] = { "\033", "\342\200\215", "\360\237\221\251", "\360", "\237", "\n", "abc",
		"\302", "\205", "\356\200\200", "\200", "plain text", "\346\274\242", "\u0915", "\u094D", "\u200C",
		"\u00AD", "\uFE0F", "\u20E3", "\u0301\u0301\u0301\u0301\u0301", "\u200B", "\u0E14", "\u1100", "\u1160",
		"\u115F", "\u11A8", "\u1828", "\u180E", "\U0001F3F4", "\U000E0067", "\U000E007F", "\u034F", "1", " " };
	char text[128], out[8 * 128], again[8 * sizeof(out)];

	srandom(1);
	for (unsigned round = 0; round < 20000; round++) {
		size_t len = 0, n;

		while (len < sizeof(text) - 16) {
			const char *p = piece[(size_t)random() % ARRAY_SIZE(piece)];

			memcpy(text + len, p, strlen(p));
			len += strlen(p);
		}
		n = safe_text(text, len, 4, out, sizeof(out));
		quick_assert(safe_is_text(out, n));
		quick_assert(safe_text(out, n, 0, again, sizeof(again)) == n);
		quick_assert(memcmp(out, again, n) == 0);
	}
}
END_TEST

/* A text that is shown piece by piece is shown as all of it: what stands around a piece is known. */
START_TEST(test_safe_within_a_text)
{
	static const char *const piece[] = { "\342\200\215", "\360\237\221\251", "\360", "\237", "a", "\033", "\u0915",
		"\u094D", "\u200C", "\u00AD", "\uFE0F", "\u20E3", "\u0301\u0301\u0301\u0301\u0301", "\u200B", "\u0E14",
		"\u1000", "\u102B", "\u1100", "\u1160", "\u11A8", "\u1820", "\u180B", "\u180E", "\U0001F3F4",
		"\U000E0067", "\U000E007F", "\u202E", "1", " ", "\U0010EEEE", "\u0378" };
	char text[96], whole[8 * sizeof(text)], out[sizeof(whole)];

	srandom(1);
	for (unsigned round = 0; round < 20000; round++) {
		size_t len = 0, made = 0, wanted, n;
		uint32_t cp;

		while (len < sizeof(text) - 16) {
			const char *p = piece[(size_t)random() % ARRAY_SIZE(piece)];

			memcpy(text + len, p, strlen(p));
			len += strlen(p);
		}
		wanted = safe_line(text, len, whole, sizeof(whole));
		for (size_t at = 0; at < len; at += n) {
			n = unicode_decode(text + at, len - at, &cp);
			n = n > 0 ? n : 1;
			made += safe_within(text, len, at, n, out + made, sizeof(out) - made);
		}
		quick_assert(made == wanted && memcmp(out, whole, made) == 0);
	}
}
END_TEST

START_TEST(test_safe_never_writes_more_than_it_may)
{
	char out[65];

	memset(out, '#', sizeof(out));
	for (size_t cap = 0; cap < sizeof(out); cap++) { /* against the contract, but no reason to overflow */
		ck_assert_uint_le(safe_text("\033\033\033\033\033\033\033\033\033\033", 10, 0, out, cap), cap);
		ck_assert_uint_le(safe_text("\n\n\n\n\n\n\n\n\n\n", 10, 20, out, cap), cap);
		ck_assert_int_eq(out[cap], '#');
	}
}
END_TEST

START_TEST(test_safe_width)
{
	static const struct {
		const char *text;
		size_t width;
	} t[] = { { "", 0 }, { "lunch?", 6 }, { "\303\266", 1 }, { "\346\274\242a", 3 }, { "e\314\201", 1 },
		{ "\360\237\215\225", 2 }, { "\377", 1 },
		{ "a long run of plain text \346\274\242 and another one", 43 } };

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		const size_t len = strlen(t[i].text);

		ck_assert_uint_eq(safe_width((const char *)guard_copy(t[i].text, len), len), t[i].width);
	}
}
END_TEST

START_TEST(test_safe_is_text)
{
	static const struct {
		const char *text;
		size_t len;
		bool is;
	} t[] = { { LITERAL(""), true }, { LITERAL("lunch?\n\t\033"), true }, { LITERAL("a\0b"), false },
		{ LITERAL("\303\266\360\237\215\225\342\200\256"), true }, { LITERAL("12345678\377"), false },
		{ LITERAL("\303"), false }, { LITERAL("\355\240\200"), false }, { LITERAL("\300\200"), false } };

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		ck_assert_int_eq(safe_is_text((const char *)guard_copy(t[i].text, t[i].len), t[i].len), t[i].is);
}
END_TEST

START_TEST(test_safe_is_plain)
{
	static const struct {
		const char *text;
		size_t len;
		bool is;
	} t[] = { { LITERAL(""), true }, { LITERAL("uid 1001"), true }, { LITERAL("~alice.of.some.length"), true },
		{ LITERAL("a\tb"), false }, { LITERAL("\033[1m"), false }, { LITERAL("12345678\n"), false },
		{ LITERAL("a\177"), false }, { LITERAL("12345\303\266"), false },
		{ LITERAL("1234567890123456\0"), false } };

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		ck_assert_int_eq(safe_is_plain((const char *)guard_copy(t[i].text, t[i].len), t[i].len), t[i].is);
}
END_TEST

Suite *
safe_suite(void)
{
	Suite *s = suite_create("safe");
	TCase *t = tcase_create("safe");

	tcase_add_loop_test(t, test_safe_table, 0, (int)ARRAY_SIZE(rows));
	tcase_add_test(t, test_safe_lines);
	tcase_add_test(t, test_safe_finds_each_byte_in_each_place);
	tcase_add_test(t, test_safe_every_code_point);
	tcase_add_loop_test(t, test_safe_places, 0, (int)ARRAY_SIZE(places));
	tcase_add_test(t, test_safe_marks);
	tcase_add_test(t, test_safe_emoji);
	tcase_add_test(t, test_safe_json);
	tcase_add_test(t, test_safe_json_every_code_point);
	tcase_add_test(t, test_safe_output_is_safe_again);
	tcase_add_test(t, test_safe_within_a_text);
	tcase_add_test(t, test_safe_never_writes_more_than_it_may);
	tcase_add_test(t, test_safe_width);
	tcase_add_test(t, test_safe_is_text);
	tcase_add_test(t, test_safe_is_plain);
	suite_add_tcase(s, t);
	return s;
}
