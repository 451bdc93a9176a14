#include <check.h>
#include <string.h>

#include "base/macros.h"
#include "core/unicode/unicode.h"
#include "guard.h"
#include "proto/layout.h"
#include "quick.h"

/* Columns at most, by TEXT: what the worst of all terminals takes. */
static const struct {
	const char *text;
	size_t width;
} widths[] = {
	{ "", 0 },
	{ "abc", 3 },
	{ "caf\u00e9", 4 },
	{ "cafe\u0301", 4 },
	{ "\u6f22\u5b57", 4 },
	{ "\uff21", 2 },
	{ "\u0939\u093f\u0928\u094d\u0926\u0940", 5 }, /* spacing marks count */
	{ "\u0e2a\u0e33", 2 },                         /* SARA AM counts */
	{ "\u2764\ufe0f", 3 },
	{ "1\ufe0f\u20e3", 2 },
	{ "\U0001f44d\U0001f3fd", 4 },
	{ "\U0001f1e9\U0001f1ea", 4 },
	{ "\U0001f469\u200d\U0001f680", 4 },
	{ "\U0001faff", 2 }, /* a pictograph that no version knows yet */
	{ "\u1112\u1161\u11ab", 4 },
	{ "\u200b\u200c\u200d", 0 },
	{ "\ue0b0", 2 },
};

START_TEST(columns_at_most)
{
	const char *text = widths[_i].text;

	ck_assert_uint_eq(layout_width(text, strlen(text)), widths[_i].width);
}
END_TEST

/* Texts as clusters between bars. */
static const char *const texts[] = {
	"a|b|c",
	"e\u0301|e\u0301\u0302|x",
	"\U0001f1e9\U0001f1ea|\U0001f1eb\U0001f1f7|\U0001f1e9",
	"\U0001f469\u200d\U0001f680|\U0001f44d\U0001f3fd|\u2764\ufe0f|a",
	"\u0939\u093f|\u0928\u094d|\u0926\u0940",
	"\u0e2a\u0e33|\u0e01",
	"\u0643\u200c|\u0627",
	"\uac00\u11a8|\u1112\u1161\u11ab|\u6f22",
	"a|\n|b",
};

/* Walks to the left over each prefix, from before a guard page. */
START_TEST(clusters_to_the_left)
{
	char text[256], *p = text;
	size_t ends[32], count = 0, at;

	for (const char *t = texts[_i];; t++) {
		if (*t == '|' || *t == '\0')
			ends[count++] = (size_t)(p - text);
		else
			*p++ = *t;
		if (*t == '\0')
			break;
	}
	at = ends[count - 1];
	for (size_t i = count; i-- > 0;) {
		const char *copy = (const char *)guard_copy(text, at);
		const size_t n = layout_previous(copy, at);

		ck_assert_uint_eq(at, ends[i]);
		ck_assert_uint_eq(n, at - (i > 0 ? ends[i - 1] : 0));
		at -= n;
	}
	ck_assert_uint_eq(at, 0);
}
END_TEST

/* To the left as to the right, whatever the bytes are. */
START_TEST(both_ways_agree)
{
	static const char *const parts[] = { "a", "\u0301", "\U0001f1e9", "\u200d", "\U0001f469", "\U0001f3fd",
		"\ufe0f", "\u0915", "\u094d", "\u093f", "\u1112", "\u1161", "\u11ab", "\uac00", "\u0600", "\n", "\xff",
		"\xe6\xbc" };
	uint64_t random = 1;

	for (size_t round = 0; round < 20000; round++) {
		char text[64];
		size_t len = 0, starts[64], count = 0;

		for (size_t i = 0; i < 8; i++) {
			random = random * 6364136223846793005U + 1442695040888963407U;
			const char *part = parts[(random >> 33) % ARRAY_SIZE(parts)];

			memcpy(text + len, part, strlen(part));
			len += strlen(part);
		}
		for (size_t at = 0; at < len; at += unicode_cluster(text + at, len - at))
			starts[count++] = at;
		for (size_t at = len; at > 0;) {
			at -= layout_previous(text, at);
			ck_assert_uint_eq(at, starts[--count]);
		}
	}
}
END_TEST

Suite *
layout_suite(void)
{
	Suite *s = suite_create("layout");
	TCase *t = tcase_create("layout");

	tcase_add_loop_test(t, columns_at_most, 0, ARRAY_SIZE(widths));
	tcase_add_loop_test(t, clusters_to_the_left, 0, ARRAY_SIZE(texts));
	tcase_add_test(t, both_ways_agree);
	suite_add_tcase(s, t);
	return s;
}
