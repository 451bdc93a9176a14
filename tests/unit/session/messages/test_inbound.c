/* The receiving part, between an inbox and a connection that are made of nothing but a trace. */
#include <check.h>
#include <errno.h>
#include <string.h>

#include "session/mailbox/store.h"
#include "session/messages/inbound.h"
#include "trace.h"

#define PAIR 7U

static struct inbound *in;
static struct state state;
static enum intake_fate fate;
static bool writing;
static int commit_result;

static enum intake_fate
store(void *context, const struct msg *m, int64_t now_ms)
{
	ck_assert_ptr_eq(context, &state);
	ck_assert_int_gt(now_ms, 0);
	trace("store %u %.*s", m->id.b[IDENT_LEN - 1], (int)m->length, (const char *)m->body);
	writing |= fate == INTAKE_ADDED;
	return fate;
}

static bool
is_writing(void *context)
{
	(void)context;
	return writing;
}

static int
commit(void *context)
{
	(void)context;
	trace("commit");
	writing = false;
	return commit_result;
}

static void
failed(void *context, int error)
{
	(void)context;
	trace("failed %d", error);
}

static void
committed(void *context, enum verdict v)
{
	(void)context;
	trace("committed %d", (int)v);
}

static void
answer(void *context, const void *frames, size_t n)
{
	const uint8_t *p = frames;
	struct frame f;
	struct ack a;

	(void)context;
	for (ssize_t used; n > 0; p += used, n -= (size_t)used) {
		used = frame_parse(p, n, &f);
		ck_assert_int_gt(used, 0);
		ck_assert_int_eq(ack_decode(&f, &a), 0);
		trace("ack %u+%u %u", a.first.b[IDENT_LEN - 1], a.count, a.verdict);
	}
}

static void
done(void *context)
{
	(void)context;
	trace("done");
}

static const struct inbound_class class = { store, is_writing, commit, failed, committed, answer, done };

static void
setup(void)
{
	state = (struct state){ .partner = { .pair = PAIR } };
	fate = INTAKE_ADDED;
	writing = false;
	commit_result = 0;
	trace_clear();
	in = inbound_new(&class, &state, &state);
	ck_assert_ptr_nonnull(in);
}

static void
teardown(void)
{
	inbound_free(in);
	inbound_free(NULL);
}

static void
give(uint64_t pair, uint32_t epoch, uint8_t id, const void *body, uint32_t length)
{
	static uint8_t bytes[FRAME_MAX];
	const struct msg m = { .pair = pair, .epoch = epoch, .id = { { [IDENT_LEN - 1] = id } }, .length = length };
	struct frame f;

	msg_encode_head(bytes, &m);
	memcpy(bytes + FRAME_HEADER + MSG_FIXED, body, length);
	ck_assert_int_gt(frame_parse(bytes, sizeof(bytes), &f), 0);
	inbound_message(in, &f);
}

static void
message(uint8_t id)
{
	give(PAIR, 1, id, "hi", 2);
}

START_TEST(test_inbound_acknowledges_after_the_commit)
{
	message(1);
	message(2);
	trace_is("store 1 hi; store 2 hi");
	inbound_flush(in);
	trace_is("commit; committed 0; ack 1+2 0; done");
	inbound_flush(in); /* nothing is left to do */
	trace_is("");
}
END_TEST

START_TEST(test_inbound_commits_what_others_wrote)
{
	writing = true; /* a record of the pair, say */
	inbound_flush(in);
	trace_is("commit; committed 0; done");
}
END_TEST

START_TEST(test_inbound_known_ones_are_acknowledged_each_time)
{
	fate = INTAKE_KNOWN;
	message(1);
	inbound_flush(in);
	message(1);
	inbound_flush(in);
	trace_is("store 1 hi; commit; committed 0; ack 1+1 0; done; store 1 hi; commit; committed 0; ack 1+1 0; done");
}
END_TEST

START_TEST(test_inbound_commit_fails)
{
	message(1);
	commit_result = -ENOSPC;
	inbound_flush(in);
	trace_is("store 1 hi; commit; committed 16; failed -28; ack 1+1 16; done");
	commit_result = 0;
	message(2); /* it stands behind a gap */
	inbound_flush(in);
	trace_is("commit; committed 0; ack 2+1 16; done");
}
END_TEST

START_TEST(test_inbound_commit_that_nobody_knows_of)
{
	message(1);
	commit_result = STORE_UNSURE;
	inbound_flush(in);
	trace_is("store 1 hi; commit; committed 17; failed 1; ack 1+1 17; done");
}
END_TEST

START_TEST(test_inbound_another_helper_took_over)
{
	message(1);
	commit_result = -ESTALE;
	inbound_flush(in);
	trace_is("store 1 hi; commit; committed 25; failed -116; done"); /* that one answers */
}
END_TEST

START_TEST(test_inbound_other_epoch_ends_the_turn)
{
	message(1);
	give(PAIR, 2, 1, "hi", 2);
	trace_is("store 1 hi; commit; committed 0; ack 1+1 0; done; store 1 hi");
}
END_TEST

START_TEST(test_inbound_of_our_pair_alone)
{
	give(PAIR + 1, 1, 1, "hi", 2);
	state.partner.pair = 0;
	message(2);
	give(0, 1, 3, "hi", 2);
	inbound_flush(in);
	trace_is("");
}
END_TEST

START_TEST(test_inbound_of_a_size_alone)
{
	static const char body[MESSAGE_MAX + 1];
	const struct frame half = { .type = FRAME_MSG, .length = 3, .body = (const uint8_t *)"abc" };

	give(PAIR, 1, 1, "", 0);
	give(PAIR, 1, 2, body, sizeof(body));
	inbound_message(in, &half);
	inbound_flush(in);
	trace_is("");
}
END_TEST

START_TEST(test_inbound_lost_connection)
{
	message(2);
	trace_is("store 2 hi");
	inbound_reset(in);
	inbound_flush(in);
	trace_is("commit; committed 0; done"); /* it is stored, and cannot be answered */
}
END_TEST

Suite *
inbound_suite(void)
{
	Suite *s = suite_create("inbound");
	TCase *t = tcase_create("inbound");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_inbound_acknowledges_after_the_commit);
	tcase_add_test(t, test_inbound_commits_what_others_wrote);
	tcase_add_test(t, test_inbound_known_ones_are_acknowledged_each_time);
	tcase_add_test(t, test_inbound_commit_fails);
	tcase_add_test(t, test_inbound_commit_that_nobody_knows_of);
	tcase_add_test(t, test_inbound_another_helper_took_over);
	tcase_add_test(t, test_inbound_other_epoch_ends_the_turn);
	tcase_add_test(t, test_inbound_of_our_pair_alone);
	tcase_add_test(t, test_inbound_of_a_size_alone);
	tcase_add_test(t, test_inbound_lost_connection);
	suite_add_tcase(s, t);
	return s;
}
