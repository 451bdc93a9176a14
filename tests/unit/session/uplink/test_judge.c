/* Names that a daemon says: what is believed, and what becomes of a note from a name that is none. */
#include <check.h>
#include <string.h>

#include "session/uplink/judge.h"

/* U+009B, which begins a command to a terminal; half of a pair; a character that is not shortest. All have the form of names. */
static const char *const none[] = { "x\xc2\x9b\063\061m", "x\xed\xa0\x80", "x\xe0\x80\xaf" };

static void
put(char to[NAME_MAX_LEN + 1], const char *name)
{
	(void)strcpy(to, name);
}

START_TEST(test_judge_welcome)
{
	struct upstream_message m = { .type = UPSTREAM_WELCOME, .u.welcome.self.name = "Alice" };

	ck_assert(judge_names(&m, "alice"));
	put(m.u.welcome.self.name, "bob"); /* one that nobody asked for */
	ck_assert(!judge_names(&m, "alice"));
	put(m.u.welcome.self.name, none[_i]);
	ck_assert(!judge_names(&m, "x"));
	ck_assert(!judge_names(&m, none[_i]));
}
END_TEST

START_TEST(test_judge_partners)
{
	struct upstream_message paired = { .type = UPSTREAM_PAIRED, .u.paired.peer.name = "J\xc3\xb6rg" },
				waiting = { .type = UPSTREAM_WAITING, .u.waiting.peer.name = "bob" };

	ck_assert(judge_names(&paired, "alice") && judge_names(&waiting, "alice"));
	put(paired.u.paired.peer.name, none[_i]);
	put(waiting.u.waiting.peer.name, none[_i]);
	ck_assert(!judge_names(&paired, "alice"));
	ck_assert(!judge_names(&waiting, "alice"));
}
END_TEST

/* It is kept, from the account; and where the daemon tells none, from the uid. */
START_TEST(test_judge_notes)
{
	struct upstream_message m = { .type = UPSTREAM_NOTE,
		.u.note.from = { .name = "bob", .account = "b", .uid = 1002 } };

	ck_assert(judge_names(&m, "alice"));
	ck_assert_str_eq(m.u.note.from.name, "bob");
	put(m.u.note.from.name, none[_i]);
	ck_assert(judge_names(&m, "alice"));
	ck_assert_str_eq(m.u.note.from.name, "");
	ck_assert_str_eq(m.u.note.from.account, "b");
	m.u.note.from.account[0] = '\0';
	ck_assert(judge_names(&m, "alice"));
	ck_assert_str_eq(m.u.note.from.account, "uid 1002");
	put(m.u.note.from.name, "bob");
	m.u.note.from.account[0] = '\0';
	ck_assert(judge_names(&m, "alice"));
	ck_assert_str_eq(m.u.note.from.name, "bob");
	ck_assert_str_eq(m.u.note.from.account, "");
}
END_TEST

START_TEST(test_judge_all_else)
{
	struct upstream_message m = { .type = UPSTREAM_RESULT };

	ck_assert(judge_names(&m, "alice"));
}
END_TEST

Suite *
judge_suite(void)
{
	Suite *s = suite_create("judge");
	TCase *t = tcase_create("judge");

	tcase_add_loop_test(t, test_judge_welcome, 0, 3);
	tcase_add_loop_test(t, test_judge_partners, 0, 3);
	tcase_add_loop_test(t, test_judge_notes, 0, 3);
	tcase_add_test(t, test_judge_all_else);
	suite_add_tcase(s, t);
	return s;
}
