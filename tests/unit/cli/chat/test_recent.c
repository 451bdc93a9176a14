/* What a chat shows first: what was said before above, what was unread below, told apart by ids. The test plays the helper. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "capture.h"
#include "cli/chat/chat.h"
#include "cli/output/format.h"
#include "cli/output/output.h"
#include "client/peer.h"
#include "folder.h"
#include "net/loop.h"
#include "net/stream.h"
#include "proto/feature.h"

static char dir[FOLDER_PATH];
static struct chat chat;
static struct options options;
static struct link l;

static void
own_shown(void *context, const char *text, size_t len, int64_t time_ms)
{
	(void)context, (void)text, (void)len, (void)time_ms;
}

static void
setup(void)
{
	(void)setenv("TZ", "UTC", 1);
	tzset();
	format_text_setup(false);
	folder_make(dir);
	peer_listen(&l, dir);
	memset(&chat, 0, sizeof(chat));
	chat.loop = loop_new();
	ck_assert_int_eq(stream_setup(chat.loop), 0);
	chat.link = &l;
	chat.opt = &options;
	chat.known = true;
	(void)snprintf(chat.state.u.state.self.name, NAME_MAX_LEN + 1, "alice");
	(void)snprintf(chat.state.u.state.partner.name, NAME_MAX_LEN + 1, "bob");
	ck_assert_ptr_nonnull(chat.recent = recent_new(&chat));
	ck_assert_ptr_nonnull(chat.own = own_new(own_shown, &chat));
	capture_begin(STDOUT_FILENO);
}

static void
teardown(void)
{
	(void)capture_end();
	recent_free(chat.recent);
	recent_free(NULL);
	own_free(chat.own);
	(void)ev_run(chat.loop, EVRUN_NOWAIT);
	peer_close();
	(void)close(l.dir.fd);
	stream_teardown(chat.loop);
	ev_loop_destroy(chat.loop);
	folder_remove(dir);
}

static void
turn(void)
{
	for (int i = 0; i < 4; i++)
		(void)ev_run(chat.loop, EVRUN_NOWAIT);
}

static struct record
message(uint64_t id, const char *text)
{
	return (struct record){ .id = id,
		.type = RECORD_MESSAGE,
		.peer = { .name = "bob", .account = "bob" },
		.msgid.b = { (uint8_t)id },
		.body = (const uint8_t *)text,
		.length = (uint32_t)strlen(text) };
}

static void
found(uint64_t id, bool own, const char *text)
{
	struct control_message m = { .type = CONTROL_RECORD, .u.record = message(id, text) };

	m.u.record.own = own;
	peer_says(&m);
}

static void
found_all(void)
{
	const struct control_message m = { .type = CONTROL_READ_END };

	peer_says(&m);
	turn();
}

static void
expect_history(uint32_t limit, bool notes)
{
	struct control_message m;

	turn();
	peer_accept();
	ck_assert(peer_heard(&m));
	ck_assert_int_eq(m.type, CONTROL_HISTORY);
	ck_assert_uint_eq(m.u.history.limit, limit);
	ck_assert_str_eq(m.u.history.partner, "bob");
	ck_assert_int_eq(m.u.history.notes, notes);
}

/* What was shown, without its times. */
static void
expect_shown(const char *expected)
{
	static const char time[] = "[1970-01-01 00:00:00] ";
	char text[2048] = "";
	const char *p;

	(void)output_flush();
	for (p = capture_end(); *p; p += strlen(p) > 0) {
		while (strncmp(p, time, sizeof(time) - 1) == 0)
			p += sizeof(time) - 1;
		text[strlen(text)] = *p;
	}
	ck_assert_str_eq(text, expected);
	capture_begin(STDOUT_FILENO);
}

START_TEST(above_and_below)
{
	const struct record unread = message(4, "unread"), later = message(7, "later");
	const struct ident own = { .b = { 9 } };

	recent_begin(chat.recent, 5, 1);
	ck_assert(recent_hold(chat.recent, &unread));
	recent_look(chat.recent, false);
	expect_history(75, true);
	found(3, false, "read");
	found(4, false, "unread");
	found(9, true, "own");
	found(5, false, "read before it");
	found(6, false, "arrived meanwhile");
	ck_assert(!recent_showed(chat.recent, &own));
	expect_shown("");
	found_all();
	expect_shown("bob: read\nalice to bob: own\nbob: read before it\n--- new ---\nbob: unread\n");
	ck_assert(recent_showed(chat.recent, &own));
	ck_assert(!recent_hold(chat.recent, &later));
	recent_before(chat.recent, &later);
	expect_shown(""); /* they are parted already */
}
END_TEST

