/* The tables of src/core against ICU's, where that is installed and of the same version of Unicode. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/uspoof.h>
#include <unicode/ustring.h>

#include "base/macros.h"
#include "core/names/normal.h"
#include "core/unicode/unicode.h"
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

	for (uint32_t cp = 0; cp <= UNICODE_MAX; cp += SPARSE(7)) {
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
		for (uint32_t cp = 0; cp <= UNICODE_MAX; cp += SPARSE(7))
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
	for (uint32_t cp = 0; cp <= UNICODE_MAX; cp += SPARSE(7)) {
		const struct unicode *u = unicode_get(cp);
		const bool everywhere =
		    uscript_hasScript((UChar32)cp, USCRIPT_COMMON) || uscript_hasScript((UChar32)cp, USCRIPT_INHERITED);

		for (unsigned script = 0; script < UNICODE_SET_HANB; script++)
			quick_assert(in_set(u, script) ==
			    (everywhere || uscript_hasScript((UChar32)cp, (UScriptCode)theirs[script])));
	}
}
END_TEST

/* ------ forms ------ */

#define TEXT_MAX 64

static int32_t
to_utf16(const struct normal *n, UChar *out, int32_t size)
{
	int32_t length = 0;

	for (uint32_t i = 0; i < n->count && length + 2 <= size; i++)
		U16_APPEND_UNSAFE(out, length, (UChar32)n->cp[i]);
	return length;
}

static void
check_same(const struct normal *ours, const UChar *theirs, int32_t length, const char *what, const char *text)
{
	UChar utf16[NORMAL_MAX];
	const int32_t n = to_utf16(ours, utf16, NORMAL_MAX);

	if (ours->bad || n != length || u_memcmp(utf16, theirs, n) != 0)
		ck_abort_msg("%s of '%s'", what, text);
}

static int32_t
normalized(const UNormalizer2 *by, const UChar *text, int32_t n, UChar *out)
{
	UErrorCode error = U_ZERO_ERROR;
	const int32_t length = unorm2_normalize(by, text, n, out, NORMAL_MAX, &error);

	ck_assert(U_SUCCESS(error));
	return length;
}

/* All forms of a text are what ICU makes of it. */
static void
check_forms(const USpoofChecker *spoof, const char *text, size_t len)
{
	UErrorCode error = U_ZERO_ERROR;
	const UNormalizer2 *nfd = unorm2_getNFDInstance(&error), *nfc = unorm2_getNFCInstance(&error);
	UChar utf16[NORMAL_MAX], a[NORMAL_MAX], b[NORMAL_MAX];
	struct normal decomposed, other;
	int32_t n, m;

	u_strFromUTF8(utf16, NORMAL_MAX, &n, text, (int32_t)len, &error);
	normal_decompose(text, len, &decomposed);
	m = normalized(nfd, utf16, n, a);
	check_same(&decomposed, a, m, "the decomposition", text);
	other = decomposed;
	normal_compose(&other);
	check_same(&other, b, normalized(nfc, utf16, n, b), "the composition", text);
	n = u_strFoldCase(b, NORMAL_MAX, a, m, U_FOLD_CASE_DEFAULT, &error);
	normal_fold(&decomposed, &other);
	check_same(&other, utf16, normalized(nfd, b, n, utf16), "the fold", text);
	n = uspoof_getSkeleton(spoof, 0, a, m, b, NORMAL_MAX, &error);
	normal_skeleton(&decomposed, &other);
	check_same(&other, b, n, "the skeleton", text);
	ck_assert(U_SUCCESS(error));
}

START_TEST(forms_of_every_code_point)
{
	UErrorCode error = U_ZERO_ERROR;
	USpoofChecker *spoof = uspoof_open(&error);

	for (uint32_t cp = 1; cp <= UNICODE_MAX; cp += SPARSE(7)) {
		char text[UNICODE_UTF8_MAX + 1];
		size_t n;

		if ((cp >= 0xD800 && cp < 0xE000) || unicode_get(cp)->flags & UNICODE_IGNORABLE)
			continue;
		n = unicode_encode(cp, text);
		text[n] = '\0';
		check_forms(spoof, text, n);
	}
	uspoof_close(spoof);
}
END_TEST

/* One of those of which texts are interesting: with marks, cases, or somebody that looks like it. */
static uint32_t
some_code_point(void)
{
	static const uint32_t start[] = { 'A', 0xC0, 0x300, 0x370, 0x400, 0x5B0, 0x620, 0x900, 0x1100, 0x1E00, 0x1F00,
		0x3040, 0xAC00, 0x1161, 0x11A8, 0x10400 };
	uint32_t cp;

	do
		cp = start[(size_t)random() % (sizeof(start) / sizeof(start[0]))] + (uint32_t)random() % 128;
	while (unicode_get(cp)->flags & UNICODE_IGNORABLE);
	return cp;
}

START_TEST(forms_of_random_texts)
{
	UErrorCode error = U_ZERO_ERROR;
	USpoofChecker *spoof = uspoof_open(&error);

	srandom(7);
	for (unsigned round = 0; round < 50000; round += SPARSE(7)) {
		char text[TEXT_MAX];
		size_t n = 0;

		for (unsigned i = (unsigned)random() % 10; i > 0; i--)
			n += unicode_encode(some_code_point(), text + n);
		text[n] = '\0';
		check_forms(spoof, text, n);
	}
	uspoof_close(spoof);
}
END_TEST

/* Hangul composes by arithmetic (UAX 15): each part, and its neighbours, which compose with nothing. */
START_TEST(forms_at_the_bounds_of_hangul)
{
	static const uint32_t first[] = { 0x10FF, 0x1100, 0x1112, 0x1113, 0xABFF, 0xAC00, 0xAC01, 0xAC1B, 0xAC1C, 0xD788,
		0xD789, 0xD7A3, 0xD7A4 };
	static const uint32_t second[] = { 0x1161, 0x1162, 0x1175, 0x1176, 0x11A7, 0x11A8, 0x11A9, 0x11C2, 0x11C3 };
	UErrorCode error = U_ZERO_ERROR;
	USpoofChecker *spoof = uspoof_open(&error);

	for (size_t i = 0; i < ARRAY_SIZE(first); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(second); k++) {
			char text[2 * UNICODE_UTF8_MAX + 1];
			size_t n = unicode_encode(first[i], text);

			n += unicode_encode(second[k], text + n);
			text[n] = '\0';
			check_forms(spoof, text, n);
		}
	}
	uspoof_close(spoof);
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
		tcase_add_test(t, forms_of_every_code_point);
		tcase_add_test(t, forms_of_random_texts);
		tcase_add_test(t, forms_at_the_bounds_of_hangul);
	}
	suite_add_tcase(s, t);
	return s;
}
