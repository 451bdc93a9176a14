/* Whom one chats with, in words. */
#include <check.h>
#include <string.h>

#include "cli/output/foreign.h"
#include "cli/output/partner.h"

START_TEST(the_account_unless_it_is_the_name)
{
	static const struct {
		struct peer peer;
		const char *words;
	} t[] = {
		{ { .name = "bob", .account = "robert" }, "chatting with bob (account robert)" },
		{ { .name = "Bob", .account = "bob" }, "chatting with Bob" },
		{ { .name = "bob", .account = "uid 1001" }, "chatting with bob (uid 1001)" },
	};
	char out[PARTNER_WORDS];

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		ck_assert_str_eq(partner_words(&t[i].peer, out), t[i].words);
}
END_TEST

START_TEST(quotes_are_escaped)
{
	static const struct peer bob = { .name = "bob" };
	char out[PARTNER_AWAY], full[AWAY_MAX], quoted[FOREIGN_QUOTED(AWAY_MAX)];

	ck_assert_str_eq(partner_away(&bob, "at \"lunch\" \\o/", out), "bob is away: \"at \\\"lunch\\\" \\\\o/\"");
	memset(full, '"', sizeof(full));
	ck_assert_uint_eq(strlen(foreign_quoted(full, sizeof(full), quoted, sizeof(quoted))), 2 * AWAY_MAX);
	for (size_t size = 1; size < 10; size++) {
		(void)foreign_quoted(full, sizeof(full), quoted, size);
		ck_assert_uint_lt(strlen(quoted), size);
		ck_assert_uint_eq(strlen(quoted) % 2, 0); /* none is cut in two */
	}
}
END_TEST

START_TEST(whole_characters)
{
	char out[6];

	ck_assert_str_eq(foreign_cut("abc", out, sizeof(out)), "abc");
	ck_assert_str_eq(foreign_cut("abcdefg", out, sizeof(out)), "abcde");
	ck_assert_str_eq(foreign_cut("abcd\303\251", out, sizeof(out)), "abcd");
	ck_assert_str_eq(foreign_cut("abc\303\251", out, sizeof(out)), "abc\303\251");
	ck_assert_str_eq(foreign_cut("abc\303\251d", out, sizeof(out)), "abc\303\251");
	ck_assert_str_eq(foreign_cut("ab\360\237\221\215", out, sizeof(out)), "ab");
}
END_TEST

Suite *
partner_suite(void)
{
	Suite *s = suite_create("partner");
	TCase *t = tcase_create("core");

	tcase_add_test(t, whole_characters);
	tcase_add_test(t, the_account_unless_it_is_the_name);
	tcase_add_test(t, quotes_are_escaped);
	suite_add_tcase(s, t);
	return s;
}
