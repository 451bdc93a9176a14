/* Records of an inbox, walked up and down: the same ones whatever shares a row, each with whom it is from. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/database.h"
#include "folder.h"
#include "number.h"
#include "session/mailbox/scan.h"
#include "session/mailbox/store.h"

#define RECORDS 60

static const struct peer peers[] = { { .name = "alice", .account = "al", .uid = 1000 },
	{ .name = "mallory", .account = "mal", .uid = 1001 } };

static char dir[FOLDER_PATH];
static sqlite3 *db;
static struct scan scan;
static struct record expected[RECORDS + 1]; /* by id */
static char body[RECORDS + 1][16];

/* An inbox in which messages of two senders and events mix, some at one time and so in one row. */
static void
fill(struct store *store, unsigned seed)
{
	uint64_t msgid = 1000;
	int64_t now = 5;

	srand(seed);
	for (uint64_t id = 1; id <= RECORDS; id++) {
		struct record *r = &expected[id];
		const struct peer *from = &peers[rand() % 8 == 0];

		now += rand() % 6 == 0;
		msgid += rand() % 10 == 0 ? 100 : 1;
		*r = (struct record){ .id = id, .time_ms = now, .peer = *from };
		if (rand() % 9 == 0) {
			r->type = RECORD_LOST;
			ck_assert_int_eq(store_event(store, RECORD_LOST, from, now), 0);
		} else {
			r->msgid = number(msgid);
			r->length = (uint32_t)snprintf(body[id], sizeof(body[id]), "%lu", (unsigned long)id);
			r->body = (const uint8_t *)body[id];
			const struct msg m = { .pair = 5, .id = r->msgid, .body = r->body, .length = r->length };
			ck_assert_int_eq(store_message(store, from, &m, now), STORE_ADDED);
		}
		if (rand() % 12 == 0)
			ck_assert_int_eq(store_commit(store), 0);
	}
	ck_assert_int_eq(store_commit(store), 0);
}

static void
begin(unsigned seed, bool down)
{
	static const struct store_limits roomy = { 1000, 1 << 20 };
	char note[STORE_NOTE], path[128];
	struct store *store;

	folder_make(dir);
	ck_assert_int_eq(store_open(&store, dir, &roomy, note), 0);
	fill(store, seed);
	store_close(store);
	(void)snprintf(path, sizeof(path), "%s/" STORE_FILE, dir);
	ck_assert_int_eq(database_open(&db, path, DATABASE_DURABLE, ""), 0);
	ck_assert_int_eq(scan_init(&scan, db, down), 0);
}

static void
teardown(void)
{
	scan_release(&scan);
	database_close(db);
	folder_remove(dir);
}

static void
expect(uint64_t id)
{
	const struct record *e = &expected[id];
	struct record r;

	ck_assert_int_eq(scan_next(&scan, &r), 1);
	ck_assert_uint_eq(r.id, id);
	ck_assert_uint_eq(r.type, e->type);
	ck_assert_int_eq(r.time_ms, e->time_ms);
	ck_assert_str_eq(r.peer.name, e->peer.name);
	ck_assert_str_eq(r.peer.account, e->peer.account);
	ck_assert_uint_eq(r.peer.uid, e->peer.uid);
	ck_assert(ident_equal(&r.msgid, &e->msgid));
	ck_assert_uint_eq(r.length, e->length);
	if (e->length > 0)
		ck_assert_mem_eq(r.body, e->body, e->length);
}

static void
expect_end(void)
{
	struct record r;

	ck_assert_int_eq(scan_next(&scan, &r), 0);
	scan_stop(&scan);
}

START_TEST(up_from_any_record)
{
	begin((unsigned)_i, false);
	for (uint64_t from = 0; from <= RECORDS + 1; from++) {
		scan_start(&scan, (int64_t)from, KINDS_ALL);
		for (uint64_t id = from > 0 ? from : 1; id <= RECORDS; id++)
			expect(id);
		expect_end();
	}
}
END_TEST

START_TEST(down_from_any_record)
{
	begin((unsigned)_i, true);
	for (uint64_t from = RECORDS + 2; from-- > 0;) {
		scan_start(&scan, from > RECORDS ? INT64_MAX : (int64_t)from, KINDS_ALL);
		for (uint64_t id = from > RECORDS ? RECORDS : from; id > 0; id--)
			expect(id);
		expect_end();
	}
}
END_TEST

START_TEST(messages_alone)
{
	begin((unsigned)_i, false);
	scan_start(&scan, 1, KIND_MESSAGES);
	for (uint64_t id = 1; id <= RECORDS; id++)
		if (expected[id].type == RECORD_MESSAGE)
			expect(id);
	expect_end();
}
END_TEST

START_TEST(damage_is_no_end)
{
	static const char *const damages[] = {
		"UPDATE record SET body = x'ffffffff' WHERE type = 64",
		"UPDATE record SET type = 63",
		"DELETE FROM stretch",
		"UPDATE record SET type = 0, body = zeroblob(65537)",
		"UPDATE record SET id = -id",
		"UPDATE record SET id = 9223372036854775807 WHERE id = 60",
		"UPDATE stretch SET count = 9223372036854775807 WHERE first_record > 1",
		"UPDATE stretch SET name = 'a b'",
		"UPDATE stretch SET name = ''",
	};
	struct record r;
	int rc;

	begin(1, false);
	ck_assert_int_eq(database_exec(db, damages[_i]), 0);
	scan_start(&scan, 1, KINDS_ALL);
	while ((rc = scan_next(&scan, &r)) > 0)
		continue;
	ck_assert_int_eq(rc, -EUCLEAN);
	scan_stop(&scan);
}
END_TEST

