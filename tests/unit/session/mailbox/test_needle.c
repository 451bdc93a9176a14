/*
 * Blocks of bytes find what a comparison character by character finds, wherever the text stands; and what is said
 * about characters outside of ASCII holds for all there are.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "guard.h"
#include "session/mailbox/needle.h"

static bool
found(const char *text, const char *body, size_t length)
{
	struct needle n;
	const bool here = (needle_init(&n, text), needle_found(&n, body, length));

	/* What stands between messages may make it possible, never impossible. */
	ck_assert(!here || needle_possible(&n, body, length));
	return here;
}

/* The slow way, as a model. */
static int32_t
lower(const uint8_t **p, const uint8_t *end)
{
	utf8proc_int32_t c;
	const utf8proc_ssize_t n = utf8proc_iterate(*p, end - *p, &c);

	*p += n > 0 ? n : 1;
	return n > 0 ? utf8proc_tolower(c) : -(int32_t)(*p)[-1];
}

static bool
found_slowly(const char *text, const char *body, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		const uint8_t *t = (const uint8_t *)text, *const t_end = t + strlen(text);
		const uint8_t *b = (const uint8_t *)body + i, *const b_end = (const uint8_t *)body + length;

		while (t < t_end && b < b_end && lower(&t, t_end) == lower(&b, b_end))
			if (t == t_end)
				return true;
	}
	return false;
}

/* One looked for in another one, of all that ASCII has. */
START_TEST(each_character_is_its_other_case_and_no_other)
{
	for (char wanted = 1; wanted < 0x7f; wanted++)
		for (char there = 1; there < 0x7f; there++) {
			const char text[] = { wanted, '\0' };

			ck_assert_msg(
			    found(text, &there, 1) == found_slowly(text, &there, 1), "%d in %d", wanted, there);
		}
}
END_TEST

START_TEST(at_each_place_of_each_length)
{
	char body[80];

	for (size_t length = 1; length <= sizeof(body); length++)
		for (size_t at = 0; at + 3 <= length; at++) {
			char *p = (char *)guard_copy(memset(body, '.', sizeof(body)), length);

			memcpy(p + at, "nEd", 3);
			ck_assert(found("Ned", p, length));
			ck_assert(!found("nedx", p, length));
			ck_assert(!found("nxd", p, length));
		}
}
END_TEST

/* Of few characters, so that nearly all texts occur nearly everywhere. */
START_TEST(random_texts_as_the_slow_way)
{
	static const char *const piece[] = { "a", "A", "k", "I", "\xc3\xbc", "\xc3\x9c", "\xc4\xb0", "\xe2\x84\xaa",
		"\xff", "\xc3", "[", "{", "@", "`", " ", "\xe2\x82\xac" };
	char text[32], body[200];
	unsigned hits = 0;

	srand((unsigned)_i);
	for (int n = 0; n < 3000; n++) {
		const int pieces = 1 + rand() % 4, parts = rand() % 50;

		text[0] = body[0] = '\0';
		for (int i = 0; i < pieces; i++)
			(void)strcat(text, piece[rand() % 16]);
		for (int i = 0; i < parts; i++)
			(void)strcat(body, piece[rand() % 16]);
		ck_assert_msg(found(text, body, strlen(body)) == found_slowly(text, body, strlen(body)), "'%s' in '%s'",
		    text, body);
		hits += found(text, body, strlen(body));
	}
	ck_assert_uint_gt(hits, 200);
}
END_TEST

/* The lower case of two characters outside of ASCII is ASCII; of no other one. */
START_TEST(aliases_are_two)
{
	unsigned count = 0;

	for (int32_t c = 0x80; c < 0x110000; c++)
		count += utf8proc_tolower(c) < 0x80;
	ck_assert_uint_eq(count, 2);
	ck_assert(found("i", "\xc4\xb0", 2));
	ck_assert(found("K", "\xe2\x84\xaa", 3));
	ck_assert(found("\xe2\x84\xaa", "k", 1));
}
END_TEST

START_TEST(bytes_of_any_value)
{
	ck_assert(found("b", "a\0b", 3));
	ck_assert(!found("[", "{", 1));
	ck_assert(!found("@", "`", 1));
	ck_assert(found("\xff", "x\xff", 2));
	ck_assert(!found("\xff", "x\xfe", 2));
	ck_assert(!found("x", "", 0));
}
END_TEST

/* Soft hyphens, joiners, selectors and the marks of direction are in the way of nobody who looks for a text. */
START_TEST(what_cannot_be_seen)
{
	static const struct {
		const char *text, *body;
		bool found;
	} t[] = {
		{ "soft", "so\u00ADft", true },
		{ "soft", "a long line of plain text and then a so\u00ADft one", true },
		{ "so\u00ADft", "soft", true },
		{ "soft", "so ft", false },
		{ "\u06A9\u0627\u0631\u0647\u0627", "\u06A9\u0627\u0631\u200C\u0647\u0627", true },
		{ "\u06A9\u0627\u0631\u200C\u0647\u0627", "\u06A9\u0627\u0631\u0647\u0627", true },
		{ "2.0, n", "2.0\u200F, n", true },
		{ "\u2764", "\u2764\uFE0F", true },
		{ "\u200C", "anything", true },
		{ "ab", "\u00ADa\u00AD\u200E\u00ADb", true },
		{ "ab", "\u00ADa\u00AD\u200E\u00AD", false },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const size_t n = strlen(t[i].body);

		ck_assert_int_eq(found(t[i].text, (const char *)guard_copy(t[i].body, n), n), t[i].found);
	}
}
END_TEST

Suite *
needle_suite(void)
{
	Suite *s = suite_create("needle");
	TCase *t = tcase_create("needle");

	tcase_add_test(t, each_character_is_its_other_case_and_no_other);
	tcase_add_test(t, at_each_place_of_each_length);
	tcase_add_loop_test(t, random_texts_as_the_slow_way, 0, 10);
	tcase_add_test(t, aliases_are_two);
	tcase_add_test(t, bytes_of_any_value);
	tcase_add_test(t, what_cannot_be_seen);
	suite_add_tcase(s, t);
	return s;
}
