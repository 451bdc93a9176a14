/* Notes that come and go, between a daemon, commands and an inbox that are made of nothing but a trace. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "core/limits.h"
#include "session/messages/notes_in.h"
#include "session/messages/notes_out.h"
#include "trace.h"

static struct notes_in *in;
static struct notes_out *out;
static enum verdict stored, reached;
static bool known, connected;

static enum verdict
store(void *context, const struct note *n, int64_t now_ms, bool *was_known)
{
	(void)context, (void)now_ms;
	trace("store %u", (unsigned)n->token);
	*was_known = known;
	return stored;
}

static void
flush(void *context)
{
	(void)context;
	trace("flush");
	notes_in_committed(in, VERDICT_OK);
}

static void
answer(void *context, const void *frames, size_t n)
{
	const uint8_t *p = frames;
	struct upstream_message m;
	struct frame f;

	(void)context;
	for (ssize_t used; n > 0; p += used, n -= (size_t)used) {
		used = frame_parse(p, n, &f);
		ck_assert_int_gt(used, 0);
		ck_assert_int_eq(upstream_decode(&f, &m), 0);
		ck_assert_int_eq(m.type, UPSTREAM_NOTE_ACK);
		trace("ack %u %u", (unsigned)m.u.note_ack.token, m.u.note_ack.verdict);
	}
}

static enum verdict
reach(void *context)
{
	(void)context;
	return reached;
}

static bool
send_up(void *context, const struct upstream_message *m)
{
	(void)context;
	trace("send %s", m->u.tell.name);
	return connected;
}

static void
told(void *context, uint32_t client, const struct told *t)
{
	(void)context;
	trace("told %u id %u verdict %u", client, t->msgid.b[0], t->verdict);
}

static void
setup(void)
{
	static const struct notes_in_class in_class = { store, flush, answer };
	static const struct notes_out_class out_class = { reach, send_up, told };

	trace_clear();
	stored = reached = VERDICT_OK;
	known = false;
	connected = true;
	in = notes_in_new(&in_class, NULL);
	out = notes_out_new(&out_class, NULL);
	ck_assert(in && out);
}

static void
teardown(void)
{
	notes_in_free(in);
	notes_out_free(out);
	notes_in_free(NULL);
	notes_out_free(NULL);
}

static void
arrive(uint64_t token)
{
	const struct note n = {
		.token = token, .from = { .account = "alice" }, .body = (const uint8_t *)"x", .length = 1
	};

	notes_in_arrived(in, &n);
}

START_TEST(test_notes_are_answered_when_stored)
{
	arrive(1);
	arrive(2);
	trace_is("store 1; store 2");
	trace_clear();
	notes_in_committed(in, VERDICT_OK);
	trace_is("ack 1 0; ack 2 0");
	trace_clear();
	notes_in_committed(in, VERDICT_OK);
	trace_is("");
}
END_TEST

START_TEST(test_notes_of_a_failed_commit)
{
	arrive(1);
	known = true;
	arrive(2); /* it was there before */
	known = false;
	stored = VERDICT_NOTES_FULL;
	arrive(3);
	trace_clear();
	notes_in_committed(in, VERDICT_STORAGE);
	trace_is("ack 1 16; ack 2 0; ack 3 42");
	stored = VERDICT_OK;
	arrive(4);
	trace_clear();
	notes_in_committed(in, VERDICT_STALE); /* another helper answers */
	trace_is("");
}
END_TEST

/* Nothing was begun that could end. */
START_TEST(test_notes_that_are_not_taken)
{
	stored = VERDICT_NO_NOTES;
	arrive(1);
	trace_is("store 1; ack 1 41");
	trace_clear();
	notes_in_committed(in, VERDICT_OK);
	trace_is("");
}
END_TEST

START_TEST(test_notes_of_a_lost_connection)
{
	arrive(1);
	notes_in_reset(in);
	trace_clear();
	notes_in_committed(in, VERDICT_OK);
	trace_is("");
}
END_TEST

