/* Commands that read, between an inbox of five records and connections that are made of nothing but a trace. */
#include <check.h>
#include <errno.h>
#include <string.h>

#include "session/control/reading.h"
#include "trace.h"

static struct reading *r;
static uint64_t newest, read_up_to;
static int failure;
static unsigned asked_kinds;

static int
read_inbox(void *context, uint64_t after, unsigned kinds, bool (*fn)(const struct record *r, void *fn_context),
    void *fn_context)
{
	struct record record = { .length = 10 };

	(void)context;
	asked_kinds = kinds;
	for (record.id = (after > read_up_to ? after : read_up_to) + 1; record.id <= newest; record.id++)
		if (!fn(&record, fn_context))
			break;
	return failure;
}

static int
follow_inbox(void *context, uint64_t after, unsigned kinds, bool (*fn)(const struct record *r, void *fn_context),
    void *fn_context)
{
	struct record record = { .length = 10 };

	(void)context;
	asked_kinds = kinds;
	for (record.id = after + 1; record.id <= newest; record.id++)
		if (!fn(&record, fn_context))
			break;
	return failure;
}

static int
mark(void *context, uint64_t last, unsigned kinds)
{
	(void)context;
	trace("%s %u", kinds == 0 ? "take" : "mark", (unsigned)last);
	ck_assert(kinds == 0 || kinds == asked_kinds);
	if (failure == 0 && kinds != 0)
		read_up_to = last;
	return failure;
}

static void
failed(void *context, int error)
{
	(void)context;
	trace("failed %d", error);
}

static void
begin(void *context, uint32_t client)
{
	(void)context;
	trace("%u:", client);
}

static void
record(void *context, uint32_t client, const struct control_message *m)
{
	(void)context, (void)client;
	trace("%s%u", m->u.record.own ? "own " : "", (unsigned)m->u.record.id);
}

static void
end(void *context, uint32_t client, const struct control_message *m)
{
	(void)context, (void)client;
	if (m)
		trace("end %u last %u verdict %u%s", m->u.read_end.count, (unsigned)m->u.read_end.last,
		    m->u.read_end.verdict, m->u.read_end.more ? " more" : "");
	else
		trace("waits");
}

static void
marked(void *context, uint32_t client, enum verdict v)
{
	(void)context;
	trace("marked %u %d", client, (int)v);
}

static const struct reading_class class = { read_inbox, mark, follow_inbox, failed, begin, record, end, marked };

static void
setup(void)
{
	trace_clear();
	newest = 2;
	read_up_to = 0;
	failure = 0;
	r = reading_new(&class, NULL);
	ck_assert_ptr_nonnull(r);
}

static void
teardown(void)
{
	reading_free(r);
	reading_free(NULL);
}

static void
ask(uint32_t client, uint8_t flags, uint32_t limit, uint64_t after)
{
	const struct control_message m = { .type = CONTROL_READ,
		.u.read = { .flags = flags, .limit = limit, .after = after } };

	reading_read(r, client, &m);
}

static void
done(uint32_t client, uint64_t last, bool single)
{
	const struct control_message m = { .type = CONTROL_DONE, .u.done = { .last = last, .single = single } };

	reading_done(r, client, &m);
}

/* What is asked for is what is marked. */
START_TEST(test_reading_kinds)
{
	static const struct {
		uint8_t flags;
		unsigned kinds;
	} rows[] = {
		{ 0, KIND_MESSAGES | KIND_EVENTS }, /* of an older command */
		{ READ_NOTES, KINDS_ALL & ~(unsigned)KIND_OFFERS },
		{ READ_NOTES | READ_OFFERS, KINDS_ALL },
		{ READ_MESSAGES | READ_OFFERS, KIND_MESSAGES },
		{ READ_MESSAGES, KIND_MESSAGES },
		{ READ_MESSAGES | READ_NOTES, KIND_MESSAGES | KIND_NOTES },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		read_up_to = 0;
		ask(0, rows[i].flags, 0, 0);
		ck_assert_uint_eq(asked_kinds, rows[i].kinds);
		done(0, 2, false);
	}
}
END_TEST

