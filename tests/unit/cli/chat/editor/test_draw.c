/* Layout (view.h) and drawing (draw.h), on a terminal in memory. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../../pty/screen.h"
#include "base/macros.h"
#include "cli/chat/editor/draw.h"
#include "cli/chat/editor/plain.h"
#include "core/limits.h"
#include "core/unicode/unicode.h"
#include "proto/safe.h"

static struct metrics metrics;
static struct view view;
static struct draw draw;
static struct screen *screen;

static void
set_up(void)
{
	memset(&metrics, 0, sizeof(metrics));
	view_init(&view, &metrics);
	view.most = 10;
	draw_init(&draw, 40, 24, false);
	view.columns = 40;
	screen = screen_new(40, 24, false);
}

static void
tear_down(void)
{
	view_release(&view);
	draw_release(&draw);
	screen_free(screen);
}

/* Returns the bytes that it took. */
static size_t
put_on_screen(void)
{
	char answers[64] = "";
	const size_t n = draw.out_len;

	screen_write(screen, draw.out, draw.out_len, answers, sizeof(answers));
	draw.out_len = 0;
	return n;
}

static size_t
lay(const char *text, size_t len, size_t at)
{
	ck_assert(view_lay(&view, "> ", text, len, at));
	draw_update(&draw, &view);
	return put_on_screen();
}

static void
expect_row(long row, const char *text)
{
	ck_assert_str_eq(screen_row(screen, row), text);
}

START_TEST(rows_of_a_line)
{
	const char *text = "0123456789012345678901234567890123456789012345678901234567890123456789";
	size_t column, line;

	(void)lay(text, strlen(text), 3);
	expect_row(0, "> 0123456789012345678901234567890123456");
	expect_row(1, "789012345678901234567890123456789");
	screen_cursor(screen, &column, &line);
	ck_assert_uint_eq(column, 5);
	ck_assert_uint_eq(line, 0);
	(void)lay("a\nb", 3, 3);
	expect_row(0, "> a");
	expect_row(1, "b");
	(void)lay("", 0, 0);
	expect_row(0, ">");
	expect_row(1, "");
}
END_TEST

START_TEST(folded_for_the_eye)
{
	char text[4096] = "";

	for (unsigned i = 1; i <= 300; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%sline %u", i > 1 ? "\n" : "", i);
	(void)lay(text, strlen(text), strlen(text));
	expect_row(0, "> [+291 lines]");
	expect_row(1, "line 292");
	expect_row(9, "line 300");
	expect_row(10, "");
	(void)lay(text, strlen(text), 0);
	expect_row(0, "> line 1");
	expect_row(9, "[+291 lines]");
	(void)lay(text, strlen(text), 1000);
	ck_assert_ptr_nonnull(strstr(screen_row(screen, 0), "> [+"));
	ck_assert_ptr_nonnull(strstr(screen_row(screen, 9), "[+"));
}
END_TEST

START_TEST(what_may_not_be_drawn)
{
	const char *text = "a\033[2Jb\tc\u202ed";

	(void)lay(text, strlen(text), 0);
	expect_row(0, "> a\\u{001B}[2Jb c\\u{202E}d");
	(void)lay("\u0301a", 3, 0);
	expect_row(0, "> \u25cc\u0301a"); /* a mark without a base */
	metrics.width[METRICS_MARKED] = 1;
	(void)lay("\u102ba", 4, 0);
	expect_row(0, "> \u25cc\u102ba");
	ck_assert_ptr_null(screen_unknown(screen));
}
END_TEST

/* What a script needs, where it needs it, stands in the line as it does in a message. */
START_TEST(drawn_as_in_a_message)
{
	static const char *const texts[] = {
		"\u0e14\u0e35\u200b\u0e01", /* Thai: a place to wrap */
		"\u1820\u180b\u1820 \u1828\u180e\u1820", /* Mongolian: a form of the letter, a vowel by itself */
		"\u1000\u102b\u1038", /* Myanmar: marks that are clusters of their own */
		"\u0e14\u200b", /* none of its places */
	};
	size_t column, line;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const size_t len = strlen(texts[i]);
		char wanted[256] = "> ";

		wanted[2 + safe_line(texts[i], len, wanted + 2, sizeof(wanted) - 3)] = '\0';
		(void)lay(texts[i], len, len);
		expect_row(0, wanted);
		screen_cursor(screen, &column, &line);
		ck_assert_uint_eq(column, view.cursor_column);
	}
}
END_TEST

