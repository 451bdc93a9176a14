#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "core/unicode/unicode_impl.h"
#include "guard.h"
#include "quick.h"

/* Debian's unicode-data; where it is not installed the lists of sequences are not tried. */
#define CLUSTERS "/usr/share/unicode/auxiliary/GraphemeBreakTest.txt"

/* A code point is found by its block: no two rows are the same, and none is without a block. */
START_TEST(tables)
{
	static bool used[ARRAY_SIZE(unicode_blocks)];
	unsigned rows = 0;

	for (size_t i = 0; i < ARRAY_SIZE(unicode_blocks); i++) {
		used[unicode_blocks[i]] = true;
		rows = unicode_blocks[i] >= rows ? unicode_blocks[i] + 1U : rows;
	}
	for (unsigned i = 0; i < rows; i++) {
		ck_assert(used[i]);
		for (unsigned k = 0; k < i; k++)
			quick_assert(memcmp(unicode_block[i], unicode_block[k], sizeof(unicode_block[0])) != 0);
	}
	ck_assert_ptr_eq(unicode_get('a'), unicode_get('z')); /* the same properties are one record */
	ck_assert_ptr_eq(unicode_scripts(unicode_get('a')), unicode_sets[unicode_get('a')->set]);
}
END_TEST

START_TEST(code_points)
{
	static const struct {
		uint32_t cp;
		uint8_t category, script;
		uint16_t flags;
	} t[] = {
		{ 'a', GC_LL, SCRIPT_LATIN, UNICODE_IDENT },
		{ 0x5C0F, GC_LO, SCRIPT_HAN, UNICODE_IDENT },
		{ 0x200D, GC_CF, SCRIPT_INHERITED, UNICODE_IGNORABLE },
		{ 0x1F4BB, GC_SO, SCRIPT_COMMON, UNICODE_PICTOGRAPH | UNICODE_EMOJI },
		{ 0x1F3FD, GC_SK, SCRIPT_COMMON, UNICODE_MODIFIER | UNICODE_EMOJI },
		{ 0x1FAFE, GC_CN, SCRIPT_UNKNOWN, UNICODE_PICTOGRAPH }, /* an emoji to come */
		{ 0xFE0F, GC_MN, SCRIPT_INHERITED, UNICODE_IGNORABLE | UNICODE_SELECTOR },
		{ 0xFDD0, GC_CN, SCRIPT_UNKNOWN, UNICODE_NONCHARACTER },
		{ 0x10FFFF, GC_CN, SCRIPT_UNKNOWN, UNICODE_NONCHARACTER },
		{ UINT32_MAX, GC_CN, SCRIPT_UNKNOWN, UNICODE_NONCHARACTER },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		const struct unicode *u = unicode_get(t[i].cp);

		ck_assert_uint_eq(u->category, t[i].category);
		ck_assert_uint_eq(u->script, t[i].script);
		ck_assert_uint_eq(u->flags, t[i].flags);
	}
	ck_assert_uint_eq(unicode_get(0x0665)->digit, 5);
	ck_assert_uint_eq(unicode_get('a')->digit, UNICODE_NO_DIGIT);
}
END_TEST