/* Nothing was unread, and something came while it was looked up. */
START_TEST(what_came_meanwhile_is_new)
{
	struct record r = message(6, "arrived meanwhile");

	recent_begin(chat.recent, 5, 0);
	recent_look(chat.recent, false);
	expect_history(74, true);
	found(6, false, "arrived meanwhile");
	found_all();
	expect_shown("");
	r.own = true;
	recent_before(chat.recent, &r);
	r.own = false;
	r.type = RECORD_LOST;
	recent_before(chat.recent, &r);
	expect_shown("");
	r.type = RECORD_MESSAGE;
	recent_before(chat.recent, &r);
	expect_shown("--- new ---\n");
	recent_before(chat.recent, &r);
	expect_shown("");
}
END_TEST

START_TEST(what_comes_later_is_not)
{
	struct record r = message(6, "later");

	recent_begin(chat.recent, 5, 0);
	recent_look(chat.recent, false);
	expect_history(74, true);
	found_all();
	r.time_ms = clock_wall_ms() + 10000;
	recent_before(chat.recent, &r);
	r.time_ms = 0;
	recent_before(chat.recent, &r);
	expect_shown("");
}
END_TEST

/* More is unread than was given at first: what is newer than that is not shown above it. */
START_TEST(more_is_unread)
{
	const struct record unread = message(2, "unread");

	recent_begin(chat.recent, 5, 3);
	ck_assert(recent_hold(chat.recent, &unread));
	recent_look(chat.recent, true);
	expect_history(77, true);
	for (uint64_t id = 1; id <= 5; id++)
		found(id, false, id == 1 ? "read" : "unread");
	found_all();
	expect_shown("bob: read\n--- new ---\nbob: unread\n");
}
END_TEST

START_TEST(the_latest_ten)
{
	char text[2] = "a", expected[256] = "";

	recent_begin(chat.recent, 20, 0);
	recent_look(chat.recent, false);
	expect_history(74, true);
	for (uint64_t id = 1; id <= 15; id++, text[0]++) {
		found(id, id % 2, text);
		if (id > 5)
			(void)snprintf(expected + strlen(expected), sizeof(expected) - strlen(expected), "%s: %s\n",
			    id % 2 ? "alice to bob" : "bob", text);
	}
	found_all();
	expect_shown(expected);
}
END_TEST

/* What this chat says itself is shown where it says it. */
START_TEST(own_lines_of_this_chat)
{
	const struct deliver_line line = { .text = "x", .len = 1, .id = { .b = { 1 } } };
	const struct ident noted = { .b = { 2 } };

	ck_assert(!own_delivered(chat.own, &line, true));
	recent_note(chat.recent, &noted);
	recent_begin(chat.recent, 0, 0);
	recent_look(chat.recent, false);
	expect_history(74, true);
	for (uint64_t id = 1; id <= 3; id++)
		found(id, true, id < 3 ? "here" : "elsewhere");
	found_all();
	expect_shown("alice to bob: elsewhere\n");
	for (unsigned i = 0; i < 64; i++)
		recent_note(chat.recent, &line.id);
	ck_assert(!recent_showed(chat.recent, &noted)); /* the latest are known */
}
END_TEST

/* What is new is shown whatever becomes of the look. */
START_TEST(nothing_found)
{
	const struct control_message bye = { .type = CONTROL_BYE, .u.bye.reason = BYE_MALFORMED };
	const struct record unread = message(1, "unread");

	recent_begin(chat.recent, 1, 1);
	ck_assert(recent_hold(chat.recent, &unread));
	recent_look(chat.recent, false);
	ck_assert_uint_eq(l.features, 0);
	expect_history(75, true);
	found(1, false, "unread");
	peer_says(&bye); /* an older helper: it is asked for what it has */
	peer_close();
	(void)close(l.dir.fd);
	peer_listen(&l, dir);
	chat.link = &l;
	turn();
	expect_history(75, false);
	expect_shown("");
	peer_close();
	turn();
	expect_shown("bob: unread\n");
}
END_TEST

START_TEST(nothing_to_look_for)
{
	const struct record unread = message(1, "unread");

	recent_begin(chat.recent, 1, 1000);
	ck_assert(recent_hold(chat.recent, &unread));
	recent_look(chat.recent, false);
	expect_shown("bob: unread\n");
}
END_TEST

Suite *
recent_suite(void)
{
	Suite *s = suite_create("recent");
	TCase *tc = tcase_create("recent");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, above_and_below);
	tcase_add_test(tc, what_came_meanwhile_is_new);
	tcase_add_test(tc, what_comes_later_is_not);
	tcase_add_test(tc, more_is_unread);
	tcase_add_test(tc, the_latest_ten);
	tcase_add_test(tc, own_lines_of_this_chat);
	tcase_add_test(tc, nothing_found);
	tcase_add_test(tc, nothing_to_look_for);
	suite_add_tcase(s, tc);
	return s;
}
