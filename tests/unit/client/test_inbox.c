/* What a chat reads, in an event loop, from a helper that the test plays. */
#include <check.h>
#include <string.h>
#include <unistd.h>

#include "client/inbox.h"
#include "client/peer.h"
#include "folder.h"
#include "net/loop.h"
#include "net/stream.h"
#include "proto/feature.h"
#include "trace.h"

static char dir[FOLDER_PATH];
static struct ev_loop *loop;
static struct inbox *inbox;
static struct link l;
static int output; /* what shown() returns */

static void
record(void *context, const struct record *r)
{
	(void)context;
	trace("%u", (unsigned)r->id);
}

static void
said(void *context, const struct record *r, uint64_t missed)
{
	(void)context;
	trace("said %u, missed %u", (unsigned)r->id, (unsigned)missed);
}

static int
shown(void *context)
{
	(void)context;
	trace("shown");
	return output;
}

static void
listens(void *context, bool more)
{
	(void)context;
	trace("listens%s", more ? ", more" : "");
}

static void
caught_up(void *context)
{
	(void)context;
	trace("caught up");
}

static void
over(void *context, enum verdict v)
{
	(void)context;
	trace("over %u", v);
}

static void
lost(void *context)
{
	(void)context;
	trace("lost");
}

static void
setup(void)
{
	static const struct inbox_class class = { record, said, shown, listens, caught_up, over, lost };

	trace_clear();
	output = 0;
	folder_make(dir);
	loop = loop_new();
	ck_assert_int_eq(stream_setup(loop), 0);
	peer_listen(&l, dir);
	inbox = inbox_new(loop, &l, &class, NULL);
	ck_assert_ptr_nonnull(inbox);
}

static void
teardown(void)
{
	inbox_free(inbox);
	inbox_free(NULL);
	(void)ev_run(loop, EVRUN_NOWAIT);
	peer_close();
	(void)close(l.dir.fd);
	stream_teardown(loop);
	ev_loop_destroy(loop);
	folder_remove(dir);
}

static void
turn(void)
{
	for (int i = 0; i < 4; i++)
		(void)ev_run(loop, EVRUN_NOWAIT);
}

static void
begin(void)
{
	ck_assert(inbox_reconnect(inbox));
	turn();
	peer_accept();
}

static void
expect_read(uint32_t flags, uint64_t after)
{
	struct control_message m;

	ck_assert(peer_heard(&m));
	ck_assert_int_eq(m.type, CONTROL_READ);
	ck_assert_uint_eq(m.u.read.flags, flags);
	ck_assert_uint_eq(m.u.read.after, after);
}

static void
expect_done(uint64_t last)
{
	struct control_message m;

	ck_assert(peer_heard(&m));
	ck_assert_int_eq(m.type, CONTROL_DONE);
	ck_assert_uint_eq(m.u.done.last, last);
	ck_assert(!m.u.done.single);
}

static void
give(uint64_t id, bool own)
{
	const struct control_message m = { .type = CONTROL_RECORD,
		.u.record = { .id = id,
		    .type = RECORD_MESSAGE,
		    .own = own,
		    .peer = { .name = "bob", .account = "bob" },
		    .body = (const uint8_t *)"text",
		    .length = 4 } };

	peer_says(&m);
}

static void
end(enum verdict v, uint64_t last, bool more, bool follows)
{
	const struct control_message m = { .type = CONTROL_READ_END,
		.u.read_end = { .verdict = (uint8_t)v, .last = last, .more = more, .follows = follows } };

	peer_says(&m);
	turn();
}

START_TEST(batches)
{
	begin();
	ck_assert_uint_eq(l.features, 0);
	expect_read(READ_NOTES, 0);
	give(1, false);
	give(2, false);
	end(VERDICT_OK, 2, true, false);
	trace_is("1; 2; shown");
	expect_done(2);
	expect_read(READ_NOTES, 0);
	end(VERDICT_NOTHING, 0, false, false);
	trace_is("shown; caught up");
	expect_read(READ_NOTES | READ_WAIT, 0);
	give(3, false);
	end(VERDICT_OK, 3, false, false);
	trace_is("3; shown"); /* it catches up once */
	expect_done(3);
	expect_read(READ_NOTES | READ_WAIT, 0);
	ck_assert(!inbox_follows(inbox));
}
END_TEST

