/* Own records in the order of their ids, up and down, from anywhere. */
#include <check.h>
#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/database.h"
#include "folder.h"
#include "number.h"
#include "session/mailbox/sent_scan.h"
#include "session/mailbox/sentbox.h"
#include "trace.h"

static char dir[FOLDER_PATH], path[FOLDER_PATH + 16];
static struct sent_scan scan;
static sqlite3 *db;

/* "1" to "6" in two rows: to bob when the newest record of the inbox was 4, then to carol when it was 9. */
static void
setup(void)
{
	static const struct peer bob = { .name = "bob", .account = "bob" }, carol = { .name = "carol", .account = "c" };
	struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
	struct ident first;
	struct sentbox *box;

	folder_make(dir);
	(void)snprintf(path, sizeof(path), "%s/" SENTBOX_FILE, dir);
	box = sentbox_new(loop, dir);
	for (unsigned n = 1; n <= 6; n++) {
		char text[8];
		struct msg m = { .id = number(n), .body = (const uint8_t *)text };

		m.length = (uint32_t)snprintf(text, sizeof(text), "%u", n);
		sentbox_forwarded(box, &m);
		if (n != 4 && n != 6)
			continue;
		first = number(n == 4 ? 1 : 5);
		sentbox_acked(box, &first, n == 4 ? 4 : 2, n == 4 ? &bob : &carol, n == 4 ? 4 : 9);
		sentbox_flush(box);
	}
	sentbox_free(box);
	ev_loop_destroy(loop);
	ck_assert_int_eq(database_open(&db, path, DATABASE_READER, "BEGIN"), 0);
	trace_clear();
}

static void
teardown(void)
{
	sent_scan_release(&scan);
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
	folder_remove(dir);
}

static void
all(void)
{
	struct record r;
	int rc;

	while ((rc = sent_scan_next(&scan, &r)) > 0) {
		ck_assert(r.own && r.type == RECORD_MESSAGE);
		trace("%u %.*s %s after %u", (unsigned)r.id, (int)r.length, (const char *)r.body, r.peer.name,
		    (unsigned)scan.after);
	}
	ck_assert_int_eq(rc, 0);
}

START_TEST(up)
{
	ck_assert_int_eq(sent_scan_init(&scan, db, false), 0);
	sent_scan_start(&scan, 1);
	all();
	trace_is("1 1 bob after 4; 2 2 bob after 4; 3 3 bob after 4; 4 4 bob after 4; 5 5 carol after 9; 6 6 carol "
		 "after 9");
	sent_scan_start(&scan, 4);
	all();
	trace_is("4 4 bob after 4; 5 5 carol after 9; 6 6 carol after 9");
	sent_scan_start(&scan, 7);
	all();
	trace_is("");
}
END_TEST

START_TEST(down)
{
	ck_assert_int_eq(sent_scan_init(&scan, db, true), 0);
	sent_scan_start(&scan, INT64_MAX);
	all();
	trace_is("6 6 carol after 9; 5 5 carol after 9; 4 4 bob after 4; 3 3 bob after 4; 2 2 bob after 4; 1 1 bob "
		 "after 4");
	sent_scan_start(&scan, 2);
	all();
	trace_is("2 2 bob after 4; 1 1 bob after 4");
}
END_TEST

START_TEST(those_that_hold_a_text)
{
	struct needle needle;

	ck_assert_int_eq(sent_scan_init(&scan, db, false), 0);
	needle_init(&needle, "5");
	sent_scan_seek(&scan, &needle);
	sent_scan_start(&scan, 1);
	all();
	trace_is("5 5 carol after 9");
}
END_TEST

Suite *
sent_scan_suite(void)
{
	Suite *s = suite_create("sent_scan");
	TCase *tc = tcase_create("sent_scan");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, up);
	tcase_add_test(tc, down);
	tcase_add_test(tc, those_that_hold_a_text);
	suite_add_tcase(s, tc);
	return s;
}