START_TEST(test_reading_gives_what_is_there)
{
	ask(0, 0, 0, 0);
	trace_is("0:; 1; 2; end 2 last 2 verdict 0");
	done(0, 2, false);
	trace_is("mark 2; marked 0 0");
	ask(0, 0, 0, 0);
	trace_is("0:; end 0 last 0 verdict 28");
}
END_TEST

START_TEST(test_reading_marks_later)
{
	ask(0, 0, 0, 0);
	ask(1, 0, 0, 0);
	trace_is("0:; 1; 2; end 2 last 2 verdict 0");
	failure = READING_LATER;
	done(0, 2, false);
	trace_is("mark 2"); /* nobody else is given it meanwhile */
	ask(2, READ_PEEK, 0, 0);
	trace_clear();
	failure = 0;
	reading_go_on(r);
	trace_is("mark 2; marked 0 0; 1:; end 0 last 0 verdict 28");
	reading_go_on(r);
	trace_is("");
}
END_TEST

/* It has taken them, and said so: nobody is given them once more because it does not wait for the answer. */
START_TEST(test_reading_marks_later_what_one_took_that_is_gone)
{
	ask(0, 0, 0, 0);
	failure = READING_LATER;
	done(0, 2, false);
	reading_forget(r, 0);
	trace_clear();
	ask(0, 0, 0, 0); /* another one */
	trace_is("");
	reading_go_on(r); /* not yet */
	trace_is("mark 2");
	failure = 0;
	reading_go_on(r);
	trace_is("mark 2; 0:; end 0 last 0 verdict 28");
	reading_go_on(r);
	trace_is("");
}
END_TEST

/* Each is marked as it was said to be. */
START_TEST(test_reading_marks_later_for_several)
{
	ask(0, READ_FOLLOW, 0, 0);
	ask(1, READ_FOLLOW, 0, 0);
	newest = 4;
	ask(2, READ_FOLLOW, 0, 2);
	failure = READING_LATER;
	done(1, 2, false);
	done(0, 2, true);
	done(2, 4, false);
	for (uint32_t client = 0; client < 3; client++)
		reading_forget(r, client);
	trace_clear();
	failure = 0;
	reading_go_on(r);
	trace_is("take 2; mark 4");
	ask(0, 0, 0, 0);
	trace_is("0:; end 0 last 0 verdict 28");
}
END_TEST

/* At the end of a session nobody is served, but what was taken is marked. */
START_TEST(test_reading_marks_at_the_end)
{
	ask(0, 0, 0, 0);
	ask(1, 0, 0, 0);
	failure = READING_LATER;
	done(0, 2, false);
	reading_forget(r, 0);
	trace_clear();
	failure = 0;
	reading_settle(r);
	trace_is("mark 2");
}
END_TEST

START_TEST(test_reading_in_batches)
{
	newest = 5;
	ask(0, 0, 2, 0);
	trace_is("0:; 1; 2; end 2 last 2 verdict 0 more");
}
END_TEST

START_TEST(test_reading_one_at_a_time)
{
	ask(0, 0, 0, 0);
	ask(1, 0, 0, 0);
	trace_is("0:; 1; 2; end 2 last 2 verdict 0");
	ask(2, READ_PEEK, 0, 0); /* takes nothing away from anybody */
	trace_is("2:; 1; 2; end 2 last 2 verdict 0");
	done(0, 1, false);
	trace_is("mark 1; marked 0 0; 1:; 2; end 1 last 2 verdict 0");
}
END_TEST

START_TEST(test_reading_lease_of_one_that_is_gone)
{
	ask(0, 0, 0, 0);
	ask(1, 0, 0, 0);
	trace_clear();
	reading_forget(r, 0);
	reading_wake(r);
	trace_is("1:; 1; 2; end 2 last 2 verdict 0"); /* they were not marked */
	ask(2, 0, 0, 0);
	reading_forget(r, 2);
	reading_forget(r, 1);
	reading_wake(r);
	trace_is("");
}
END_TEST