/* What could not be shown is not marked read. */
START_TEST(output_fails)
{
	struct control_message m;

	begin();
	expect_read(READ_NOTES, 0);
	output = -1;
	give(1, false);
	end(VERDICT_OK, 1, false, false);
	trace_is("1; shown; over 30");
	ck_assert(!peer_heard(&m));
	ck_assert(inbox_reconnect(inbox)); /* nothing more to come */
	peer_close();
	turn();
	trace_is("");
}
END_TEST

START_TEST(the_session_ends)
{
	begin();
	end(VERDICT_NO_SESSION, 0, false, false);
	trace_is("over 27");
}
END_TEST

/* What was shown before the helper died is not shown twice. */
START_TEST(the_helper_dies)
{
	begin();
	give(1, false);
	peer_close();
	turn();
	trace_is("1; lost");
	ck_assert(!inbox_reconnect(inbox));
	(void)close(l.dir.fd);
	peer_listen(&l, dir);
	begin();
	expect_read(READ_NOTES, 0);
	give(1, false);
	give(2, false);
	end(VERDICT_OK, 2, false, false);
	trace_is("2; shown; caught up");
	expect_done(2);
}
END_TEST

START_TEST(an_older_helper)
{
	const struct control_message bye = { .type = CONTROL_BYE, .u.bye.reason = BYE_MALFORMED };

	begin();
	peer_says(&bye);
	peer_close();
	turn();
	trace_is("lost");
	(void)close(l.dir.fd);
	peer_listen(&l, dir);
	begin();
	expect_read(0, 0); /* which it knows */
}
END_TEST

/* What is new, whoever reads it, and what is said. Held: what was unread is given, and not shown yet. */
START_TEST(it_follows)
{
	struct control_message m;

	inbox_follow(inbox, 5);
	inbox_hold(inbox);
	begin();
	expect_read(READ_NOTES, 0);
	give(4, false);
	give(6, false); /* came since the start: with what follows */
	end(VERDICT_OK, 6, true, true);
	trace_is("4; listens");
	ck_assert(inbox_follows(inbox));
	ck_assert(!peer_heard(&m));
	inbox_go_on(inbox);
	trace_is("shown; caught up");
	inbox_go_on(inbox);
	turn();
	trace_is("");
	expect_done(4);
	expect_read(READ_NOTES | READ_WAIT, 5);
	give(6, false);
	give(10, true);
	give(13, true);
	end(VERDICT_OK, 6, false, true);
	trace_is("6; said 10, missed 0; said 13, missed 2; shown");
	expect_done(6);
	expect_read(READ_NOTES | READ_WAIT, 6);
}
END_TEST

/* The helper dies while it is held: what was given once is not given again, and is marked by what the next one says. */
START_TEST(held_without_a_helper)
{
	struct control_message m;

	inbox_follow(inbox, 5);
	inbox_hold(inbox);
	begin();
	give(3, false);
	end(VERDICT_OK, 3, true, true);
	trace_is("3; listens, more");
	peer_close();
	turn();
	trace_is("lost");
	inbox_go_on(inbox);
	trace_is("");
	(void)close(l.dir.fd);
	peer_listen(&l, dir);
	begin();
	expect_read(READ_NOTES, 0);
	give(3, false);
	give(4, false);
	end(VERDICT_OK, 4, false, true);
	trace_is("4; shown; caught up");
	expect_done(4);
	ck_assert(peer_heard(&m));
}
END_TEST

Suite *
inbox_suite(void)
{
	Suite *s = suite_create("inbox");
	TCase *tc = tcase_create("inbox");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, batches);
	tcase_add_test(tc, output_fails);
	tcase_add_test(tc, the_session_ends);
	tcase_add_test(tc, the_helper_dies);
	tcase_add_test(tc, an_older_helper);
	tcase_add_test(tc, it_follows);
	tcase_add_test(tc, held_without_a_helper);
	suite_add_tcase(s, tc);
	return s;
}
