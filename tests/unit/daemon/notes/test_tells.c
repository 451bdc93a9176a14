/* Notes on their way through the daemon, between connections that are made of nothing but a trace. */
#include <check.h>
#include <ev.h>

#include "core/limits.h"
#include "daemon/notes/tells.h"
#include "trace.h"

static struct tells t;
static struct tells_end alice, bob, carol, many[TELLERS_UID + 1];
static enum verdict admitted, kept;
static uint8_t flags;
static uint64_t token; /* of the latest note that was passed on */

static bool
known(const struct tells_end *e)
{
	return e->uid < 50000;
}

static enum verdict
admit(const struct tells_end *from, const struct tell *m, struct tells_end **to)
{
	(void)from;
	if (admitted != VERDICT_OK)
		return admitted;
	*to = m->name[0] == 'b' ? &bob : &carol;
	return admitted;
}

static void
pass(const struct tells_end *from, struct tells_end *to, uint64_t its_token, const struct tell *m)
{
	(void)m;
	token = its_token;
	trace("pass %u to %u", from->uid, to->uid);
}

static void
told(struct tells_end *e, const struct told *m)
{
	trace("told %u id %u verdict %u", e->uid, m->msgid.b[0], m->verdict);
}

static void
idle(struct tells_end *e)
{
	trace("idle %u", e->uid);
}

static enum verdict
keep(const struct tells_end *from, const struct tell *m, uint64_t its_token)
{
	(void)m;
	token = its_token;
	trace("keep of %u", from->uid);
	return kept;
}

static void
kept_answered(const struct tells_end *to, uint64_t number, enum verdict v)
{
	trace("kept %u to %u verdict %d", (unsigned)number, to->uid, (int)v);
}

static const struct tells_class class = { known, admit, keep, kept_answered, pass, told, idle };

static void
setup(void)
{
	trace_clear();
	admitted = VERDICT_OK;
	kept = VERDICT_QUEUED;
	flags = 0;
	alice = (struct tells_end){ .uid = 1 };
	bob = (struct tells_end){ .uid = 2 };
	carol = (struct tells_end){ .uid = 3 };
	tells_init(&t, &class, EV_DEFAULT, 4096);
}

static void
teardown(void)
{
	tells_release(&t);
}

static void
tell_to(struct tells_end *from, const char *name, uint8_t id)
{
	struct tell m = { .msgid.b = { id }, .body = (const uint8_t *)"x", .length = 1 };

	m.name[0] = name[0];
	m.flags = flags;
	tells_tell(&t, from, &m);
}

/* A receiver that never answers keeps nobody waiting for ever, and no place; an answer that comes then is nothing. */
START_TEST(test_tells_without_an_answer)
{
	struct deadline *late;

	tell_to(&alice, "bob", 7);
	ck_assert_ptr_nonnull(late = deadlines_first(&t.late));
	trace_clear();
	deadlines_remove(&t.late, late); /* as when its time is over */
	t.late.over(&t.late, late);
	trace_is("told 1 id 7 verdict 25");
	ck_assert_int_eq(VERDICT_STALE, 25);
	ck_assert_uint_eq(t.count, 0);
	ck_assert_uint_eq(alice.open, 0);
	trace_clear();
	tells_acked(&t, &bob, token, VERDICT_OK);
	trace_is("");
	tell_to(&alice, "bob", 8);
	tells_acked(&t, &bob, token, VERDICT_OK);
	ck_assert_ptr_null(deadlines_first(&t.late));
}
END_TEST

START_TEST(test_tells_answer)
{
	tell_to(&alice, "bob", 7);
	trace_is("pass 1 to 2");
	trace_clear();
	tells_acked(&t, &carol, token, VERDICT_OK); /* it is not hers to answer */
	tells_acked(&t, &bob, token + NOTES_WAY, VERDICT_OK);
	tells_acked(&t, &bob, 0, VERDICT_OK);
	trace_is("");
	tells_acked(&t, &bob, token, VERDICT_OK);
	tells_acked(&t, &bob, token, VERDICT_OK); /* once */
	trace_is("told 1 id 7 verdict 0");
	ck_assert_uint_eq(t.count, 0);
	ck_assert_uint_eq(alice.open, 0);
}
END_TEST

/* A helper that says what only the daemon can know is not believed. */
START_TEST(test_tells_lies)
{
	tell_to(&alice, "bob", 7);
	trace_clear();
	tells_acked(&t, &bob, token, VERDICT_NO_SUCH_USER);
	trace_is("told 1 id 7 verdict 17");
}
END_TEST

START_TEST(test_tells_refused)
{
	admitted = VERDICT_REFUSES;
	tell_to(&alice, "bob", 7);
	trace_is("told 1 id 7 verdict 5");
	ck_assert_uint_eq(t.count, 0);
}
END_TEST

START_TEST(test_tells_receiver_gone)
{
	tell_to(&alice, "bob", 7);
	tell_to(&carol, "bob", 8);
	tell_to(&alice, "carol", 9);
	trace_clear();
	tells_closed(&t, &bob);
	trace_is("told 1 id 7 verdict 25; told 3 id 8 verdict 25");
	ck_assert_uint_eq(t.count, 1);
}
END_TEST

