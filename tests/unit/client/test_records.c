/* A batch of records, and that it was shown, asked of a helper that the test plays. */
#include <check.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "client/peer.h"
#include "client/records.h"
#include "trace.h"

static struct link l;
static const struct control_message request = { .type = CONTROL_READ, .u.read.limit = 5 };

static void
setup(void)
{
	trace_clear();
	peer_open(&l);
}

static void
teardown(void)
{
	peer_close();
	link_close(&l);
}

static void
show(const struct record *r, void *context)
{
	(void)context;
	trace("%u %.*s", (unsigned)r->id, (int)r->length, (const char *)r->body);
}

static void
give(uint64_t id, const char *text)
{
	const struct control_message m = { .type = CONTROL_RECORD,
		.u.record = { .id = id,
		    .type = RECORD_MESSAGE,
		    .peer = { .name = "bob", .account = "bob" },
		    .body = (const uint8_t *)text,
		    .length = (uint32_t)strlen(text) } };

	peer_says(&m);
}

static enum verdict
batch(struct control_message *end)
{
	return records_batch(&l, &request, deadline_in(60000), show, NULL, end);
}

START_TEST(a_batch)
{
	const struct control_message end = { .type = CONTROL_READ_END, .u.read_end = { .count = 2, .last = 8 } },
				     notice = { .type = CONTROL_CHANGED, .u.state.self.name = "alice" };
	struct control_message m;

	give(7, "one");
	peer_says(&notice); /* is for others */
	give(8, "two");
	peer_says(&end);
	ck_assert_int_eq(batch(&m), VERDICT_OK);
	ck_assert_uint_eq(m.u.read_end.last, 8);
	trace_is("7 one; 8 two");
	ck_assert(peer_heard(&m));
	ck_assert_int_eq(m.type, CONTROL_READ);
	ck_assert_uint_eq(m.u.read.limit, 5);
	ck_assert(!peer_heard(&m));
}
END_TEST

START_TEST(no_batch)
{
	const struct control_message nothing = { .type = CONTROL_READ_END, .u.read_end.verdict = VERDICT_NOTHING },
				     refused = { .type = CONTROL_OUTCOME,
					     .u.outcome = { .verdict = VERDICT_STORAGE, .words = "no disk" } };
	struct control_message m;

	peer_says(&nothing);
	ck_assert_int_eq(batch(&m), VERDICT_NOTHING);
	peer_says(&refused);
	ck_assert_int_eq(batch(&m), VERDICT_STORAGE);
	ck_assert_str_eq(l.words, "no disk");
	ck_assert_int_eq(records_batch(&l, &request, deadline_in(0), show, NULL, &m), VERDICT_TIMED_OUT);
	trace_is("");
	peer_close();
	ck_assert_int_eq(batch(&m), VERDICT_STALE);
}
END_TEST

START_TEST(they_were_shown)
{
	const struct control_message ok = { .type = CONTROL_OUTCOME };
	struct control_message m;

	peer_says(&ok);
	ck_assert_int_eq(records_done(&l, 8, true, deadline_in(60000)), VERDICT_OK);
	ck_assert(peer_heard(&m));
	ck_assert_int_eq(m.type, CONTROL_DONE);
	ck_assert_uint_eq(m.u.done.last, 8);
	ck_assert(m.u.done.single);
	peer_close();
	ck_assert_int_eq(records_done(&l, 9, false, deadline_in(60000)), VERDICT_STALE);
}
END_TEST

/* Who reads our output goes away when it has all: whether that is marked is to be known all the same. */
START_TEST(they_were_shown_to_one_who_is_gone)
{
	const struct control_message ok = { .type = CONTROL_OUTCOME };
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	(void)close(fds[0]);
	l.watch = fds[1];
	ck_assert_int_eq(records_done(&l, 8, false, deadline_in(0)), VERDICT_TIMED_OUT);
	peer_says(&ok);
	ck_assert_int_eq(records_done(&l, 8, false, deadline_in(60000)), VERDICT_OK);
	ck_assert_int_eq(l.watch, fds[1]);
	(void)close(fds[1]);
}
END_TEST

/* Both requests are there before the first is answered, and each has its answer. */
START_TEST(they_were_shown_and_more_is_asked_for)
{
	const struct control_message ok = { .type = CONTROL_OUTCOME },
				     end = { .type = CONTROL_READ_END, .u.read_end = { .count = 1, .last = 9 } };
	struct control_message m;

	peer_says(&ok);
	ck_assert_int_eq(records_done_and_ask(&l, 8, &request, deadline_in(60000)), VERDICT_OK);
	ck_assert(peer_heard(&m));
	ck_assert_int_eq(m.type, CONTROL_DONE);
	ck_assert_uint_eq(m.u.done.last, 8);
	ck_assert(!m.u.done.single);
	ck_assert(peer_heard(&m));
	ck_assert_int_eq(m.type, CONTROL_READ);
	ck_assert_uint_eq(m.u.read.limit, 5);
	give(9, "three");
	peer_says(&end);
	ck_assert_int_eq(records_answer(&l, deadline_in(60000), show, NULL, &m), VERDICT_OK);
	ck_assert_uint_eq(m.u.read_end.last, 9);
	trace_is("9 three");
	ck_assert(!peer_heard(&m));
	peer_close();
	ck_assert_int_eq(records_done_and_ask(&l, 9, &request, deadline_in(60000)), VERDICT_STALE);
}
END_TEST

Suite *
records_suite(void)
{
	Suite *s = suite_create("records");
	TCase *tc = tcase_create("records");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_batch);
	tcase_add_test(tc, no_batch);
	tcase_add_test(tc, they_were_shown);
	tcase_add_test(tc, they_were_shown_to_one_who_is_gone);
	tcase_add_test(tc, they_were_shown_and_more_is_asked_for);
	suite_add_tcase(s, tc);
	return s;
}
