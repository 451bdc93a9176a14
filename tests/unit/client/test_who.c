/* The list of who is online, page by page, from a helper that the test plays. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "client/peer.h"
#include "client/who.h"
#include "trace.h"

static struct link l;
static struct who_list list;
static struct upstream_message page;
static uint8_t room[WHO_PAGE_BYTES];

static void
setup(void)
{
	trace_clear();
	peer_open(&l);
	page = (struct upstream_message){ .type = UPSTREAM_WHO_PAGE };
}

static void
teardown(void)
{
	who_release(&list);
	who_release(&list);
	peer_close();
	link_close(&l);
}

static void
online(const char *name, const char *account)
{
	struct who_entry e = { .peer.uid = 1001, .reachable = true, .since_ms = 5 };

	(void)snprintf(e.peer.name, sizeof(e.peer.name), "%s", name);
	(void)snprintf(e.peer.account, sizeof(e.peer.account), "%s", account);
	ck_assert(who_page_add(&page.u.who_page, room, &e));
}

static void
give_page(uint32_t next)
{
	static uint8_t frame[FRAME_MAX];

	page.u.who_page.next = next;
	peer_writes(frame, upstream_encode(&page, frame, sizeof(frame)));
	page = (struct upstream_message){ .type = UPSTREAM_WHO_PAGE };
}

static void
expect_cursor(uint32_t cursor)
{
	struct control_message m;

	ck_assert(peer_heard(&m));
	ck_assert_int_eq(m.type, CONTROL_WHO);
	ck_assert_uint_eq(m.u.who.cursor, cursor);
}

static void
expect_names(const char *names)
{
	trace_clear();
	for (size_t i = 0; i < list.count; i++)
		trace("%s (%s)", list.row[i].name, list.row[i].account);
	trace_is(names);
}

START_TEST(all_pages)
{
	online("dave", "dave");
	online("Bob", "robert");
	give_page(7);
	online("alice", "uid 1001");
	give_page(0);
	ck_assert_int_eq(who_fetch(&list, &l, "", deadline_in(60000)), VERDICT_OK);
	expect_names("alice (uid 1001); Bob (robert); dave (dave)");
	ck_assert_uint_eq(list.row[0].uid, 1001);
	ck_assert(list.row[0].reachable);
	ck_assert_int_eq(list.row[0].since_ms, 5);
	expect_cursor(0);
	expect_cursor(7);
}
END_TEST

START_TEST(those_that_begin_so)
{
	online("bob", "bob");
	online("BOBBY", "bob");
	online("rob", "rob");
	online("bo\u0443", "bob"); /* of two scripts, so no name: is shown to nobody */
	give_page(0);
	ck_assert_int_eq(who_fetch(&list, &l, "Bo", deadline_in(60000)), VERDICT_OK);
	expect_names("bob (bob); BOBBY (bob)");
}
END_TEST

/* More than one block of text holds. */
START_TEST(many)
{
	char name[16], expected[16];

	for (unsigned p = 0; p < 20; p++) {
		for (unsigned i = 0; i < 60; i++) {
			(void)snprintf(name, sizeof(name), "n%04u", 1199 - (p * 60 + i));
			online(name, "an-account-of-some-length");
		}
		give_page(p == 19 ? 0 : p + 1);
	}
	ck_assert_int_eq(who_fetch(&list, &l, "", deadline_in(60000)), VERDICT_OK);
	ck_assert_uint_eq(list.count, 1200);
	for (unsigned i = 0; i < 1200; i++) {
		(void)snprintf(expected, sizeof(expected), "n%04u", i);
		ck_assert_str_eq(list.row[i].name, expected);
		ck_assert_str_eq(list.row[i].account, "an-account-of-some-length");
	}
}
END_TEST

START_TEST(refused)
{
	const struct control_message m = { .type = CONTROL_OUTCOME,
		.u.outcome = { .verdict = VERDICT_RATE, .words = "too many" } };
	static const uint8_t strange[FRAME_HEADER] = { 0 };

	peer_says(&m);
	ck_assert_int_eq(who_fetch(&list, &l, "", deadline_in(60000)), VERDICT_RATE);
	ck_assert_str_eq(l.words, "too many");
	ck_assert_int_eq(who_fetch(&list, &l, "", deadline_in(0)), VERDICT_TIMED_OUT);
	peer_writes(strange, sizeof(strange));
	ck_assert_int_eq(who_fetch(&list, &l, "", deadline_in(60000)), VERDICT_FAILED);
	ck_assert_uint_eq(list.count, 0);
}
END_TEST

/* The entries are looked at as they are taken: those in front of the damage, too, are not counted on. */
START_TEST(damaged)
{
	static const struct {
		const char *name, *body;
		uint32_t length;
	} t[] = {
		{ "half an entry", "\0\0\0\0\2\0\1a\1a1234\0\0........\1b\1b12", 30 },
		{ "fewer entries than it says", "\0\0\0\0\2\0\1a\1a1234\0\0........", 24 },
		{ "more entries than it says", "\0\0\0\0\0\0\1a\1a1234\0\0........", 24 },
		{ "no such state", "\0\0\0\0\1\0\1a\1a1234\3\0........", 24 },
		{ "a name that is none", "\0\0\0\0\1\0\1-\1a1234\0\0........", 24 },
		{ "far too many entries", "\0\0\0\0\1\1\1a\1a1234\0\0........", 24 },
		{ "no outline", "\0\0\0\0\1", 5 },
	};
	uint8_t frame[FRAME_HEADER + 32];

	frame_header(frame, UPSTREAM_WHO_PAGE, t[_i].length);
	memcpy(frame + FRAME_HEADER, t[_i].body, t[_i].length);
	peer_writes(frame, FRAME_HEADER + t[_i].length);
	ck_assert_msg(who_fetch(&list, &l, "", deadline_in(60000)) == VERDICT_FAILED, "%s", t[_i].name);
	expect_cursor(0);
}
END_TEST

Suite *
who_suite(void)
{
	Suite *s = suite_create("who");
	TCase *tc = tcase_create("who");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, all_pages);
	tcase_add_test(tc, those_that_begin_so);
	tcase_add_test(tc, many);
	tcase_add_test(tc, refused);
	tcase_add_loop_test(tc, damaged, 0, 7);
	suite_add_tcase(s, tc);
	return s;
}
