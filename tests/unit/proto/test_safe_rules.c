/* What becomes of a code point, behind what was shown before it. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/safe_rules.h"

/* The fate of each code point of a text: 's'hown, 'e'scaped or 'd'ropped. What is escaped is told, as callers do. */
static const char *
fates(const char *text)
{
	static char out[256];
	const size_t len = strlen(text);
	struct safe_rules r = { 0 };
	size_t n = 0;

	for (size_t at = 0, size; at < len; at += size) {
		uint32_t cp = 0;
		enum safe_fate fate;

		size = unicode_decode(text + at, len - at, &cp);
		ck_assert_uint_gt(size, 0);
		fate = safe_rules_next(&r, cp, text + at, size, len - at);
		if (fate == SAFE_ESCAPE)
			safe_rules_escaped(&r);
		out[n++] = fate == SAFE_SHOW ? 's' : fate == SAFE_ESCAPE ? 'e' : 'd';
	}
	out[n] = '\0';
	return out;
}

START_TEST(what_is_shown)
{
	static const struct {
		const char *text, *fates;
	} t[] = {
		{ "abc", "sss" },
		{ "\033[2J", "esss" },
		{ "a\u202eb", "ses" },                   /* an override */
		{ "\u200d", "e" },                       /* a lone joiner, */
		{ "\u0915\u094d\u200d\u0937", "ssss" },  /* one of Devanagari, */
		{ "a\u200db", "ses" },                   /* and one between Latin letters */
		{ "\U0001F469\u200d\U0001F4BB", "sss" }, /* of an emoji */
		{ "\u3164", "e" },                       /* shows as nothing */
		{ "\u00ad", "d" },                       /* a hint about layout */
		{ "e\u0301", "ss" },
		{ "\uFE0F", "e" }, /* a selector of nothing */
		{ "\u2764\uFE0F", "ss" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++)
		ck_assert_msg(strcmp(fates(t[i].text), t[i].fates) == 0, "row %zu: %s", i, fates(t[i].text));
}
END_TEST

START_TEST(marks_are_bounded)
{
	char text[256] = "e";

	for (unsigned i = 0; i < SAFE_MARKS_MAX + 1; i++)
		(void)strcat(text, "\u0301");
	ck_assert_str_eq(fates(text),
	    "sssssssssssssssss"
	    "e");
}
END_TEST

/* Looking back finds what going forward knew, as far as the next code point depends on it. */
START_TEST(looking_back)
{
	static const char text[] = "ab\ne\u0301\u0301 \u0915\u094d\u200d\u0937 \U0001F469\u200d\U0001F4BB\u2764\uFE0F.";
	const size_t len = strlen(text);
	struct safe_rules r = { 0 };

	for (size_t at = 0, size; at < len; at += size) {
		struct safe_rules back = safe_rules_before(text, len, at);
		uint32_t cp = 0;

		size = unicode_decode(text + at, len - at, &cp);
		if (cp == '\n') {
			r = (struct safe_rules){ 0 };
			continue;
		}
		ck_assert_int_eq(safe_rules_next(&back, cp, text + at, size, len - at),
		    safe_rules_next(&r, cp, text + at, size, len - at));
	}
}
END_TEST

START_TEST(marks_combine)
{
	struct safe_rules r = { 0 };

	ck_assert(!safe_rules_carries_mark(&r)); /* a line begins */
	safe_rules_plain(&r, 'e');
	ck_assert(safe_rules_carries_mark(&r));
	ck_assert_int_eq(safe_rules_next(&r, 0x301, "\u0301", 2, 2), SAFE_SHOW);
	safe_rules_escaped(&r);
	ck_assert_int_eq(safe_rules_next(&r, 0x200d, "\u200d", 3, 3), SAFE_ESCAPE); /* nothing to be joined */
}
END_TEST

Suite *
safe_rules_suite(void)
{
	Suite *s = suite_create("safe_rules");
	TCase *tc = tcase_create("safe_rules");

	tcase_add_test(tc, what_is_shown);
	tcase_add_test(tc, marks_are_bounded);
	tcase_add_test(tc, looking_back);
	tcase_add_test(tc, marks_combine);
	suite_add_tcase(s, tc);
	return s;
}