/* A key at any place of the longest text costs at most 8 KiB of output; typed at the end of a row, next to nothing. */
START_TEST(output_of_a_key)
{
	static const char *const kinds[] = { "word ", "\u6f22", "\u0939\u093f\u0928\u094d\u0926\u0940 ",
		"\U0001f469\u200d\U0001f680", "e\u0301\u0302\u0303\u0304", "\u0915\u093f\n", "\u202e" };

	view.columns = 200;
	view.most = 40;
	draw.columns = 200;
	screen_resize(screen, 200, 60);
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		const size_t n = strlen(kinds[k]);
		char *text = malloc(MESSAGE_MAX + 1);
		size_t len = 0;

		for (; len + n <= MESSAGE_MAX; len += n)
			memcpy(text + len, kinds[k], n);
		(void)lay(text, len, len);
		for (size_t at = 0; at <= len; at += len / 8 / n * n)
			ck_assert_uint_le(lay(text, len, at), 8192);
		(void)lay(text, len, len);
		free(text);
	}
	(void)lay("abc", 3, 3);
	ck_assert_uint_le(lay("abcd", 4, 4), 16);
}
END_TEST

START_TEST(sizes_change)
{
	const char *text = "begin 01234567890123456789012345678901234567890123456789012345678901234567890123456789 end";
	unsigned prompts = 0;

	draw_raw(&draw, "\033[999B", 6);
	for (size_t columns = 40; columns > 20; columns -= 3) {
		draw_text(&draw, "a message\n", 10);
		(void)lay(text, strlen(text), strlen(text) - 5);
		screen_resize(screen, columns - 3, 24);
		draw_clear(&draw, columns - 3, 24);
		view.columns = columns - 3;
		(void)lay(text, strlen(text), strlen(text) - 5);
		draw_clear(&draw, columns - 3, 24);
	}
	(void)lay("", 0, 0);
	for (long row = -(long)screen_scrolled(screen); row < 24; row++) {
		const char *shown = screen_row(screen, row);

		if (strcmp(shown, ">") == 0)
			prompts++;
		else
			ck_assert_msg(!*shown || strcmp(shown, "a message") == 0, "%s", shown);
	}
	ck_assert_uint_eq(prompts, 1);
}
END_TEST

/* What of the line went into the scrollback, where nothing takes it away, is never joined with what is shown next. */
static void
out_of_reach(size_t at, size_t lines)
{
	const char *text = "0123456789012345678901234567890123456789012345678901234567890123456789";
	bool shown = false;

	draw_raw(&draw, "\033[999B", 6);
	(void)lay(text, strlen(text), at);
	screen_resize(screen, 12, lines);
	draw_clear(&draw, 12, lines);
	draw_text(&draw, "message\n", 8);
	view.columns = 12;
	view.most = 1;
	(void)lay("", 0, 0);
	draw_clear(&draw, 12, lines);
	(void)put_on_screen();
	screen_resize(screen, 120, 24);
	for (long row = -(long)screen_scrolled(screen); row < 24; row++)
		shown = shown || strcmp(screen_row(screen, row), "message") == 0;
	ck_assert_msg(shown, "with the cursor at %zu, %zu lines", at, lines);
}

START_TEST(part_of_the_line_is_out_of_reach)
{
	for (size_t i = 0; i < 75; i++) {
		tear_down();
		set_up();
		out_of_reach(i % 15 * 5, 2 + i / 15);
	}
}
END_TEST

/* A keycap is one on a digit only. */
/* With empty rows below it, a line that fits may still be half in the scrollback: nothing joins that. */
START_TEST(empty_rows_below_the_line)
{
	char text[120];
	bool found = false;

	memset(text, 'x', sizeof(text));
	screen_resize(screen, 109, 6);
	view.columns = draw.columns = 109;
	draw.lines = 6;
	draw.below = 5;
	draw_text(&draw, "before\nagain\n", 13);
	(void)lay(text, sizeof(text), 3);
	screen_resize(screen, 23, 6);
	draw_clear(&draw, 23, 6);
	draw_text(&draw, "a message\n", 10);
	(void)put_on_screen();
	screen_resize(screen, 109, 6);
	for (long row = -(long)screen_scrolled(screen); row < 6; row++)
		found = found || strcmp(screen_row(screen, row), "a message") == 0;
	ck_assert(found);
}
END_TEST

START_TEST(a_keycap_on_something_else)
{
	const char *text = "\U0001f44d\U0001f3fd\ufe0f\u20e3 x 1\ufe0f\u20e3 y";

	(void)lay(text, strlen(text), strlen(text));
	expect_row(0, "> \U0001f44d\U0001f3fd\ufe0f\u20e3 x 1\ufe0f\u20e3 y");
}
END_TEST

