/* What a chat knows of its partner, and the small things that its files share. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/chat/chat.h"

static struct chat chat;

static void
setup(void)
{
	memset(&chat, 0, sizeof(chat));
	(void)snprintf(chat.state.u.state.partner.name, sizeof(chat.state.u.state.partner.name), "bob");
}

START_TEST(the_partner)
{
	ck_assert_str_eq(chat_partner(&chat), ""); /* nobody has told of one */
	ck_assert_int_eq(chat_say(&chat, "x", 1), VERDICT_NO_SESSION);
	chat.known = true;
	ck_assert_str_eq(chat_partner(&chat), "bob");
	ck_assert_int_eq(chat_say(&chat, "x", 1), VERDICT_NOT_PAIRED);
	ck_assert_int_eq(chat_say(&chat, "", 0), VERDICT_EMPTY);
	ck_assert_int_eq(chat_say(&chat, "x", MESSAGE_MAX + 1), VERDICT_TOO_LONG);
	ck_assert(chat_has_room(&chat));
}
END_TEST

START_TEST(words_of_a_chat)
{
	static const char *const t[][2] = {
		{ "log in: pchat to NAME", "log in: /to NAME" },
		{ "'pchat who' lists them, pchat leave.", "'/who' lists them, pchat leave." },
		{ "pchat login", "pchat login" }, /* is no /command */
		{ "pchat ", "pchat " },
		{ "", "" },
	};
	char out[64];

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++)
		ck_assert_str_eq(commands_words(t[i][0], out, sizeof(out)), t[i][1]);
	ck_assert_str_eq(commands_words("pchat to NAME, and more", out, 8), "/to NA"); /* it is cut */
}
END_TEST

static void
count(void *context, const char *name)
{
	unsigned *n = context;
	char words[64], expected[64], out[64];

	/* Each is known as a word of a command. */
	(void)snprintf(words, sizeof(words), "pchat %s x", name);
	(void)snprintf(expected, sizeof(expected), "/%s x", name);
	ck_assert_str_eq(commands_words(words, out, sizeof(out)), expected);
	++*n;
}

START_TEST(commands)
{
	unsigned n = 0;

	commands_each(count, &n);
	ck_assert_uint_gt(n, 10);
}
END_TEST

Suite *
chat_suite(void)
{
	Suite *s = suite_create("chat");
	TCase *tc = tcase_create("chat");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, the_partner);
	tcase_add_test(tc, words_of_a_chat);
	tcase_add_test(tc, commands);
	suite_add_tcase(s, tc);
	return s;
}
