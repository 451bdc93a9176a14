/*
 * What was sent: stored when it was acknowledged, in order, each once; a disk that fails or a
 * file that is damaged costs what was under way to it, never the next one.
 */
#include <check.h>
#include <ev.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/database.h"
#include "folder.h"
#include "number.h"
#include "session/mailbox/pack.h"
#include "session/mailbox/sentbox.h"

static const struct peer bob = { .name = "bob", .account = "robert", .uid = 1001 };
static const struct peer carol = { .name = "carol", .account = "carol", .uid = 1002 };

static char dir[FOLDER_PATH], path[96];
static struct ev_loop *loop;
static struct sentbox *box;
static uint64_t forwarded; /* messages, which are "1", "2", ..., under ids that count alike */
static uint64_t settled;   /* of them acknowledged or refused */

static void
setup(void)
{
	folder_make(dir);
	(void)snprintf(path, sizeof(path), "%s/" SENTBOX_FILE, dir);
	loop = ev_loop_new(EVFLAG_AUTO);
	box = sentbox_new(loop, dir);
	ck_assert_ptr_nonnull(box);
	forwarded = settled = 0;
}

static void
teardown(void)
{
	sentbox_free(box);
	ev_loop_destroy(loop);
	folder_remove(dir);
}

static void
forward(unsigned count)
{
	char text[24];

	while (count-- > 0) {
		struct msg m = { .id = number(++forwarded), .body = (const uint8_t *)text };

		m.length = (uint32_t)snprintf(text, sizeof(text), "%llu", (unsigned long long)forwarded);
		sentbox_forwarded(box, &m);
	}
}

/* To NULL: refused. */
static void
settle(unsigned count, const struct peer *to, uint64_t after)
{
	const struct ident first = number(settled + 1);

	sentbox_acked(box, &first, count, to, after);
	settled += count;
}

/* What the file has: "1 2 3 |4 5" is two rows. Each row's first id must be that of its first text. */
static const char *
stored(void)
{
	static const char *const sql = "SELECT id, count, msgid, bodies FROM run ORDER BY id";
	static char out[4096];
	struct pack_view v = { 0 };
	sqlite3_stmt *q;
	int64_t next = 1;
	size_t n = 0;
	sqlite3 *db;

	out[0] = '\0';
	ck_assert_int_eq(database_open(&db, path, DATABASE_READER, "BEGIN"), 0);
	ck_assert_int_eq(database_prepare(db, &sql, &q, 1), 0);
	while (database_row(q) > 0) {
		struct ident first;

		ck_assert_int_eq(sqlite3_column_int64(q, 0), next);
		ck_assert_int_eq(sqlite3_column_bytes(q, 2), IDENT_LEN);
		memcpy(first.b, sqlite3_column_blob(q, 2), IDENT_LEN);
		ck_assert_int_eq(pack_open(&v, sqlite3_column_blob(q, 3), (size_t)sqlite3_column_bytes(q, 3)), 0);
		ck_assert_uint_eq(v.count, (unsigned)sqlite3_column_int(q, 1));
		next += v.count;
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s", n > 0 ? "|" : "");
		for (uint32_t i = 0; i < v.count; i++) {
			const struct ident id = ident_add(&first, i);
			uint32_t length;
			const char *body = (const char *)pack_body(&v, i, &length);
			const struct ident expected = number(strtoull(body, NULL, 10));

			ck_assert(length > 0 && ident_equal(&id, &expected));
			n += (size_t)snprintf(out + n, sizeof(out) - n, "%.*s ", (int)length, body);
		}
	}
	pack_view_release(&v);
	database_finalize(&q, 1);
	database_close(db);
	return out;
}

static int
count_files(const char *pattern)
{
	char full[128];
	glob_t g;
	int n;

	(void)snprintf(full, sizeof(full), "%s/%s", dir, pattern);
	n = glob(full, 0, NULL, &g) == 0 ? (int)g.gl_pathc : 0;
	globfree(&g);
	return n;
}

START_TEST(acknowledged_is_stored)
{
	forward(5);
	ck_assert_int_eq(count_files("*"), 0); /* nothing before it is delivered */
	settle(3, &bob, 0);
	sentbox_flush(box);
	ck_assert_str_eq(stored(), "1 2 3 ");
	settle(2, &bob, 0);
	sentbox_flush(box);
	ck_assert_str_eq(stored(), "1 2 3 |4 5 ");
}
END_TEST