START_TEST(test_reading_asks_again_without_done)
{
	ask(0, 0, 0, 0);
	trace_clear();
	ask(0, 0, 0, 0);
	trace_is("0:; 1; 2; end 2 last 2 verdict 0");
}
END_TEST

START_TEST(test_reading_waits)
{
	newest = 0;
	ask(0, READ_WAIT, 0, 0);
	trace_is("0:; waits");
	reading_wake(r);
	trace_is("0:; waits");
	newest = 1;
	reading_wake(r);
	trace_is("0:; 1; end 1 last 1 verdict 0");
	reading_wake(r);
	trace_is("");
}
END_TEST

START_TEST(test_reading_an_answer_comes_before_the_rest)
{
	newest = 1;
	ask(0, READ_WAIT, 0, 1); /* ask, after its question, the first record; but first: somebody follows */
	reading_forget(r, 0);
	read_up_to = 1;
	ask(1, READ_WAIT, 0, 0);
	ask(0, READ_WAIT, 1, 1);
	trace_clear();
	newest = 2;
	reading_wake(r);
	trace_is("0:; 2; end 1 last 2 verdict 0");
	done(0, 2, true);
	trace_is("take 2; marked 0 0; 1:; 2; end 1 last 2 verdict 0");
}
END_TEST

/* Nor does it matter that there was no record at all before the question. */
START_TEST(test_reading_the_answer_of_an_empty_inbox)
{
	newest = 0;
	ask(1, READ_WAIT, 0, 0);
	ask(0, READ_WAIT | READ_ANSWER, 1, 0);
	trace_clear();
	newest = 1;
	reading_wake(r);
	trace_is("0:; 1; end 1 last 1 verdict 0");
}
END_TEST

START_TEST(test_reading_inbox_fails)
{
	failure = -EIO;
	ask(0, 0, 0, 0);
	trace_is("0:; 1; 2; end 2 last 0 verdict 16; failed -5");
	done(0, 2, false);
	trace_is("mark 2; marked 0 16; failed -5");
}
END_TEST

/* ------------------------------------------------------------------------- who follows */

#define FOLLOWS (READ_FOLLOW | READ_WAIT)

static void
say(uint64_t after)
{
	static const uint8_t body[] = { 'h', 'i' };
	const struct record said = { .own = true, .body = body, .length = sizeof(body) };

	reading_said(r, &said, after);
}

/* Each is given all, and what one has shown is read, whatever becomes of the other. */
START_TEST(test_reading_two_follow)
{
	newest = 2;
	ask(0, FOLLOWS, 0, 2);
	ask(1, FOLLOWS, 0, 2);
	trace_clear();
	newest = 3;
	reading_wake(r);
	trace_is("0:; 3; end 1 last 3 verdict 0; 1:; 3; end 1 last 3 verdict 0");
	done(0, 3, false);
	trace_is("mark 3; marked 0 0");
	ask(0, FOLLOWS, 0, 3);
	trace_is("0:; waits");
	newest = 4; /* 1 stands still */
	reading_wake(r);
	trace_is("0:; 4; end 1 last 4 verdict 0");
	done(0, 4, false);
	reading_forget(r, 0);
	trace_clear();
	done(1, 3, false);
	ask(1, FOLLOWS, 0, 3);
	trace_is("mark 3; marked 1 0; 1:; 4; end 1 last 4 verdict 0"); /* though it was read */
}
END_TEST

/* Nothing is read that nobody has shown. */
START_TEST(test_reading_follower_is_gone)
{
	ask(0, READ_FOLLOW, 0, 0);
	trace_is("0:; 1; 2; end 2 last 2 verdict 0");
	ask(2, 0, 0, 0);
	trace_is("");
	reading_forget(r, 0);
	reading_wake(r);
	trace_is("2:; 1; 2; end 2 last 2 verdict 0");
}
END_TEST

