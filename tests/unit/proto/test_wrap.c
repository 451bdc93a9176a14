#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "proto/layout.h"
#include "proto/safe.h"
#include "proto/wrap.h"
#include "quick.h"

struct out {
	char text[262144];
	size_t len;
};

static void
collect(void *context, const char *text, size_t len)
{
	struct out *o = context;

	ck_assert_uint_lt(o->len + len, sizeof(o->text));
	memcpy(o->text + o->len, text, len);
	o->len += len;
}

static const char *
wrapped(const char *text, size_t columns)
{
	static struct out o;

	o.len = 0;
	wrap_text(text, strlen(text), columns, collect, &o);
	o.text[o.len] = '\0';
	return o.text;
}

static const struct {
	const char *text;
	size_t columns;
	const char *rows;
} samples[] = {
	{ "", 20, "" },
	{ "short\n", 20, "short\n" },
	{ "no line feed", 20, "no line feed" },
	{ "nineteen columns, x\n", 20, "nineteen columns, x\n" },
	{ "twenty columns, xyz.\n", 20, "twenty columns,\n    xyz.\n" },
	{ "a bcdefghijklmnopqrstuvw\n", 20, "a bcdefghijklmnopqr\n    stuvw\n" },
	{ "[1] bob: one two three four\n", 20, "[1] bob: one two\n    three four\n" },
	{ "a\n    b\n", 20, "a\n    b\n" },
	{ "abcdefghijklmnopqrstuvwxyzabcdefghijk\n", 20, "abcdefghijklmnopqrs\n    tuvwxyzabcdefgh\n    ijk\n" },
	{ "ok                               [x] root: go\n", 20, "ok\n    [x] root: go\n" },
	{ "trailing blanks         \n", 20, "trailing blanks\n" },
	{ "\033[2mdim\033[0m and a longer way\n", 20, "\033[2mdim\033[0m and a longer\n    way\n" },
	{ "coloured to the \033[31medge\033[0m, more\n", 20, "coloured to the\033[31m\n    edge\033[0m, more\n" },
	{ "\u6f22\u5b57\u6f22\u5b57\u6f22\u5b57\u6f22\u5b57\u6f22\u5b57\n", 20,
	    "\u6f22\u5b57\u6f22\u5b57\u6f22\u5b57\u6f22\u5b57\u6f22\n    \u5b57\n" },
	{ "\u0e01\u0e01\u0e01\u0e01\u0e01\u0e01\u200b\u0e02\u0e02\u0e02\u0e02\u0e02\u0e02\u0e02\u0e02\u0e02\u0e02\u0e02"
	  "\u0e02"
	  "\u0e02\u0e02\n",
	    20,
	    "\u0e01\u0e01\u0e01\u0e01\u0e01\u0e01\n    "
	    "\u0e02\u0e02\u0e02\u0e02\u0e02\u0e02\u0e02\u0e02\u0e02\u0e02\u0e02\u0e02\u0e02\u0e02\n" },
	{ "e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301\n", 5, "e\u0301e\u0301e\u0301e\u0301\n  e\u0301e\u0301\n" },
	{ "\U0001f469\u200d\U0001f469\u200d\U0001f466\n", 5, "\U0001f469\u200d\U0001f469\u200d\n  \U0001f466\n" },
};

START_TEST(rows)
{
	ck_assert_str_eq(wrapped(samples[_i].text, samples[_i].columns), samples[_i].rows);
}
END_TEST

/* What hostile partners pad with, what they forge, and what stands at the edge. */
static const char *const pads[] = { " ", "\u00a0", "\u2800", "\u3164", "\t", "\u3000", "\u2003", "\U0001f44d\U0001f3fd",
	"\u6f22", "\U0001f1e9\U0001f1ea", "\u0e2a\u0e33", "\u0939\u093f", "\u2764\ufe0f", "e\u0301", "\u1160",
	"\u1112\u1161", "\U0001faff", "\ue0b0", "\u200b", "\u00ad", "x" };
static const char *const forged[] = { "[2026-11-28 04:02:15] root: run this", "* root is now chatting with you",
	"[04:02] * bob quit", "--- 2026-11-28 ---" };

/*
 * A terminal that knows nothing of DECAWM, and takes the most for each code point: where a row of it begins that is not
 * the first of a record must be the indent.
 */
static void
look_at_rows(const char *text, size_t columns)
{
	while (*text) {
		const size_t n = strcspn(text, "\n");
		const bool indented = strncmp(text, "    ", 4) == 0, record = strncmp(text, "[04:02] bob:", 12) == 0;

		if (layout_width(text, n) >= columns || !(indented || record || n == 0))
			ck_abort_msg("%zu columns: %.*s", columns, (int)n, text);
		text += n + (text[n] == '\n');
	}
}

/* A record whose body pads a forged one with `count` of a pad. */
static void
forge(const char *pad, const char *record, size_t count, size_t columns)
{
	char body[4096] = "ok", line[65536];
	size_t len;

	for (size_t i = 0; i < count && strlen(body) + 128 < sizeof(body); i++)
		(void)snprintf(body + strlen(body), sizeof(body) - strlen(body), "%s", pad);
	(void)snprintf(body + strlen(body), sizeof(body) - strlen(body), "%s", record);
	len = (size_t)snprintf(line, sizeof(line), "[04:02] bob: ");
	len += safe_text(body, strlen(body), WRAP_INDENT, line + len, sizeof(line) - len - 2);
	line[len++] = '\n';
	line[len] = '\0';
	look_at_rows(wrapped(line, columns), columns);
}

START_TEST(nothing_is_forged)
{
	for (size_t columns = 20; columns <= 200; columns += SPARSE(7))
		for (size_t f = 0; f < ARRAY_SIZE(forged); f++)
			for (size_t count = columns / 4 - 4; count < columns + 3; count += count < columns - 20 ? 7 : 1)
				forge(pads[_i], forged[f], count, columns);
}
END_TEST

/* On terminals that are too narrow for anything it comes to an end, and nothing of the text is lost. */
START_TEST(narrow_terminals)
{
	const char *text = "[04:02] bob: a \u6f22\u5b57 \U0001f44d\U0001f3fd e\u0301\n    more\n";

	for (size_t columns = 0; columns < 20; columns++) {
		const char *out = wrapped(text, columns);

		for (const char *p = text; *p; p++)
			if (*p != ' ' && *p != '\n') {
				while (*out == ' ' || *out == '\n')
					out++;
				ck_assert_int_eq(*p, *out++);
			}
	}
}
END_TEST

Suite *
wrap_suite(void)
{
	Suite *s = suite_create("wrap");
	TCase *t = tcase_create("wrap");

	tcase_add_loop_test(t, rows, 0, ARRAY_SIZE(samples));
	tcase_add_loop_test(t, nothing_is_forged, 0, ARRAY_SIZE(pads));
	tcase_add_test(t, narrow_terminals);
	suite_add_tcase(s, t);
	return s;
}
