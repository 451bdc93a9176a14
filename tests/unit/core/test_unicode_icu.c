/* The tables of src/core against ICU's, where that is installed and of the same version of Unicode. */
#include <check.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include "core/unicode.h"
#include "quick.h"

/* A value of ours and one of ICU's belong together: whenever one of them comes, the other does. */
struct pairing {
	int theirs[256];
	int ours[256];
};

static bool
agrees(struct pairing *p, uint8_t ours, int theirs)
{
	if (p->theirs[ours] == 0 && p->ours[theirs] == 0) {
		p->theirs[ours] = theirs + 1;
		p->ours[theirs] = ours + 1;
	}
	return p->theirs[ours] == theirs + 1 && p->ours[theirs] == ours + 1;
}

START_TEST(every_code_point)
{
	static struct pairing category, script, cluster, line, east, bidi, joining;

	for (uint32_t cp = 0; cp <= UNICODE_MAX; cp++) {
		const struct unicode *u = unicode_get(cp);
		const UChar32 c = (UChar32)cp;

		quick_assert(agrees(&category, u->category, u_charType(c)));
		quick_assert(agrees(&script, u->script, u_getIntPropertyValue(c, UCHAR_SCRIPT)));
		quick_assert(agrees(&cluster, u->cluster, u_getIntPropertyValue(c, UCHAR_GRAPHEME_CLUSTER_BREAK)));
		quick_assert(agrees(&line, u->line, u_getIntPropertyValue(c, UCHAR_LINE_BREAK)));
		quick_assert(agrees(&east, u->east, u_getIntPropertyValue(c, UCHAR_EAST_ASIAN_WIDTH)));
		quick_assert(agrees(&bidi, u->bidi, u_getIntPropertyValue(c, UCHAR_BIDI_CLASS)));
		quick_assert(agrees(&joining, u->joining, u_getIntPropertyValue(c, UCHAR_JOINING_TYPE)));
		quick_assert(u->ccc == u_getCombiningClass(c));
		quick_assert(
		    u->digit == (u_charType(c) == U_DECIMAL_DIGIT_NUMBER ? u_charDigitValue(c) : UNICODE_NO_DIGIT));
	}
}
END_TEST

START_TEST(every_flag)
{
	static const struct {
		uint16_t flag;
		UProperty property;
	} t[] = {
		{ UNICODE_PICTOGRAPH, UCHAR_EXTENDED_PICTOGRAPHIC },
		{ UNICODE_EMOJI, UCHAR_EMOJI_PRESENTATION },
		{ UNICODE_MODIFIER, UCHAR_EMOJI_MODIFIER },
		{ UNICODE_IGNORABLE, UCHAR_DEFAULT_IGNORABLE_CODE_POINT },
		{ UNICODE_SELECTOR, UCHAR_VARIATION_SELECTOR },
		{ UNICODE_NONCHARACTER, UCHAR_NONCHARACTER_CODE_POINT },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		for (uint32_t cp = 0; cp <= UNICODE_MAX; cp++)
			quick_assert(((unicode_get(cp)->flags & t[i].flag) != 0) ==
			    (u_hasBinaryProperty((UChar32)cp, t[i].property) != 0));
	}
}
END_TEST

static bool
in_set(const struct unicode *u, unsigned script)
{
	return unicode_scripts(u)[script / 64] >> script % 64 & 1;
}

/* Scripts are numbered by their first place in a file: a letter that only the script uses tells ICU's number. */
START_TEST(every_set_of_scripts)
{
	static int theirs[256];

	for (uint32_t cp = 0; cp <= UNICODE_MAX; cp++)
		theirs[unicode_get(cp)->script] = u_getIntPropertyValue((UChar32)cp, UCHAR_SCRIPT);
	for (uint32_t cp = 0; cp <= UNICODE_MAX; cp++) {
		const struct unicode *u = unicode_get(cp);
		const bool everywhere =
		    uscript_hasScript((UChar32)cp, USCRIPT_COMMON) || uscript_hasScript((UChar32)cp, USCRIPT_INHERITED);

		for (unsigned script = 0; script < UNICODE_SET_HANB; script++)
			quick_assert(in_set(u, script) ==
			    (everywhere || uscript_hasScript((UChar32)cp, (UScriptCode)theirs[script])));
	}
}
END_TEST

Suite *
unicode_icu_suite(void)
{
	Suite *s = suite_create("unicode against ICU");
	TCase *t = tcase_create("unicode against ICU");

	if (strcmp(U_UNICODE_VERSION, UNICODE_VERSION) == 0) {
		tcase_add_test(t, every_code_point);
		tcase_add_test(t, every_flag);
		tcase_add_test(t, every_set_of_scripts);
	}
	suite_add_tcase(s, t);
	return s;
}