/* Who reads beside waits for who follows, as for any other, but not for one that stands still when another has shown it. */
START_TEST(test_reading_beside_who_follows)
{
	ask(0, READ_FOLLOW, 0, 0);
	ask(1, READ_FOLLOW, 0, 0);
	ask(2, 0, 0, 0);
	trace_is("0:; 1; 2; end 2 last 2 verdict 0; 1:; 1; 2; end 2 last 2 verdict 0");
	done(1, 1, false);
	trace_is("mark 1; marked 1 0");
	ask(1, FOLLOWS, 1, 1);
	trace_is("1:; 2; end 1 last 2 verdict 0");
	done(1, 2, false);
	trace_is("mark 2; marked 1 0; 2:; end 0 last 0 verdict 28");
	newest = 4;
	ask(2, 0, 1, 0);
	trace_is("2:; 3; end 1 last 3 verdict 0 more");
	ask(1, FOLLOWS, 0, 2); /* it does not wait for who reads */
	trace_is("1:; 3; 4; end 2 last 4 verdict 0");
	done(2, 3, false);
	trace_is("mark 3; marked 2 0");
	ask(2, 0, 0, 0);
	trace_is("");
	done(1, 4, false);
	trace_is("mark 4; marked 1 0; 2:; end 0 last 0 verdict 28");
}
END_TEST

/* One may ask for more before its output is written; then it says DONE for all. */
START_TEST(test_reading_follower_asks_ahead)
{
	ask(0, FOLLOWS, 1, 0);
	trace_is("0:; 1; end 1 last 1 verdict 0 more");
	ask(0, FOLLOWS, 0, 1);
	ask(0, FOLLOWS, 0, 2);
	trace_is("0:; 2; end 1 last 2 verdict 0; 0:; waits");
	ask(1, 0, 0, 0);
	trace_is("0:; waits");
	done(0, 1, false); /* not for the second one */
	trace_is("mark 1; marked 0 0; 0:; waits");
	done(0, 2, false);
	trace_is("mark 2; marked 0 0; 0:; waits; 1:; end 0 last 0 verdict 28");
	newest = 3;
	ask(2, READ_FOLLOW | READ_PEEK, 0, 0);
	ask(1, 0, 0, 0); /* nor does one that follows and only peeks withhold anything */
	trace_is("0:; 3; end 1 last 3 verdict 0; 2:; 3; end 1 last 3 verdict 0");
	reading_forget(r, 0);
	reading_wake(r);
	trace_is("1:; 3; end 1 last 3 verdict 0");
}
END_TEST

/* What was given to nobody, or to others, is not read because somebody says so. */
START_TEST(test_reading_done_beyond_what_was_given)
{
	done(0, 2, false);
	trace_is("marked 0 0");
	ask(0, 0, 1, 0);
	newest = 3;
	trace_clear();
	done(0, UINT64_MAX, false);
	trace_is("mark 1; marked 0 0");
	ask(1, READ_WAIT, 1, 2);
	done(1, 9, true);
	trace_is("1:; 3; end 1 last 3 verdict 0; marked 1 0");
	done(1, 3, true);
	trace_is("take 3; marked 1 0");
	reading_forget(r, 1);
	done(1, 3, false); /* another one in its place */
	trace_is("marked 1 0");
}
END_TEST

/* One that has shown messages alone has not shown what else the other was given. */
START_TEST(test_reading_follower_of_other_kinds)
{
	newest = 2;
	ask(0, READ_FOLLOW | READ_NOTES, 0, 0);
	ask(1, READ_FOLLOW | READ_MESSAGES, 0, 0);
	trace_clear();
	done(1, 2, false);
	ask(2, READ_MESSAGES, 0, 0);
	trace_is("mark 2; marked 1 0");
}
END_TEST

