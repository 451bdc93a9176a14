#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "core/unicode/unicode.h"
#include "proto/linebreak.h"

#define TEST_FILE "/usr/share/unicode/auxiliary/LineBreakTest.txt"

/* `rows` is the text with a bar wherever a row may end. */
static const char *const rows[] = {
	"plain |words |here",
	"a|\u6f22|\u5b57\u3002", /* a full stop stays with its word */
	"see |https://|example.org/|a/|b?|c=d",
	"it |costs |$1,234.56 |or |(12.5%)",
	"re-|read",
	"no\u00a0break",
	"e\u0301\u0301 |x",
	"\U0001f1e9\U0001f1ea|\U0001f1e9\U0001f1ea",
	"\U0001f44d\U0001f3fd|\U0001f44d",
	"\U0001f469\u200d\U0001f680|\U0001f469",
	"\u0e01\u0e02\u200b|\u0e01\u0e02", /* Thai: where its writer put a place to break */
	"\uac00|\uac01 |\u1112\u1161\u11ab|\u1112",
	"(a) |\u201cb\u201d |c!",
	"pchat |login |[--if-needed] |[--keep-for=7d] |'--no-bell' |NAME", /* words of commands stay whole */
	"-x |a-|b |--a-b|\u6f22 |x--|y |-1 |-\u05d0 |--a.b-|c",
};

START_TEST(places_to_break)
{
	const char *row = rows[_i];
	struct linebreak b = { 0 };
	bool barred = false;

	for (size_t at = 0; row[at];) {
		uint32_t cp;
		bool may;

		if (row[at] == '|') {
			barred = true;
			at++;
			continue;
		}
		at += unicode_decode(row + at, strlen(row) - at, &cp);
		may = linebreak_feed(&b, cp);
		ck_assert_msg(may == barred, "'%s': %d before U+%04X", row, may, (unsigned)cp);
		barred = false;
	}
}
END_TEST

static const uint8_t letters[] = { LB_AL, LB_HL, LB_AI, LB_SG, LB_SA, LB_XX };
static const uint8_t beginnings[] = { LB_BK, LB_CR, LB_LF, LB_NL, LB_SP, LB_ZW, LB_CB, LB_GL, LB_OP, LB_QU };
#define is_one_of(class, classes) (memchr(classes, class, sizeof(classes)) != NULL)

/* One line of Unicode's test: code points between signs for "may" and "may not". Whether we say the same. */
static bool
agrees(char *line, bool *exempt)
{
	struct linebreak b = { 0 };
	bool wanted = false, right = true, begins = true, option = false;
	uint8_t before = LB_XX;
	char *save = NULL;

	*exempt = false;
	for (char *word = strtok_r(line, " \t\n", &save); word; word = strtok_r(NULL, " \t\n", &save)) {
		if (strcmp(word, "\u00f7") == 0 || strcmp(word, "\u00d7") == 0) {
			wanted = strcmp(word, "\u00f7") == 0;
			continue;
		}

		const uint32_t cp = (uint32_t)strtoul(word, NULL, 16);
		const uint8_t class = unicode_get(cp)->line;

		/* We keep $ and ( together whether a number follows or not: LB25 as the rule itself has it. */
		if ((before == LB_PR || before == LB_PO) && class == LB_OP)
			*exempt = true;
		/* LB20a is of a later version: in a word that begins with a hyphen letters stay with their hyphens. */
		if (option && before == LB_HY && is_one_of(class, letters))
			*exempt = true;
		if (class != LB_CM && class != LB_ZWJ) {
			option =
			    class == LB_HY ? option || begins : option && (class == LB_NU || is_one_of(class, letters));
			begins = is_one_of(class, beginnings);
		}
		if (class != LB_CM)
			before = class;
		if (linebreak_feed(&b, cp) != wanted)
			right = false;
	}
	return right;
}

START_TEST(as_unicode_has_it)
{
	FILE *f = fopen(TEST_FILE, "re");
	char line[4096];
	size_t count = 0;

	while (f && fgets(line, sizeof(line), f)) {
		char copy[sizeof(line)];
		bool exempt;

		line[strcspn(line, "#")] = '\0';
		memcpy(copy, line, sizeof(copy));
		ck_assert_msg(agrees(line, &exempt) || exempt, "%s", copy);
		count++;
	}
	if (f)
		(void)fclose(f);
	ck_assert(!f || count > 7000); /* Debian's unicode-data has it */
}
END_TEST

Suite *
linebreak_suite(void)
{
	Suite *s = suite_create("linebreak");
	TCase *t = tcase_create("linebreak");

	tcase_add_loop_test(t, places_to_break, 0, ARRAY_SIZE(rows));
	tcase_add_test(t, as_unicode_has_it);
	suite_add_tcase(s, t);
	return s;
}