/* Another process may have it: nothing waits for that one, and all is stored in its order when it is done. */
START_TEST(held_waits)
{
	sqlite3 *db;

	forward(9);
	settle(2, &bob, 0);
	sentbox_be_held(box, true);
	ck_assert_str_eq(stored(), "1 2 ");
	ck_assert_int_eq(database_open(&db, path, DATABASE_DURABLE, "BEGIN IMMEDIATE"), 0);
	settle(3, &bob, 0);
	settle(1, &bob, 1);
	sentbox_flush(box);
	settle(1, &bob, 1);
	sentbox_rest(box);
	ck_assert(sentbox_has_room(box));
	database_close(db);
	ck_assert_str_eq(stored(), "1 2 ");
	sentbox_be_held(box, false);
	ck_assert_str_eq(stored(), "1 2 |3 4 5 |6 |7 ");
	settle(2, &carol, 1);
	sentbox_flush(box);
	ck_assert_str_eq(stored(), "1 2 |3 4 5 |6 |7 |8 9 ");
}
END_TEST

START_TEST(held_has_a_bound)
{
	static const uint8_t body[MESSAGE_MAX];
	unsigned count = 0;

	sentbox_be_held(box, true);
	for (; sentbox_has_room(box); count++) {
		const struct msg m = { .id = number(count + 1), .body = body, .length = sizeof(body) };

		sentbox_forwarded(box, &m);
		sentbox_acked(box, &m.id, 1, &bob, 0);
		ck_assert_uint_lt(count, 1000);
	}
	ck_assert_uint_gt(count, 10);
	sentbox_be_held(box, false);
	ck_assert(sentbox_has_room(box));
}
END_TEST

/* The file without its log, as one whose writes are on the disk has it: where its first row stands in the inbox. */
static int64_t
place_in_file(void)
{
	static char bytes[1 << 20];
	char copy[sizeof(path) + 8];
	int64_t place = -1;
	sqlite3 *db;
	size_t n;
	FILE *f;

	(void)snprintf(copy, sizeof(copy), "%s.copy", path);
	ck_assert_ptr_nonnull(f = fopen(path, "r"));
	n = fread(bytes, 1, sizeof(bytes), f);
	(void)fclose(f);
	ck_assert_ptr_nonnull(f = fopen(copy, "w"));
	ck_assert_uint_eq(fwrite(bytes, 1, n, f), n);
	(void)fclose(f);
	ck_assert_int_eq(sqlite3_open(copy, &db), SQLITE_OK);
	ck_assert_int_eq(database_number(db, "SELECT after FROM run WHERE id = 1", &place), 0);
	database_close(db);
	return place;
}

/* A process that forgot, or an earlier helper, wrote: nobody tells us whether its sync failed. */
START_TEST(what_others_wrote_is_settled)
{
	sqlite3 *other;

	forward(1);
	settle(1, &bob, 5);
	sentbox_flush(box);
	if (_i == 0)
		sentbox_be_held(box, true);
	ck_assert_int_eq(sqlite3_open(path, &other), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(other, "UPDATE run SET after = 7 WHERE id = 1", NULL, NULL, NULL), SQLITE_OK);
	if (_i == 0) {
		sentbox_be_held(box, false);
	} else {
		sentbox_free(box);
		box = sentbox_new(loop, dir);
		ck_assert_ptr_nonnull(box);
	}
	ck_assert_int_ne(place_in_file(), 7);
	forward(1);
	settle(1, &bob, 5);
	sentbox_flush(box);
	ck_assert_int_eq(place_in_file(), 7);
	database_close(other);
}
END_TEST

START_TEST(refused_is_not)
{
	forward(5);
	settle(2, &bob, 0);
	settle(1, NULL, 0);
	settle(2, &bob, 0);
	sentbox_flush(box);
	ck_assert_str_eq(stored(), "1 2 |4 5 ");
}
END_TEST

START_TEST(a_row_has_one_partner_and_one_place)
{
	forward(4);
	settle(1, &bob, 0);
	settle(1, &bob, 7); /* a record arrived meanwhile */
	settle(1, &carol, 7);
	settle(1, &carol, 7);
	sentbox_flush(box);
	ck_assert_str_eq(stored(), "1 |2 |3 4 ");
}
END_TEST

/* A run is not told to have been said when its first message was. */
START_TEST(each_has_its_time)
{
	const ev_tstamp begun = ev_time();
	int64_t times = 0;
	sqlite3 *db;

	forward(4);
	settle(1, &bob, 0);
	settle(1, &bob, 0);
	while (ev_time() < begun + 0.1)
		continue;
	ev_now_update(loop);
	settle(2, &bob, 0);
	sentbox_flush(box);
	ck_assert_str_eq(stored(), "1 2 |3 4 ");
	ck_assert_int_eq(database_open(&db, path, DATABASE_READER, "BEGIN"), 0);
	ck_assert_int_eq(database_number(db, "SELECT max(time) - min(time) FROM run", &times), 0);
	database_close(db);
	ck_assert_int_ge(times, 90);
}
END_TEST

