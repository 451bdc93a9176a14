#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "cli/chat/editor/keys.h"

static struct keys keys;
static struct bindings bindings;
static char seen[4096]; /* "KEY" or "KEY(text)" for each key, in order */

static void
note(void *context, enum key key, const char *text, size_t len)
{
	const size_t at = strlen(seen);

	(void)context;
	if (key == KEY_TEXT || key == KEY_PASTE)
		(void)snprintf(
		    seen + at, sizeof(seen) - at, "%s(%.*s)", key == KEY_TEXT ? "text" : "paste", (int)len, text);
	else
		(void)snprintf(seen + at, sizeof(seen) - at, "<%d>", (int)key);
}

static const char *
one(enum key key)
{
	static char out[16];

	(void)snprintf(out, sizeof(out), "<%d>", (int)key);
	return out;
}

/* Fed whole, and cut in two at every place: the same keys, but for text that is given out in two runs. */
static void
expect(const char *bytes, const char *wanted)
{
	const size_t n = strlen(bytes);

	for (size_t cut = 0; cut <= n; cut++) {
		char *joint;

		keys_init(&keys, &bindings);
		seen[0] = '\0';
		keys_feed(&keys, (const uint8_t *)bytes, cut, note, NULL);
		keys_feed(&keys, (const uint8_t *)bytes + cut, n - cut, note, NULL);
		while ((joint = strstr(seen, ")text(")))
			memmove(joint, joint + 6, strlen(joint + 6) + 1);
		ck_assert_str_eq(seen, wanted);
	}
}

START_TEST(test_text_comes_in_runs)
{
	expect("hello", "text(hello)");
	expect("h\xc3\xa9 \xe6\xbc\xa2 \xf0\x9f\x98\x80", "text(h\xc3\xa9 \xe6\xbc\xa2 \xf0\x9f\x98\x80)");
}
END_TEST

START_TEST(test_control_keys)
{
	expect("\r", one(KEY_ENTER));
	expect("\n", one(KEY_ENTER));
	expect("\x03", one(KEY_INTERRUPT));
	expect("\x7f", one(KEY_BACKSPACE));
	expect("\x1d", one(KEY_UNKNOWN));
}
END_TEST

START_TEST(test_sequences)
{
	expect("\033[A", one(KEY_UP));
	expect("\033OA", one(KEY_UP));
	expect("\033[1;5D", one(KEY_WORD_LEFT));
	expect("\033b", one(KEY_WORD_LEFT));
	expect("\033\033[D", one(KEY_LEFT));
	expect("\033[99z", one(KEY_UNKNOWN));
	expect("\033[1;2;3;4;5;6;7;8;9;10;11;12z", one(KEY_UNKNOWN));
}
END_TEST

/* What is no UTF-8, or would be shown as an escape, is one invalid key, and what follows is not harmed. */
START_TEST(test_invalid)
{
	static const char *const invalid[] = { "\xff", "\xc0", "\xf4\x90\x80\x80", "\xed\xa0\x80", "\xc2\x9f",
		"\xe2\x80\xae", "\xef\xbf\xbf" };
	char bytes[16], wanted[32];

	for (size_t i = 0; i < ARRAY_SIZE(invalid); i++) {
		(void)snprintf(bytes, sizeof(bytes), "%sx", invalid[i]);
		(void)snprintf(wanted, sizeof(wanted), "%stext(x)", one(KEY_REFUSED));
		expect(bytes, wanted);
	}
	(void)snprintf(wanted, sizeof(wanted), "%stext(x)", one(KEY_REFUSED));
	expect("\xe6\xbcx", wanted);
}
END_TEST

START_TEST(test_paste)
{
	expect("\033[200~a\nb\033[A\xff\033[201~", "paste(a\nb\033[A\xff)");
	expect("\033[200~a\033[20\033[201~", "paste(a\033[20)");
	expect("\033[200~\033[201~", "");
	expect("\033[200~never ends\x03", one(KEY_INTERRUPT));
}
END_TEST

START_TEST(test_paste_limit)
{
	static uint8_t body[MESSAGE_MAX + 1];

	memset(body, 'x', sizeof(body));
	for (size_t n = MESSAGE_MAX; n <= MESSAGE_MAX + 1; n++) {
		keys_init(&keys, &bindings);
		seen[0] = '\0';
		keys_feed(&keys, (const uint8_t *)"\033[200~", 6, note, NULL);
		keys_feed(&keys, body, n, note, NULL);
		keys_feed(&keys, (const uint8_t *)"\033[201~y", 7, note, NULL);
		ck_assert_ptr_eq(strstr(seen, n == MESSAGE_MAX ? "paste(xxx" : one(KEY_TOO_LONG)), seen);
	}
	ck_assert_ptr_nonnull(strstr(seen, "text(y)"));
}
END_TEST