START_TEST(test_tells_sender_gone)
{
	tell_to(&alice, "bob", 7);
	tells_closed(&t, &alice);
	trace_clear();
	tells_acked(&t, &bob, token, VERDICT_OK);
	trace_is("");
	ck_assert_uint_eq(t.count, 0);
	tell_to(&bob, "bob", 8); /* to oneself */
	trace_clear();
	tells_closed(&t, &bob);
	trace_is("");
	ck_assert_uint_eq(t.count, 0);
}
END_TEST

/* Where nobody is it is kept, if that is wished. */
START_TEST(test_tells_later)
{
	admitted = VERDICT_NO_SUCH_USER;
	tell_to(&alice, "bob", 7);
	trace_is("told 1 id 7 verdict 2");
	trace_clear();
	flags = TELL_LATER;
	tell_to(&alice, "bob", 7);
	trace_is("keep of 1");
	trace_clear();
	ck_assert_uint_eq(alice.open, 1);
	tells_settled(&t, token, VERDICT_KEPT);
	tells_settled(&t, token, VERDICT_KEPT);
	trace_is("told 1 id 7 verdict 44");
	trace_clear();
	kept = VERDICT_NOTES_FULL;
	tell_to(&alice, "bob", 8);
	trace_is("keep of 1; told 1 id 8 verdict 42");
	trace_clear();
	admitted = VERDICT_REFUSES;
	tell_to(&alice, "bob", 9);
	trace_is("told 1 id 9 verdict 5");
	kept = VERDICT_QUEUED;
	admitted = VERDICT_ABSENT;
	tell_to(&alice, "bob", 10);
	tells_closed(&t, &alice); /* it is kept, whoever waits for that */
	trace_clear();
	tells_settled(&t, token, VERDICT_KEPT);
	trace_is("");
	ck_assert_uint_eq(t.count, 0);
}
END_TEST

START_TEST(test_tells_kept_ones)
{
	token = tells_pass_kept(&t, &bob, 33, 1, false);
	ck_assert_uint_ne(token, 0);
	tells_acked(&t, &bob, token, VERDICT_OK);
	trace_is("kept 33 to 2 verdict 0");
	trace_clear();
	token = tells_pass_kept(&t, &bob, 34, 1, false);
	tells_closed(&t, &bob);
	trace_is("kept 34 to 2 verdict 25");
	ck_assert_uint_eq(t.count, 0);
}
END_TEST

START_TEST(test_tells_bounds)
{
	for (unsigned i = 0; i < NOTES_WAY_RECEIVER_UID; i++)
		tell_to(&alice, "bob", 1);
	trace_clear();
	tell_to(&alice, "bob", 2);
	trace_is("told 1 id 2 verdict 40");
	trace_clear();
	tell_to(&carol, "bob", 3); /* another sender has room still */
	trace_is("pass 3 to 2");
	for (unsigned i = 0; i < 4; i++) {
		many[i] = (struct tells_end){ .uid = 60000 + i };
		for (unsigned n = 0; n < NOTES_WAY_RECEIVER_UID / 4; n++)
			tell_to(&many[i], "carol", 4);
	}
	trace_clear();
	many[4] = (struct tells_end){ .uid = 60004 };
	tell_to(&many[4], "carol", 5); /* strangers are one sender */
	trace_is("told 60004 id 5 verdict 40");
}
END_TEST

START_TEST(test_tells_tellers)
{
	for (uint32_t i = 0; i < TELLERS_UID; i++) {
		many[i] = (struct tells_end){ .uid = 60000 + i };
		ck_assert(tells_enter(&t, &many[i]));
	}
	many[TELLERS_UID] = (struct tells_end){ .uid = 70000 };
	ck_assert(!tells_enter(&t, &many[TELLERS_UID]));
	ck_assert(tells_enter(&t, &alice)); /* strangers keep nobody out */
	tells_closed(&t, &many[0]);
	ck_assert(tells_enter(&t, &many[TELLERS_UID]));
	ck_assert(deadline_runs(&alice.teller->idle)); /* until it has said something */
	tell_to(&alice, "bob", 1);
	ck_assert(!deadline_runs(&alice.teller->idle)); /* it waits for an answer */
	tells_acked(&t, &bob, token, VERDICT_OK);
	ck_assert(deadline_runs(&alice.teller->idle));
	tells_closed(&t, &alice);
	ck_assert_ptr_null(alice.teller);
	for (uint32_t i = 1; i <= TELLERS_UID; i++)
		tells_closed(&t, &many[i]);
	ck_assert_ptr_null(deadlines_first(&t.idle));
}
END_TEST

Suite *
tells_suite(void)
{
	Suite *s = suite_create("tells");
	TCase *c = tcase_create("tells");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_tells_answer);
	tcase_add_test(c, test_tells_without_an_answer);
	tcase_add_test(c, test_tells_lies);
	tcase_add_test(c, test_tells_refused);
	tcase_add_test(c, test_tells_receiver_gone);
	tcase_add_test(c, test_tells_sender_gone);
	tcase_add_test(c, test_tells_later);
	tcase_add_test(c, test_tells_kept_ones);
	tcase_add_test(c, test_tells_bounds);
	tcase_add_test(c, test_tells_tellers);
	suite_add_tcase(s, c);
	return s;
}