/*
 * A name that another release took, or that a daemon was believed: no record is lost for it, and what is shown is the
 * account. What has not even the form of a name is damage.
 */
START_TEST(names_of_other_tables)
{
	static const char *const accounts[] = { "al", "a b", "" };
	char sql[256], name[32];
	struct record r;
	int given = 0, rc;

	begin(1, false);
	(void)snprintf(sql, sizeof(sql),
	    "UPDATE record SET type = 8 WHERE type = 0;"
	    "UPDATE stretch SET name = CAST(x'78c29b33316d' AS TEXT), account = '%s'",
	    accounts[_i]);
	ck_assert_int_eq(database_exec(db, sql), 0);
	scan_start(&scan, 1, KINDS_ALL);
	for (; (rc = scan_next(&scan, &r)) > 0; given++) {
		(void)snprintf(name, sizeof(name), "uid-%u", (unsigned)r.peer.uid);
		ck_assert_str_eq(r.peer.name, r.type == RECORD_NOTE ? "" : _i == 0 ? "al" : name);
		name[3] = ' ';
		ck_assert_str_eq(r.peer.account, r.type == RECORD_NOTE && _i == 2 ? name : accounts[_i]);
	}
	ck_assert_int_eq(rc, 0);
	ck_assert_int_eq(given, RECORDS);
}
END_TEST

static int
count(const char *sql)
{
	sqlite3_stmt *q;
	int n;

	ck_assert_int_eq(database_prepare(db, &sql, &q, 1), 0);
	ck_assert_int_eq(database_row(q), 1);
	n = sqlite3_column_int(q, 0);
	database_finalize(&q, 1);
	return n;
}

/* The walk goes on behind a damaged row, and gives of it what stands before the damage. */
START_TEST(what_is_not_damaged_is_given)
{
	static const struct {
		const char *sql;
		const char *missing; /* how many records that costs */
		const char *damaged; /* and how many rows have it */
	} damages[] = {
		{ "UPDATE record SET body = x'ffffffff' || body WHERE type = 64 AND id % 2 = 0",
		    "SELECT sum((SELECT coalesce(min(n.id), 61) FROM record n WHERE n.id > r.id) - r.id) FROM record r"
		    " WHERE r.type = 64 AND r.id % 2 = 0",
		    "SELECT count(*) FROM record WHERE type = 64 AND id % 2 = 0" },
		{ "UPDATE record SET body = body || x'00' WHERE type = 64", "SELECT 0",
		    "SELECT count(*) FROM record WHERE type = 64" },
		{ "UPDATE record SET type = 63 WHERE type > 0 AND type < 64",
		    "SELECT count(*) FROM record WHERE type = 63", "SELECT count(*) FROM record WHERE type = 63" },
	};
	bool seen[RECORDS + 1] = { false };
	int given = 0, damaged = 0, rc;
	const bool down = _i & 1;
	struct record r;

	begin(1, down);
	ck_assert_int_eq(database_exec(db, damages[_i / 2].sql), 0);
	scan_start(&scan, down ? INT64_MAX : 1, KINDS_ALL);
	while ((rc = scan_next(&scan, &r)) != 0) {
		ck_assert(rc == 1 || rc == -EUCLEAN);
		damaged += rc < 0;
		if (rc < 0)
			continue;
		ck_assert(r.id >= 1 && r.id <= RECORDS && !seen[r.id]);
		ck_assert_uint_eq(r.length, expected[r.id].length);
		seen[r.id] = true;
		given++;
	}
	ck_assert_int_eq(scan_next(&scan, &r), 0);
	scan_stop(&scan);
	ck_assert_int_gt(damaged, 1);
	ck_assert_int_eq(damaged, count(damages[_i / 2].damaged));
	ck_assert_int_eq(given, RECORDS - count(damages[_i / 2].missing));
}
END_TEST

/* One that knows nothing of the record says nothing about the next one either. */
START_TEST(a_damaged_stretch_is_nobodys)
{
	struct record r;
	int rc;

	begin(1, false);
	ck_assert_int_eq(database_exec(db, "UPDATE stretch SET count = -6, first_record = -first_record"), 0);
	scan_start(&scan, 1, KINDS_ALL);
	while ((rc = scan_next(&scan, &r)) != 0)
		ck_assert_int_eq(rc, -EUCLEAN);
}
END_TEST

Suite *
scan_suite(void)
{
	Suite *s = suite_create("scan");
	TCase *t = tcase_create("records");

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_loop_test(t, up_from_any_record, 0, 10);
	tcase_add_loop_test(t, down_from_any_record, 0, 10);
	tcase_add_loop_test(t, messages_alone, 0, 10);
	tcase_add_loop_test(t, damage_is_no_end, 0, 9);
	tcase_add_loop_test(t, what_is_not_damaged_is_given, 0, 6);
	tcase_add_loop_test(t, names_of_other_tables, 0, 3);
	tcase_add_test(t, a_damaged_stretch_is_nobodys);
	suite_add_tcase(s, t);
	return s;
}
