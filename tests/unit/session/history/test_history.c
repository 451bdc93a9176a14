/*
 * Own and received records in the order in which they were said; the latest ones are
 * the end of all of them; what is damaged is left out and told of.
 */
#include <check.h>
#include <errno.h>
#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/database.h"
#include "folder.h"
#include "number.h"
#include "session/history/history.h"
#include "session/mailbox/sentbox.h"
#include "session/mailbox/store.h"

#define SAID 80

static const struct store_limits roomy = { 1000, 1 << 20 };
static const struct peer alice = { .name = "alice", .account = "al", .uid = 1000 };
static const struct peer carol = { .name = "carol", .account = "ca", .uid = 1001 };

static char dir[FOLDER_PATH];
static unsigned given[SAID + 1]; /* what the history gave, in order: each message says which one it is */
static unsigned given_count;

static void
setup(void)
{
	folder_make(dir);
}

static void
teardown(void)
{
	folder_remove(dir);
}

static const struct peer *
partner_of(unsigned n)
{
	return n / 10 % 2 ? &carol : &alice;
}

/* 1, 2, ... are said, by turns of any length; what is acknowledged together, or comes at one time, shares a row. */
static void
talk(unsigned seed)
{
	struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
	struct sentbox *box = sentbox_new(loop, dir);
	char note[STORE_NOTE], text[16];
	uint64_t received = 0, now = 1;
	struct store *store;

	srand(seed);
	ck_assert_int_eq(store_open(&store, dir, &roomy, note), 0);
	for (unsigned n = 1; n <= SAID; n++) {
		struct msg m = { .pair = 1, .id = number(n), .body = (const uint8_t *)text };

		m.length = (uint32_t)snprintf(text, sizeof(text), "%u", n);
		now += rand() % 4 == 0;
		if (rand() % 16 < 8) {
			ck_assert_int_eq(store_message(store, partner_of(n), &m, (int64_t)now), STORE_ADDED);
			received++;
		} else {
			sentbox_forwarded(box, &m);
			sentbox_acked(box, &m.id, 1, partner_of(n), received);
		}
		if (rand() % 10 == 0) {
			ck_assert_int_eq(store_commit(store), 0);
			sentbox_flush(box);
		}
	}
	ck_assert_int_eq(store_commit(store), 0);
	store_close(store);
	sentbox_free(box);
	ev_loop_destroy(loop);
}

/* One more, which a walk that has begun does not tell. */
static void
say_more(void)
{
	static uint64_t count = SAID;
	const struct msg m = { .pair = 1, .id = number(++count), .body = (const uint8_t *)"later", .length = 5 };
	struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
	struct sentbox *box = sentbox_new(loop, dir);
	char note[STORE_NOTE];
	struct store *store;

	ck_assert_int_eq(store_open(&store, dir, &roomy, note), 0);
	ck_assert_int_eq(store_message(store, &alice, &m, 1), STORE_ADDED);
	ck_assert_int_eq(store_commit(store), 0);
	store_close(store);
	sentbox_forwarded(box, &m);
	sentbox_acked(box, &m.id, 1, &alice, count);
	sentbox_free(box);
	ev_loop_destroy(loop);
}

static int
note_record(void *context, const struct record *r)
{
	char text[16];

	(void)context;
	if (!r->peer.name[0])
		return -EUCLEAN;
	ck_assert_uint_lt(given_count, SAID);
	(void)snprintf(text, sizeof(text), "%.*s", (int)r->length, (const char *)r->body);
	given[given_count++] = (unsigned)strtoul(text, NULL, 10);
	ck_assert_str_eq(r->peer.name, partner_of(given[given_count - 1])->name);
	return 0;
}

static const struct history_taker taker = { .take = note_record };

static int
ask(uint32_t limit, const char *partner, const char *grep)
{
	struct control_message m = { .type = CONTROL_HISTORY, .u.history.limit = limit };

	(void)snprintf(m.u.history.partner, sizeof(m.u.history.partner), "%s", partner);
	(void)snprintf(m.u.history.grep, sizeof(m.u.history.grep), "%s", grep);
	given_count = 0;
	return history_each(dir, &m, &taker, NULL);
}

static void
expect_last(unsigned count)
{
	ck_assert_uint_eq(given_count, count);
	for (unsigned i = 0; i < count; i++)
		ck_assert_uint_eq(given[i], SAID - count + 1 + i);
}

START_TEST(in_the_order_in_which_it_was_said)
{
	talk((unsigned)_i);
	ck_assert_int_eq(ask(0, "", ""), 0);
	expect_last(SAID);
}
END_TEST

START_TEST(the_latest_are_the_end_of_all)
{
	talk((unsigned)_i);
	for (unsigned limit = 1; limit <= SAID + 1; limit++) {
		ck_assert_int_eq(ask(limit, "", ""), 0);
		expect_last(limit < SAID ? limit : SAID);
	}
}
END_TEST

