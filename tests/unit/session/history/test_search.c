/*
 * Which messages of a history hold a text; and what remains of the index that older versions kept.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "number.h"
#include "session/history/history.h"
#include "session/mailbox/store.h"

static const struct peer alice = { .name = "alice", .account = "alice", .uid = 1000 };
static const struct store_limits roomy = { 1000, 1 << 20 };

static char dir[FOLDER_PATH];
static struct store *store;
static uint64_t count; /* messages that were stored */

static void
open_store(void)
{
	char note[STORE_NOTE];

	ck_assert_int_eq(store_open(&store, dir, &roomy, note), 0);
}

static void
setup(void)
{
	folder_make(dir);
	count = 0;
	open_store();
}

static void
shell(const char *what)
{
	char command[256];

	(void)snprintf(command, sizeof(command), "cd %s && %s", dir, what);
	ck_assert_int_eq(system(command), 0);
}

static void
teardown(void)
{
	store_close(store);
	folder_remove(dir);
}

static void
say_bytes(const void *body, size_t n)
{
	struct msg m = { .pair = 1, .id = number(++count), .body = body, .length = (uint32_t)n };

	ck_assert_int_eq(store_message(store, &alice, &m, 1), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
}

static void
say(const char *text)
{
	say_bytes(text, strlen(text));
}

static int
note_id(void *context, const struct record *r)
{
	char *out = context;

	ck_assert(!r->own);
	ck_assert_uint_lt(strlen(out), 500);
	(void)sprintf(out + strlen(out), "%llu ", (unsigned long long)r->id);
	return 0;
}

/* The ids that hold the text: "1 3 ". */
static const char *
find(const char *text)
{
	static const struct history_taker taker = { .take = note_id };
	struct control_message m = { .type = CONTROL_HISTORY };
	static char out[512];

	out[0] = '\0';
	(void)snprintf(m.u.history.grep, sizeof(m.u.history.grep), "%s", text);
	ck_assert_int_eq(history_each(dir, &m, &taker, out), 0);
	return out;
}

START_TEST(finds_at_any_place_in_any_case)
{
	say("the Build failed");
	say("nothing here");
	say("rebuilding");
	ck_assert_str_eq(find("build"), "1 3 ");
	ck_assert_str_eq(find("BUILD"), "1 3 ");
	ck_assert_str_eq(find("failed"), "1 ");
	ck_assert_str_eq(find("absent"), "");
	ck_assert_str_eq(find("e b"), "1 ");
	ck_assert_str_eq(find("he"), "1 2 ");
	ck_assert_str_eq(find("g"), "2 3 ");
}
END_TEST

START_TEST(text_is_no_query)
{
	say("a \"quoted\" word");
	say("this OR that");
	say("100% of col*");
	ck_assert_str_eq(find("\"quoted\""), "1 ");
	ck_assert_str_eq(find("this OR that"), "2 ");
	ck_assert_str_eq(find("absent OR that"), "");
	ck_assert_str_eq(find("col*"), "3 ");
	ck_assert_str_eq(find("00%"), "3 ");
	ck_assert_str_eq(find("NOT "), "");
	ck_assert_str_eq(find("said:x"), "");
}
END_TEST

START_TEST(follows_what_is_added)
{
	say("first word");
	ck_assert_str_eq(find("word"), "1 ");
	say("second word");
	for (int i = 0; i < 50; i++)
		say("other");
	say("last word");
	ck_assert_str_eq(find("word"), "1 2 53 ");
	ck_assert_str_eq(find("word"), "1 2 53 ");
}
END_TEST

START_TEST(bytes_of_any_value)
{
	static const char bytes[] = "\xff\xfe"
				    "needle\0after";

	say_bytes(bytes, sizeof(bytes) - 1);
	say("z\xc3\xbcrich");
	say("\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac");
	ck_assert_str_eq(find("needle"), "1 ");
	ck_assert_str_eq(find("\xc3\xbcrich"), "2 ");
	ck_assert_str_eq(find("\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"), "3 ");
	ck_assert_str_eq(find("\xe2\x82\xac"), "3 ");
}
END_TEST

START_TEST(another_inbox_takes_its_place)
{
	say("word of the old one");
	say("nothing");
	ck_assert_str_eq(find("word"), "1 ");
	store_close(store);
	shell("rm inbox.db*");
	open_store();
	say("nothing");
	say("word of the new one");
	ck_assert_str_eq(find("word"), "2 ");
	ck_assert_str_eq(find("nothing"), "1 ");
}
END_TEST

/* The log of the inbox is set aside, and ids are given out again: none may be taken for the one that had it. */
START_TEST(inbox_that_lost_its_log)
{
	say("before");
	store_close(store); /* which writes the log back */
	open_store();
	say("word in the log");
	ck_assert_str_eq(find("word"), "2 ");
	shell("cp inbox.db kept.db");
	store_close(store);
	shell("mv kept.db inbox.db && printf garbage | dd of=inbox.db-wal conv=notrunc status=none");
	open_store();
	ck_assert_uint_eq(store_newest(store), 1);
	say("another text");
	ck_assert_str_eq(find("word"), "");
	ck_assert_str_eq(find("another"), "2 ");
}
END_TEST

/* An index holds what is said: one that nobody needs any more is removed. Whatever it is, the search goes on. */
START_TEST(index_of_older_versions_is_removed)
{
	say("a word");
	store_close(store);
	shell("for f in search.db search.db-wal search.db-shm search.db.corrupt-20260101T000000Z"
	      " search.db.corrupt-20260101T000000Z-wal; do echo a word >$f; done; echo a word >search.dbx");
	open_store();
	ck_assert_str_eq(find("word"), "1 ");
	shell("test \"$(echo search*)\" = search.dbx");
}
END_TEST

START_TEST(index_that_cannot_be_written)
{
	say("a word");
	store_close(store);
	shell("mkdir search.db");
	open_store();
	ck_assert_str_eq(find("word"), "1 ");
}
END_TEST

Suite *
search_suite(void)
{
	Suite *s = suite_create("search");
	TCase *t = tcase_create("texts");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, finds_at_any_place_in_any_case);
	tcase_add_test(t, text_is_no_query);
	tcase_add_test(t, follows_what_is_added);
	tcase_add_test(t, bytes_of_any_value);
	tcase_add_test(t, another_inbox_takes_its_place);
	tcase_add_test(t, inbox_that_lost_its_log);
	tcase_add_test(t, index_of_older_versions_is_removed);
	tcase_add_test(t, index_that_cannot_be_written);
	suite_add_tcase(s, t);
	return s;
}
