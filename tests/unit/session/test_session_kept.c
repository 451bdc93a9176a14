/* What is kept of a session's state with its inbox: the next helper knows it. */
#include <check.h>
#include <string.h>

#include "folder.h"
#include "session/kept.h"
#include "session/mailbox/store.h"

static char dir[FOLDER_PATH];
static struct store *store;

static void
open_store(void)
{
	char note[STORE_NOTE];

	ck_assert_int_eq(store_open(&store, dir, &(const struct store_limits){ 100, 1 << 20 }, note), 0);
}

static void
setup(void)
{
	folder_make(dir);
	open_store();
}

static void
teardown(void)
{
	store_close(store);
	folder_remove(dir);
}

static void
next_helper(void)
{
	store_close(store);
	open_store();
}

START_TEST(the_pair)
{
	struct partner p = { .pair = 77, .online = true, .peer = { .name = "bob", .account = "robert", .uid = 1002 } };
	struct partner got = { .pair = 5 };

	kept_load_pair(store, &got);
	ck_assert_uint_eq(got.pair, 5); /* none was kept */
	kept_pair(store, &p);
	ck_assert_int_eq(store_commit(store), 0);
	next_helper();
	kept_load_pair(store, &got);
	ck_assert_uint_eq(got.pair, 77);
	ck_assert(got.online);
	ck_assert_str_eq(got.peer.name, "bob");
	ck_assert_str_eq(got.peer.account, "robert");
	ck_assert_uint_eq(got.peer.uid, 1002);
	p.pair = 0;
	kept_pair(store, &p);
	ck_assert_int_eq(store_commit(store), 0);
	next_helper();
	got.pair = 5;
	kept_load_pair(store, &got);
	ck_assert_uint_eq(got.pair, 5);
	p.pair = 78;
	kept_pair(store, &p);
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_int_eq(kept_no_pair(store), 0);
	next_helper();
	kept_load_pair(store, &got);
	ck_assert_uint_eq(got.pair, 5);
}
END_TEST

/* What is the same is no reason to wait for the disk. */
START_TEST(the_same_pair_is_not_written_again)
{
	struct partner p = { .pair = 0 };

	kept_pair(store, &p);
	ck_assert(!store_writing(store));
	p = (struct partner){ .pair = 77, .peer = { .name = "bob", .account = "robert", .uid = 1002 } };
	kept_pair(store, &p);
	ck_assert(store_writing(store));
	ck_assert_int_eq(store_commit(store), 0);
	kept_pair(store, &p);
	ck_assert(!store_writing(store));
	p.pair = 78;
	kept_pair(store, &p);
	ck_assert(store_writing(store));
	ck_assert_int_eq(store_commit(store), 0);
}
END_TEST

/* The longest that a partner can be: an account may have a name of many bytes. */
START_TEST(the_longest_pair)
{
	struct partner p = { .pair = UINT64_MAX, .online = true, .peer.uid = UINT32_MAX }, got = { .pair = 0 };

	for (size_t i = 0; i + 2 <= NAME_MAX_LEN; i += 2)
		memcpy(p.peer.name + i, "\u00e9", 2);
	memset(p.peer.account, 'b', ACCOUNT_MAX_LEN);
	kept_pair(store, &p);
	ck_assert_int_eq(store_commit(store), 0);
	next_helper();
	kept_load_pair(store, &got);
	ck_assert_uint_eq(got.pair, p.pair);
	ck_assert_str_eq(got.peer.name, p.peer.name);
	ck_assert_str_eq(got.peer.account, p.peer.account);
	ck_assert_uint_eq(got.peer.uid, p.peer.uid);
}
END_TEST

START_TEST(rules_and_whether_notes_are_taken)
{
	struct policy p = { .dnd = true, .count = 1, .rule = { { .type = POLICY_BLOCK_NAME, .name = "mallory" } } },
		      got;
	bool off = true;

	memset(&got, 0, sizeof(got));
	ck_assert_int_eq(kept_load_policy(store, &got), 0);
	ck_assert(!got.dnd && got.count == 0);
	ck_assert_int_eq(kept_load_notes_off(store, &off), 0);
	ck_assert(!off);
	ck_assert_int_eq(kept_policy(store, &p), 0);
	ck_assert_int_eq(kept_notes_off(store, true), 0);
	next_helper();
	ck_assert_int_eq(kept_load_policy(store, &got), 0);
	ck_assert(got.dnd && got.count == 1);
	ck_assert_str_eq(got.rule[0].name, "mallory");
	ck_assert_int_eq(kept_load_notes_off(store, &off), 0);
	ck_assert(off);
	ck_assert_int_eq(kept_notes_off(store, false), 0);
	ck_assert_int_eq(kept_load_notes_off(store, &off), 0);
	ck_assert(!off);
}
END_TEST

START_TEST(why_one_is_away)
{
	char text[AWAY_MAX + 1], longest[AWAY_MAX + 1];

	kept_load_away(store, text);
	ck_assert_str_eq(text, "");
	memset(longest, 'x', AWAY_MAX);
	longest[AWAY_MAX] = '\0';
	ck_assert_int_eq(kept_away(store, longest), 0);
	next_helper();
	kept_load_away(store, text);
	ck_assert_str_eq(text, longest);
	ck_assert_int_eq(kept_away(store, ""), 0);
	next_helper();
	kept_load_away(store, text);
	ck_assert_str_eq(text, "");
}
END_TEST

Suite *
session_kept_suite(void)
{
	Suite *s = suite_create("session_kept");
	TCase *t = tcase_create("core");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_pair);
	tcase_add_test(t, the_same_pair_is_not_written_again);
	tcase_add_test(t, the_longest_pair);
	tcase_add_test(t, rules_and_whether_notes_are_taken);
	tcase_add_test(t, why_one_is_away);
	suite_add_tcase(s, t);
	return s;
}
