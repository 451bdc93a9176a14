#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "cli/chat/editor/keys.h"

static struct keys keys;
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

		keys_init(&keys);
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
		(void)snprintf(wanted, sizeof(wanted), "%stext(x)", one(KEY_INVALID));
		expect(bytes, wanted);
	}
	(void)snprintf(wanted, sizeof(wanted), "%stext(x)", one(KEY_INVALID));
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
		keys_init(&keys);
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

	keys_init(&keys);
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

START_TEST(test_is_text)
{
	ck_assert(keys_is_text("a\tb\nc", 5));
	ck_assert(!keys_is_text("a\033", 2));
	ck_assert(!keys_is_text("a\xff", 2));
	ck_assert(!keys_is_text("\xe6\xbc\xa2", 2));
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
	tcase_add_test(t, test_is_text);
	suite_add_tcase(s, t);
	return s;
}