/* A terminal that widens what U+FE0F makes an emoji widens also what it does not know, and half a flag. */
START_TEST(an_emoji_by_style)
{
	static const char *const clusters[] = { "\U0001faff\ufe0f\u20e3", "\U0001faff\ufe0f", "\U0001f1e9\ufe0f" };
	bool doubtful;

	metrics.width[METRICS_NEW] = 1;
	metrics.width[METRICS_FLAG] = 2;
	for (size_t i = 0; i < ARRAY_SIZE(clusters); i++) {
		metrics.width[METRICS_STYLED] = 2;
		ck_assert_uint_eq(metrics_width(&metrics, clusters[i], strlen(clusters[i]), &doubtful), 2);
		metrics.width[METRICS_STYLED] = 1;
		ck_assert_uint_eq(metrics_width(&metrics, clusters[i], strlen(clusters[i]), &doubtful), 1);
		ck_assert(doubtful);
	}
}
END_TEST

static unsigned char
columns_of(const char *text)
{
	char answers[64] = "";
	size_t column, line;

	screen_write(screen, "\r\033[K", 4, answers, sizeof(answers));
	screen_write(screen, text, strlen(text), answers, sizeof(answers));
	screen_cursor(screen, &column, &line);
	return (unsigned char)column;
}

/* What follows in the cluster, on terminals of both kinds: a row in which it is counted too little is written over. */
START_TEST(a_mark_behind_each_kind)
{
	static const char *const marks[] = { "", "\u093f", "\u102b", "\u093f\u093f", "\u0e33", "\u0301", "\u0301\u093f" };
	bool doubtful;

	for (unsigned clusters = 0; clusters < 2; clusters++) {
		screen_free(screen);
		screen = screen_new(40, 24, clusters > 0);
		for (enum metrics_kind kind = METRICS_MARKED; kind < METRICS_KINDS; kind++)
			metrics.width[kind] = columns_of(metrics_sample(kind));
		for (enum metrics_kind kind = METRICS_MARKED; kind < METRICS_KINDS; kind++)
			for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
				char text[64];

				(void)snprintf(text, sizeof(text), "%s%s", metrics_sample(kind), marks[i]);
				if (unicode_cluster(text, strlen(text)) == strlen(text))
					ck_assert_msg(metrics_width(&metrics, text, strlen(text), &doubtful) ==
						columns_of(text),
					    "kind %d, mark %zu, clusters %u: %zu, not %d", (int)kind, i, clusters,
					    metrics_width(&metrics, text, strlen(text), &doubtful), columns_of(text));
			}
	}
}
END_TEST

/* Marks that join no cluster, as those of Myanmar, have a column of their own on every terminal. */
START_TEST(a_mark_by_itself)
{
	bool doubtful;

	metrics.width[METRICS_MARKED] = 1;
	ck_assert_uint_eq(metrics_width(&metrics, "\u0915\u093f", 6, &doubtful), 1);
	ck_assert_uint_eq(metrics_width(&metrics, "\u102b", 3, &doubtful), 1);
	metrics.width[METRICS_MARKED] = 2;
	ck_assert_uint_eq(metrics_width(&metrics, "\u0915\u093f", 6, &doubtful), 2);
	ck_assert_uint_eq(metrics_width(&metrics, "\u102b", 3, &doubtful), 1);
}
END_TEST

/* What is laid out anew behind a change is what would be laid out from the start. */
static void
same_as_anew(const char *text, size_t len, size_t at)
{
	struct view anew;

	view_init(&anew, &metrics);
	anew.columns = view.columns;
	anew.most = view.most;
	ck_assert(view_lay(&view, "> ", text, len, at));
	ck_assert(view_lay(&anew, "> ", text, len, at));
	ck_assert_uint_eq(view.start_count, anew.start_count);
	for (size_t i = 0; i < anew.start_count; i++)
		ck_assert_uint_eq(view.starts[i].at, anew.starts[i].at);
	ck_assert_uint_eq(view.count, anew.count);
	view_release(&anew);
}

START_TEST(laid_out_behind_a_change)
{
	static const char *const pieces[] = { "word ", "\u6f22", "\u0939\u093f\u0928\u094d", "\n", "\t", "e\u0301",
		"\u0301", "\u200b", "\u0e01", "\u1000", "\u102b", "\u1820", "\u180b", "\u180e", "\U0001f469\u200d", "\U0001f680", "\U0001f1e9", "\ufe0f",
		"0123456789012345678901234567890123456789" };
	char text[8192];
	size_t len = 0;
	uint32_t random = 1;

	for (unsigned i = 0; i < 6000; i++) {
		const char *piece = pieces[(random >> 20) % ARRAY_SIZE(pieces)];
		const size_t n = strlen(piece);
		size_t at = len > 0 ? (random >> 8) % (len + 1) : 0, gone;

		random = random * 1664525 + 1013904223;
		while (at > 0 && at < len && ((unsigned char)text[at] & 0xc0) == 0x80)
			at--;
		gone = (random >> 10) % 4 == 0 ? (random >> 12) % 60 : 0;
		gone = gone < len - at ? gone : len - at;
		while (at + gone < len && ((unsigned char)text[at + gone] & 0xc0) == 0x80)
			gone++;
		if (len - gone + n > sizeof(text) / 2)
			gone = len - at;
		memmove(text + at + n, text + at + gone, len - at - gone);
		memcpy(text + at, piece, n);
		len = len - gone + n;
		if (i % 100 == 0)
			view.columns = 20 + (random >> 15) % 60;
		same_as_anew(text, len, at);
	}
}
END_TEST