/* Takes one record, then none before it has waited. */
struct slow {
	bool has_room;
	unsigned waits;
};

static int
take_slowly(void *context, const struct record *r)
{
	struct slow *s = context;

	if (!s->has_room)
		return -EAGAIN;
	s->has_room = false;
	return note_record(NULL, r);
}

/* Meanwhile no file of the folder is open, and nothing that is added to it is told. */
static int
wait_slowly(void *context)
{
	struct slow *s = context;
	char command[256];

	s->has_room = true;
	if (s->waits++ % 20 == 0) {
		(void)snprintf(command, sizeof(command), "! ls -l /proc/%d/fd | grep -q %s/", getpid(), dir);
		ck_assert_int_eq(system(command), 0);
		say_more();
	}
	return 0;
}

START_TEST(a_taker_that_waits_gets_the_same)
{
	static const struct history_taker slow_taker = { .take = take_slowly, .wait = wait_slowly };
	struct control_message m = { .type = CONTROL_HISTORY, .u.history.limit = _i ? SAID : 0 };
	struct slow slow = { .has_room = false };

	talk((unsigned)_i);
	given_count = 0;
	ck_assert_int_eq(history_each(dir, &m, &slow_taker, &slow), 0);
	expect_last(SAID);
	ck_assert_uint_ge(slow.waits, SAID);
}
END_TEST

START_TEST(of_one_partner)
{
	talk(1);
	ck_assert_int_eq(ask(5, "Carol", ""), 0);
	ck_assert_uint_eq(given_count, 5);
	for (unsigned i = 0; i < 5; i++)
		ck_assert_uint_eq(given[i], 75 + i);
	ck_assert_int_eq(ask(0, "nobody", ""), 0);
	ck_assert_uint_eq(given_count, 0);
}
END_TEST

START_TEST(that_holds_a_text)
{
	talk(1);
	ck_assert_int_eq(ask(3, "", "7"), 0);
	ck_assert_uint_eq(given_count, 3);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_uint_eq(given[i], 77 + i);
}
END_TEST

static void
damage(const char *file, const char *sql)
{
	char path[128];
	sqlite3 *db;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, file);
	ck_assert_int_eq(database_open(&db, path, DATABASE_DURABLE, sql), 0);
	database_close(db);
}

/* Sends the messages `first` to `last`, whose texts are these numbers and `more`, under ids that count alike. */
static void
repeat(unsigned first, unsigned last, unsigned more)
{
	struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
	struct sentbox *box = sentbox_new(loop, dir);
	char text[16];

	for (unsigned n = first; n <= last; n++) {
		struct msg m = { .pair = 1, .id = number(n), .body = (const uint8_t *)text };

		m.length = (uint32_t)snprintf(text, sizeof(text), "%u", n + more);
		sentbox_forwarded(box, &m);
		sentbox_acked(box, &m.id, 1, partner_of(n + more), 0);
	}
	sentbox_free(box);
	ev_loop_destroy(loop);
}

static void
expect(const char *numbers)
{
	char got[128] = "";

	for (unsigned i = 0; i < given_count; i++)
		(void)snprintf(got + strlen(got), sizeof(got) - strlen(got), "%u ", given[i]);
	ck_assert_str_eq(got, numbers);
}

/* D2, however often it was sent; to another one it is another message. What is searched, or the latest, is no exception. */
START_TEST(a_repeated_message_is_told_once)
{
	static const struct history_taker slow_taker = { .take = take_slowly, .wait = wait_slowly };
	const struct control_message all = { .type = CONTROL_HISTORY };
	struct slow slow = { .waits = 1 };

	repeat(1, 3, 0);
	repeat(2, 5, 0);
	repeat(2, 2, 10);
	repeat(4, 4, 0);
	repeat(3, 3, 0);
	ck_assert_int_eq(ask(0, "", ""), 0);
	expect("1 2 3 4 5 12 ");
	ck_assert_int_eq(ask(6, "", ""), 0);
	expect("1 2 3 4 5 12 ");
	ck_assert_int_eq(ask(3, "", ""), 0);
	expect("12 4 3 ");
	ck_assert_int_eq(ask(0, "", "2"), 0);
	expect("2 12 ");
	given_count = 0;
	ck_assert_int_eq(history_each(dir, &all, &slow_taker, &slow), 0);
	expect("1 2 3 4 5 12 ");
	damage(SENTBOX_FILE, "UPDATE run SET msgid = NULL WHERE id IN (1, 4)");
	ck_assert_int_eq(ask(0, "", ""), 0);
	expect("1 2 3 2 3 4 5 12 4 3 ");
}
END_TEST

START_TEST(without_files_there_is_none)
{
	ck_assert_int_eq(ask(0, "", ""), 0);
	ck_assert_uint_eq(given_count, 0);
	ck_assert_int_eq(ask(5, "", ""), 0);
	ck_assert_uint_eq(given_count, 0);
}
END_TEST