START_TEST(test_expiry)
{
	char wanted[32];

	keys_init(&keys, &bindings);
	seen[0] = '\0';
	keys_expire(&keys, note, NULL);
	ck_assert_str_eq(seen, "");
	keys_feed(&keys, (const uint8_t *)"\033[", 2, note, NULL);
	ck_assert(keys_incomplete(&keys));
	keys_expire(&keys, note, NULL);
	ck_assert(!keys_incomplete(&keys));
	keys_feed(&keys, (const uint8_t *)"A", 1, note, NULL);
	(void)snprintf(wanted, sizeof(wanted), "%stext(A)", one(KEY_UNKNOWN));
	ck_assert_str_eq(seen, wanted);
}
END_TEST

START_TEST(test_prefixes)
{
	expect("\030\005", one(KEY_COMPOSE));
	expect("\030\025", one(KEY_UNDO));
	expect("\030z", one(KEY_UNKNOWN));
	expect("\033\r", one(KEY_NEWLINE));
	expect("\037", one(KEY_UNDO));
	keys_feed(&keys, (const uint8_t *)"\030", 1, note, NULL);
	ck_assert(!keys_incomplete(&keys)); /* however long the second one takes */
}
END_TEST

/* What a terminal answers is no key. */
START_TEST(test_reports)
{
	expect("\033[24;80R", one(KEY_REPORT));
	expect("\033[8;24;80t", one(KEY_REPORT));
}
END_TEST

START_TEST(test_what_may_be_typed)
{
	static const uint32_t yes[] = { 'a', 0xE9, 0x200C, 0x200D, 0x200E, 0xAD, 0xFE0F, 0x1F600, 0x1FAFF, 0xE000,
		0xE0067, 0x3164 };
	static const uint32_t no[] = { 0, 0x1B, 0x7F, 0x9B, 0x2028, 0x2029, 0x202E, 0x2066, 0x2060, 0xFEFF, 0xFDD0,
		0xFFFF, 0x378, 0xD800, 0x10EEEE, 0x110000 };
	size_t n;

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		ck_assert_msg(keys_takes(yes[i]), "U+%04X", (unsigned)yes[i]);
	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		ck_assert_msg(!keys_takes(no[i]), "U+%04X", (unsigned)no[i]);
	ck_assert_uint_eq(keys_fault("a\tb\nc", 5, &n), 5);
	ck_assert_uint_eq(keys_fault("a\033", 2, &n), 1);
	ck_assert_uint_eq(keys_fault("a\xff", 2, &n), 1);
	ck_assert_uint_eq(keys_fault("\xe6\xbc\xa2", 2, &n), 0);
	ck_assert_uint_eq(keys_fault("ab\xef\xb7\x90"
				     "c",
			      6, &n),
	    2);
	ck_assert_uint_eq(n, 3);
}
END_TEST

/* What libedit says of the user's own bindings. */
START_TEST(test_own_bindings)
{
	ck_assert(bindings_take(&bindings, "\"^U\"           ->  em-kill-line"));
	ck_assert(bindings_take(&bindings, "\"^[[5~\"        ->  ed-prev-history"));
	ck_assert(bindings_take(&bindings, "\"^A\"           ->  is undefined"));
	ck_assert(bindings_take(&bindings, "\"^X^U\"         ->  ed-newline"));
	ck_assert(!bindings_take(&bindings, "Standard key bindings"));
	ck_assert(!bindings_take(&bindings, "\"!\" to \"~\"     ->  ed-insert"));
	ck_assert(!bindings_take(&bindings, "up             ->  ed-prev-history"));
	ck_assert(!bindings_take(&bindings, "\""));
	ck_assert(!bindings_take(&bindings, "\"a\""));
	expect("\025", one(KEY_KILL_LINE));
	expect("\033[5~", one(KEY_UP));
	expect("\001", one(KEY_UNKNOWN));
	expect("\030\025", one(KEY_ENTER));
	bindings.count = 0;
	expect("\025", one(KEY_KILL_TO_BEGIN));
}
END_TEST

Suite *
keys_suite(void)
{
	Suite *s = suite_create("keys");
	TCase *t = tcase_create("keys");

	tcase_add_test(t, test_text_comes_in_runs);
	tcase_add_test(t, test_control_keys);
	tcase_add_test(t, test_sequences);
	tcase_add_test(t, test_invalid);
	tcase_add_test(t, test_paste);
	tcase_add_test(t, test_paste_limit);
	tcase_add_test(t, test_expiry);
	tcase_add_test(t, test_prefixes);
	tcase_add_test(t, test_reports);
	tcase_add_test(t, test_what_may_be_typed);
	tcase_add_test(t, test_own_bindings);
	suite_add_tcase(s, t);
	return s;
}