START_TEST(test_notes_are_never_too_many)
{
	char wanted[1024] = "flush";
	size_t len = strlen(wanted);

	for (uint64_t i = 1; i <= NOTES_WAY_RECEIVER; i++)
		arrive(i);
	for (uint64_t i = 1; i <= NOTES_WAY_RECEIVER; i++)
		len += (size_t)snprintf(wanted + len, sizeof(wanted) - len, "; ack %u 0", (unsigned)i);
	(void)snprintf(wanted + len, sizeof(wanted) - len, "; store 99");
	trace_clear();
	stored = VERDICT_STORAGE;
	arrive(99);
	trace_is(wanted);
	trace_clear();
	notes_in_committed(in, VERDICT_OK);
	trace_is("ack 99 16");
}
END_TEST

static void
tell(uint32_t client, uint8_t id)
{
	const struct tell t = { .msgid.b = { id }, .name = "bob", .body = (const uint8_t *)"x", .length = 1 };

	notes_out_tell(out, client, &t);
}

static void
say_told(uint8_t id, enum verdict v)
{
	const struct told t = { .msgid.b = { id }, .verdict = (uint8_t)v };

	notes_out_told(out, &t);
}

START_TEST(test_notes_go_and_answers_come_in_any_order)
{
	tell(1, 10);
	tell(2, 20);
	trace_is("send bob; send bob");
	trace_clear();
	say_told(20, VERDICT_OK);
	say_told(10, VERDICT_REFUSES);
	say_told(10, VERDICT_OK); /* nobody waits for it any more */
	trace_is("told 2 id 20 verdict 0; told 1 id 10 verdict 5");
}
END_TEST

START_TEST(test_notes_of_one_id)
{
	tell(1, 10);
	tell(2, 10);
	trace_clear();
	say_told(10, VERDICT_OK);
	say_told(10, VERDICT_OK);
	trace_is("told 1 id 10 verdict 0; told 2 id 10 verdict 0");
}
END_TEST

START_TEST(test_notes_without_a_daemon)
{
	reached = VERDICT_NO_DAEMON;
	tell(1, 10);
	trace_is("told 1 id 10 verdict 26");
	trace_clear();
	reached = VERDICT_OLD_DAEMON;
	tell(1, 10);
	trace_is("told 1 id 10 verdict 43");
	trace_clear();
	reached = VERDICT_OK;
	connected = false;
	tell(1, 10);
	trace_is("send bob; told 1 id 10 verdict 26");
}
END_TEST

START_TEST(test_notes_under_way_when_it_is_lost)
{
	tell(1, 10);
	tell(2, 20);
	notes_out_forget(out, 2);
	trace_clear();
	notes_out_down(out);
	trace_is("told 1 id 10 verdict 25");
	trace_clear();
	say_told(10, VERDICT_OK);
	notes_out_down(out);
	trace_is("");
}
END_TEST

START_TEST(test_notes_of_commands_are_not_too_many)
{
	for (unsigned i = 0; i < NOTES_WAY_UID; i++)
		tell(1, (uint8_t)i);
	trace_clear();
	tell(2, 200);
	trace_is("told 2 id 200 verdict 38");
}
END_TEST

Suite *
session_notes_suite(void)
{
	Suite *s = suite_create("session_notes");
	TCase *t = tcase_create("session_notes");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_notes_are_answered_when_stored);
	tcase_add_test(t, test_notes_of_a_failed_commit);
	tcase_add_test(t, test_notes_that_are_not_taken);
	tcase_add_test(t, test_notes_of_a_lost_connection);
	tcase_add_test(t, test_notes_are_never_too_many);
	tcase_add_test(t, test_notes_go_and_answers_come_in_any_order);
	tcase_add_test(t, test_notes_of_one_id);
	tcase_add_test(t, test_notes_without_a_daemon);
	tcase_add_test(t, test_notes_under_way_when_it_is_lost);
	tcase_add_test(t, test_notes_of_commands_are_not_too_many);
	suite_add_tcase(s, t);
	return s;
}