/* All in order, some missing. */
static void
expect_some(void)
{
	ck_assert_uint_gt(given_count, 0);
	ck_assert_uint_lt(given_count, SAID);
	for (unsigned i = 1; i < given_count; i++)
		ck_assert_uint_gt(given[i], given[i - 1]);
}

/* A row in the middle: what was said before it and after it is there. */
START_TEST(damage_costs_no_more_than_itself)
{
	unsigned all[SAID], count;

	talk(1);
	if (_i == 0)
		damage(STORE_FILE,
		    "UPDATE record SET body = x'ff', type = 64 WHERE id ="
		    " (SELECT id FROM record ORDER BY id LIMIT 1 OFFSET (SELECT count(*) / 2 FROM record))");
	else
		damage(SENTBOX_FILE,
		    "UPDATE run SET bodies = x'ff' WHERE id ="
		    " (SELECT id FROM run ORDER BY id LIMIT 1 OFFSET (SELECT count(*) / 2 FROM run))");
	ck_assert_int_eq(ask(0, "", ""), -EUCLEAN);
	expect_some();
	ck_assert_uint_ge(given_count, SAID - 10);
	ck_assert_uint_eq(given[0], 1);
	ck_assert_uint_eq(given[given_count - 1], SAID);
	count = given_count;
	memcpy(all, given, sizeof(all[0]) * count);
	for (unsigned limit = 1; limit <= SAID; limit++) {
		const int r = ask(limit, "", "");
		const unsigned n = limit < count ? limit : count;

		ck_assert(r == -EUCLEAN || (r == 0 && limit < count)); /* it is not met in each */
		ck_assert_uint_eq(given_count, n);
		ck_assert_mem_eq(given, all + count - n, n * sizeof(all[0]));
	}
}
END_TEST

/* Searching finds what can be read. */
START_TEST(damage_can_be_searched_around)
{
	static const char *const texts[] = { "7", "777" };

	talk(1);
	damage(STORE_FILE, "UPDATE record SET body = x'ff' || body WHERE type = 64 AND id < 20");
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(ask(0, "", texts[i]), -EUCLEAN);
		ck_assert_uint_eq(given_count > 0, i == 0);
	}
}
END_TEST

/* The peer of a run has no name: it cannot be shown. */
START_TEST(what_cannot_be_shown_is_told)
{
	talk(1);
	damage(SENTBOX_FILE, "UPDATE run SET name = NULL WHERE id = (SELECT max(id) FROM run)");
	ck_assert_int_eq(ask(0, "", ""), -EUCLEAN);
	expect_some();
}
END_TEST

START_TEST(a_file_that_is_none_leaves_the_other_side)
{
	char path[128], log[136];
	FILE *f;

	talk(1);
	(void)snprintf(path, sizeof(path), "%s/%s", dir, _i == 0 ? STORE_FILE : SENTBOX_FILE);
	ck_assert_ptr_nonnull(f = fopen(path, "w"));
	for (int i = 0; i < 8192; i++)
		ck_assert_int_ne(fputc('x', f), EOF);
	ck_assert_int_eq(fclose(f), 0);
	(void)snprintf(log, sizeof(log), "%s-wal", path);
	(void)unlink(log); /* which would mend it */
	ck_assert_int_eq(ask(0, "", ""), -EUCLEAN);
	expect_some();
}
END_TEST

/* A helper that was killed while it made the file leaves one without tables: that is no damage. */
START_TEST(a_file_half_made_holds_nothing)
{
	char path[128];
	sqlite3 *db;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, _i == 0 ? STORE_FILE : SENTBOX_FILE);
	ck_assert_int_eq(database_open(&db, path, DATABASE_LAZY, ""), 0);
	database_close(db);
	ck_assert_int_eq(access(path, F_OK), 0);
	ck_assert_int_eq(ask(0, "", ""), 0);
	ck_assert_uint_eq(given_count, 0);
}
END_TEST

Suite *
history_suite(void)
{
	Suite *s = suite_create("history");
	TCase *t = tcase_create("history");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, in_the_order_in_which_it_was_said, 0, 10);
	tcase_add_loop_test(t, the_latest_are_the_end_of_all, 0, 3);
	tcase_add_loop_test(t, a_taker_that_waits_gets_the_same, 0, 2);
	tcase_add_test(t, of_one_partner);
	tcase_add_test(t, that_holds_a_text);
	tcase_add_test(t, a_repeated_message_is_told_once);
	tcase_add_test(t, without_files_there_is_none);
	tcase_add_loop_test(t, damage_costs_no_more_than_itself, 0, 2);
	tcase_add_test(t, damage_can_be_searched_around);
	tcase_add_test(t, what_cannot_be_shown_is_told);
	tcase_add_loop_test(t, a_file_that_is_none_leaves_the_other_side, 0, 2);
	tcase_add_loop_test(t, a_file_half_made_holds_nothing, 0, 2);
	suite_add_tcase(s, t);
	return s;
}