START_TEST(test_reading_an_answer_comes_before_who_follows)
{
	ask(0, FOLLOWS, 0, 2);
	ask(1, READ_WAIT, 1, 2);
	trace_clear();
	newest = 3;
	reading_wake(r);
	trace_is("1:; 3; end 1 last 3 verdict 0; 0:; 3; end 1 last 3 verdict 0");
}
END_TEST

/* What the session said stands where it was delivered, for all who follow then. */
START_TEST(test_reading_what_was_said)
{
	ck_assert(!reading_followed(r));
	ask(0, READ_FOLLOW, 0, 0);
	ck_assert(reading_followed(r));
	trace_clear();
	say(1);
	say(2);
	newest = 3;
	reading_show_said(r);
	trace_is(""); /* it did not ask */
	done(0, 2, false);
	ask(0, FOLLOWS, 0, 1);
	trace_is("mark 2; marked 0 0; 0:; own 1; 2; own 2; 3; end 4 last 3 verdict 0");
	done(0, 3, false);
	ask(0, FOLLOWS, 0, 3);
	ask(1, FOLLOWS, 0, 3);
	ask(2, READ_WAIT, 0, 3);
	trace_clear();
	say(3);
	reading_show_said(r);
	trace_is("0:; own 3; end 1 last 0 verdict 0; 1:; own 3; end 1 last 0 verdict 0");
	reading_show_said(r);
	trace_is("");
	for (unsigned i = 0; i < 3; i++)
		say(3);
	ask(0, FOLLOWS, 2, 3);
	trace_is("2:; waits; 0:; own 4; own 5; end 2 last 0 verdict 0 more");
	reading_forget(r, 0);
	reading_forget(r, 1);
	ck_assert(!reading_followed(r));
	reading_forget(r, 2);
	ask(0, FOLLOWS, 2, 3);
	trace_is("0:; waits"); /* for what is said from now on */
}
END_TEST

START_TEST(test_reading_session_ends)
{
	newest = 0;
	ask(0, READ_WAIT, 0, 0);
	ask(1, READ_WAIT, 0, 0);
	trace_clear();
	reading_end(r);
	trace_is("0:; end 0 last 0 verdict 27; 1:; end 0 last 0 verdict 27");
}
END_TEST

Suite *
reading_suite(void)
{
	Suite *s = suite_create("reading");
	TCase *t = tcase_create("reading");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_reading_kinds);
	tcase_add_test(t, test_reading_gives_what_is_there);
	tcase_add_test(t, test_reading_marks_later);
	tcase_add_test(t, test_reading_marks_later_what_one_took_that_is_gone);
	tcase_add_test(t, test_reading_marks_later_for_several);
	tcase_add_test(t, test_reading_marks_at_the_end);
	tcase_add_test(t, test_reading_in_batches);
	tcase_add_test(t, test_reading_one_at_a_time);
	tcase_add_test(t, test_reading_lease_of_one_that_is_gone);
	tcase_add_test(t, test_reading_asks_again_without_done);
	tcase_add_test(t, test_reading_waits);
	tcase_add_test(t, test_reading_an_answer_comes_before_the_rest);
	tcase_add_test(t, test_reading_the_answer_of_an_empty_inbox);
	tcase_add_test(t, test_reading_inbox_fails);
	tcase_add_test(t, test_reading_two_follow);
	tcase_add_test(t, test_reading_follower_is_gone);
	tcase_add_test(t, test_reading_beside_who_follows);
	tcase_add_test(t, test_reading_follower_asks_ahead);
	tcase_add_test(t, test_reading_done_beyond_what_was_given);
	tcase_add_test(t, test_reading_follower_of_other_kinds);
	tcase_add_test(t, test_reading_an_answer_comes_before_who_follows);
	tcase_add_test(t, test_reading_what_was_said);
	tcase_add_test(t, test_reading_session_ends);
	suite_add_tcase(s, t);
	return s;
}