/* Every code point there and back; no other bytes are UTF-8. */
START_TEST(utf8)
{
	static const char *const bad[] = { "\200", "\303", "\300\200", "\301\277", "\340\237\277", "\355\240\200",
		"\360\217\277\277", "\364\220\200\200", "\365\200\200\200", "\377", "\342\202", "\342\202x",
		"\342x\254" };
	uint32_t cp;

	for (uint32_t want = 0; want <= UNICODE_MAX; want++) {
		char bytes[UNICODE_UTF8_MAX];
		size_t n;

		if (want >= 0xD800 && want < 0xE000)
			continue;
		n = unicode_encode(want, bytes);
		quick_assert(unicode_decode(bytes, n, &cp) == n && cp == want);
		quick_assert(unicode_decode(bytes, n - 1, &cp) == 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const size_t n = strlen(bad[i]);

		ck_assert_uint_eq(unicode_decode((const char *)guard_copy(bad[i], n), n, &cp), 0);
	}
	ck_assert_uint_eq(unicode_decode("", 0, &cp), 0);
}
END_TEST

/* One line of the list: what the signs between the code points say is what unicode_cluster() finds. */
static void
check_clusters(const char *line)
{
	static const char breaks[] = "\303\267"; /* a division sign; the other is a multiplication sign */
	char text[256];
	size_t ends[64], clusters = 0, length = 0, at = 0;

	for (const char *p = line; *p && *p != '#'; p += strspn(p, " \t")) {
		const uint32_t cp = (uint32_t)strtoul(p, NULL, 16);

		if ((uint8_t)*p < 0x80 && !(cp >= 0xD800 && cp < 0xE000))
			length += unicode_encode(cp, text + length);
		else if (strncmp(p, breaks, 2) == 0 && length > 0)
			ends[clusters++] = length;
		p += strcspn(p, " \t");
	}
	for (size_t i = 0; i < clusters; i++) {
		at += unicode_cluster((const char *)guard_copy(text + at, length - at), length - at);
		ck_assert_msg(at == ends[i], "%s", line);
	}
}

/* Cut off within a character, behind one, and where there is none. */
START_TEST(whole_characters)
{
	static const char text[] = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x99\x82";
	static const size_t whole[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10 };

	for (size_t n = 0; n < ARRAY_SIZE(whole); n++)
		ck_assert_uint_eq(unicode_whole(text, n), whole[n]);
	ck_assert_uint_eq(unicode_whole("\x82\x82\x82\x82", 4), 4);
}
END_TEST

START_TEST(trimmed)
{
	static const char *const t[][2] = { { "", "" }, { "abc", "abc" }, { "a\u0439", "a\u0439" }, { "a\xd0", "a" },
		{ "a\xf0\x9f\x98", "a" }, { "a\xf0\x9f\x98\x80", "a\xf0\x9f\x98\x80" }, { "a\xe0\xa4", "a" },
		{ "\xe0", "" } };
	char text[16];

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		memcpy(text, t[i][0], strlen(t[i][0]) + 1);
		text[unicode_whole(text, strlen(text))] = '\0';
		ck_assert_str_eq(text, t[i][1]);
	}
}
END_TEST

START_TEST(clusters_of_the_list)
{
	FILE *f = fopen(CLUSTERS, "re");
	char line[1024];
	size_t count = 0;

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (line[0] == '#' || strstr(line, " D8")) /* surrogates are no UTF-8 */
			continue;
		check_clusters(line);
		count++;
	}
	(void)fclose(f);
	ck_assert_uint_gt(count, 500);
}
END_TEST

START_TEST(clusters)
{
	static const struct {
		const char *text;
		size_t first;
	} t[] = {
		{ "", 0 },
		{ "ab", 1 },
		{ "\303", 1 },
		{ "a\314\201b", 3 },
		{ "\r\nx", 2 },
		{ "\340\244\250\340\244\277a", 6 },                                        /* ni */
		{ "\360\237\207\251\360\237\207\252\360\237\207\253\360\237\207\267", 8 }, /* two flags */
		{ "\360\237\221\251\342\200\215\360\237\222\273!", 11 },   /* a woman and her computer */
		{ "\341\204\200\341\205\241\341\206\250\341\204\200", 9 }, /* jamo */
		{ "a\377", 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		const size_t n = strlen(t[i].text);

		ck_assert_uint_eq(unicode_cluster((const char *)guard_copy(t[i].text, n), n), t[i].first);
	}
}
END_TEST

Suite *
unicode_suite(void)
{
	Suite *s = suite_create("unicode");
	TCase *t = tcase_create("unicode");

	tcase_add_test(t, tables);
	tcase_add_test(t, code_points);
	tcase_add_test(t, utf8);
	tcase_add_test(t, whole_characters);
	tcase_add_test(t, trimmed);
	tcase_add_test(t, clusters);
	tcase_add_test(t, clusters_of_the_list);
	suite_add_tcase(s, t);
	return s;
}