/* What is typed before a mark without a base, or what comes together when something between is deleted, is one cluster. */
START_TEST(the_cursor_stands_within_a_cluster)
{
	size_t column, line;

	(void)lay("a b\u0301 some words", 16, 16);
	(void)lay("ae\u0301x", 5, 2);
	expect_row(0, "> ae\u0301x");
	ck_assert_uint_eq(view.cursor_column, 4); /* behind it: there stands what was typed */
	screen_cursor(screen, &column, &line);
	ck_assert_uint_eq(column, 4);
	view.plain = true;
	draw.count = draw.row = draw.column = 0;
	(void)lay("", 0, 0);
	ck_assert(view_lay(&view, "", "a e\u0301 some words", 16, 16));
	plain_update(&draw, &view);
	ck_assert(view_lay(&view, "", "e\u0301", 3, 1));
	plain_update(&draw, &view);
	(void)put_on_screen();
	screen_cursor(screen, &column, &line);
	ck_assert_uint_eq(column, 1);
}
END_TEST

/* What a row cannot hold still has the columns that are counted. */
START_TEST(a_cluster_is_wider_than_the_terminal)
{
	static const char *const texts[] = { "\u180b\u180b\u180b", "\u200b\u180b\u180b", "\u6f22" };
	size_t column, line;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		for (size_t columns = 2; columns < 27; columns++) {
			const size_t len = strlen(texts[i]);

			tear_down();
			set_up();
			view.columns = draw.columns = columns;
			screen_resize(screen, columns, 24);
			(void)lay(texts[i], len, len);
			screen_cursor(screen, &column, &line);
			ck_assert_uint_eq(column, view.cursor_column);
			ck_assert_uint_eq(line, view.cursor_row);
		}
}
END_TEST

/* A terminal that adds up code points breaks a row within a cluster, too. */
START_TEST(a_row_breaks_within_a_cluster)
{
	static const char *const clusters[] = { "\U0001f469\u200d\U0001f680", "\U0001f44d\U0001f3fd", "\u0995\u09cb",
		"\U0001faff\u180b" /* an escape behind it */ };
	char text[400];
	unsigned shown;

	for (size_t i = 0; i < ARRAY_SIZE(clusters); i++)
		for (size_t columns = 8; columns < 24; columns++) {
			tear_down();
			set_up();
			metrics.width[METRICS_NEW] = 1;
			draw_raw(&draw, "\033[999B", 6);
			draw_text(&draw, "a message\n", 10);
			text[0] = '\0';
			for (size_t n = 0; n < 18; n++)
				(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", clusters[i],
				    n % 3 ? "" : "x");
			(void)lay(text, strlen(text), strlen(text));
			screen_resize(screen, columns, 24);
			draw_clear(&draw, columns, 24);
			(void)put_on_screen();
			screen_resize(screen, 80, 24);
			shown = 0;
			for (long row = -(long)screen_scrolled(screen); row < 24; row++) {
				ck_assert_msg(
				    !*screen_row(screen, row) || strcmp(screen_row(screen, row), "a message") == 0,
				    "%zu columns: %s", columns, screen_row(screen, row));
				shown += *screen_row(screen, row) != '\0';
			}
			ck_assert_uint_eq(shown, 1);
		}
}
END_TEST

Suite *
draw_suite(void)
{
	Suite *s = suite_create("draw");
	TCase *t = tcase_create("draw");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, rows_of_a_line);
	tcase_add_test(t, folded_for_the_eye);
	tcase_add_test(t, what_may_not_be_drawn);
	tcase_add_test(t, drawn_as_in_a_message);
	tcase_add_test(t, output_of_a_key);
	tcase_add_test(t, sizes_change);
	tcase_add_test(t, part_of_the_line_is_out_of_reach);
	tcase_add_test(t, empty_rows_below_the_line);
	tcase_add_test(t, a_keycap_on_something_else);
	tcase_add_test(t, an_emoji_by_style);
	tcase_add_test(t, a_mark_behind_each_kind);
	tcase_add_test(t, a_mark_by_itself);
	tcase_add_test(t, laid_out_behind_a_change);
	tcase_add_test(t, the_cursor_stands_within_a_cluster);
	tcase_add_test(t, a_cluster_is_wider_than_the_terminal);
	tcase_add_test(t, a_row_breaks_within_a_cluster);
	suite_add_tcase(s, t);
	return s;
}