static void
note_copy(uint32_t n, const uint8_t *body, uint32_t length, void *context)
{
	char *text = context;

	(void)snprintf(text + strlen(text), 64 - strlen(text), "%u:%.*s ", n, (int)length, (const char *)body);
}

START_TEST(copies_under_way)
{
	char text[64] = "";

	sentbox_each(box, 1, note_copy, text);
	forward(12);
	settle(9, &bob, 0);
	sentbox_each(box, 2, note_copy, text);
	ck_assert_str_eq(text, "0:10 1:11 ");
	text[0] = '\0';
	sentbox_each(box, 99, note_copy, text);
	ck_assert_str_eq(text, "0:10 1:11 2:12 ");
}
END_TEST

START_TEST(forgotten_is_repeated)
{
	forward(4);
	settle(1, &bob, 0);
	sentbox_forget(box);
	forwarded = 1;
	forward(3);
	settle(3, &bob, 0);
	sentbox_flush(box);
	ck_assert_str_eq(stored(), "1 2 3 4 ");
}
END_TEST

START_TEST(stored_by_itself_in_good_time)
{
	forward(1);
	settle(1, &bob, 0);
	ev_run(loop, EVRUN_ONCE);
	ck_assert_str_eq(stored(), "1 ");
}
END_TEST

START_TEST(rest_forgets_nothing)
{
	forward(3);
	sentbox_rest(box);
	settle(1, &bob, 0);
	sentbox_rest(box);
	settle(1, &bob, 0);
	sentbox_flush(box);
	sentbox_rest(box);
	settle(1, &bob, 0);
	sentbox_free(box);
	ck_assert_str_eq(stored(), "1 2 |3 ");
	box = sentbox_new(loop, dir);
	ck_assert_ptr_nonnull(box);
	forward(1);
	settle(1, &bob, 0);
	sentbox_flush(box);
	ck_assert_str_eq(stored(), "1 2 |3 |4 ");
}
END_TEST

START_TEST(damaged_is_set_aside)
{
	static uint8_t garbage[16384];
	char log[128];
	FILE *f;

	forward(1);
	settle(1, &bob, 0);
	sentbox_free(box);
	memset(garbage, 0xa5, sizeof(garbage));
	ck_assert_ptr_nonnull(f = fopen(path, "w"));
	ck_assert_uint_eq(fwrite(garbage, 1, sizeof(garbage), f), sizeof(garbage));
	ck_assert_int_eq(fclose(f), 0);
	(void)snprintf(log, sizeof(log), "%s-wal", path);
	(void)unlink(log); /* which would mend it */
	box = sentbox_new(loop, dir);
	forward(2);
	settle(2, &bob, 0);
	sentbox_flush(box);
	ck_assert_int_eq(count_files(SENTBOX_FILE ".corrupt-*Z"), 1);
	ck_assert_str_eq(stored(), "2 3 ");
}
END_TEST

START_TEST(a_place_that_fails_is_tried_again)
{
	ck_assert_int_eq(mkdir(path, 0700), 0);
	forward(2);
	settle(1, &bob, 0);
	sentbox_flush(box);
	ck_assert_int_eq(rmdir(path), 0);
	settle(1, &bob, 0);
	sentbox_flush(box);
	ck_assert_str_eq(stored(), "2 ");
}
END_TEST

Suite *
sentbox_suite(void)
{
	Suite *s = suite_create("sentbox");
	TCase *t = tcase_create("runs");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, acknowledged_is_stored);
	tcase_add_test(t, held_waits);
	tcase_add_test(t, held_has_a_bound);
	tcase_add_loop_test(t, what_others_wrote_is_settled, 0, 2);
	tcase_add_test(t, refused_is_not);
	tcase_add_test(t, a_row_has_one_partner_and_one_place);
	tcase_add_test(t, each_has_its_time);
	tcase_add_test(t, copies_under_way);
	tcase_add_test(t, forgotten_is_repeated);
	tcase_add_test(t, stored_by_itself_in_good_time);
	tcase_add_test(t, rest_forgets_nothing);
	tcase_add_test(t, damaged_is_set_aside);
	tcase_add_test(t, a_place_that_fails_is_tried_again);
	suite_add_tcase(s, t);
	return s;
}
