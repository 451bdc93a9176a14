/* What becomes of our pair, by what the daemon says of it. */
#include <check.h>
#include <string.h>

#include "net/loop.h"
#include "session/messages/pair.h"
#include "trace.h"

static struct ev_loop *loop;
static struct pair *pair;
static struct state state;

static void
on_paired(void *context, uint32_t epoch)
{
	(void)context;
	trace("paired %u %u %s", (unsigned)state.partner.pair, epoch, state.partner.online ? "online" : "offline");
}

static void
on_blocked(void *context)
{
	(void)context;
	trace("blocked");
}

static void
on_ended(void *context, enum ending how)
{
	(void)context;
	trace("ended %d", (int)how);
}

static void
on_left(void *context)
{
	(void)context;
	trace("left");
}

static void
record(void *context, enum record_type type)
{
	static const char *const names[] = { "message", "paired", "left", "quit", "lost", "back", "gone" };

	(void)context;
	trace("record %s %s", names[type], state.partner.peer.name);
}

static void
keep(void *context)
{
	(void)context;
	trace("keep %u", (unsigned)state.partner.pair);
}

static void
on_missed(void *context)
{
	(void)context;
	trace("missed");
	ev_break(loop, EVBREAK_ALL);
}

static const struct pair_class class = { on_paired, on_blocked, on_ended, on_left, record, keep, on_missed };

static void
changed(void *context)
{
	(void)context;
	trace("changed");
}

static void
setup(void)
{
	trace_clear();
	loop = loop_new();
	state = (struct state){ .changed = changed };
	pair = pair_new(&class, NULL, &state, loop);
	ck_assert_ptr_nonnull(pair);
}

static void
teardown(void)
{
	pair_free(pair);
	pair_free(NULL);
	ev_loop_destroy(loop);
}

static void
paired_as(uint64_t id, const char *name, uint32_t uid, bool asked)
{
	struct upstream_message m = { .type = UPSTREAM_PAIRED,
		.u.paired = { .pair = id, .epoch = 1, .online = true, .peer.uid = uid } };

	strcpy(m.u.paired.peer.name, name);
	pair_paired(pair, &m, asked);
}

static void
with_bob(void)
{
	paired_as(5, "bob", 1000, true);
	trace_is("keep 5; paired 5 1 online; changed");
}

static void
notice(enum upstream_type type, uint64_t id, enum ending how)
{
	struct upstream_message m = { .type = type };

	if (type == UPSTREAM_ENDED) {
		m.u.ended.pair = id;
		m.u.ended.ending = (uint8_t)how;
	} else {
		m.u.link.pair = id;
		m.u.link.epoch = 2;
	}
	pair_notice(pair, &m);
}

START_TEST(test_pair_begins)
{
	paired_as(5, "bob", 1000, false);
	trace_is("record paired bob; keep 5; paired 5 1 online; changed");
	ck_assert_str_eq(state.partner.peer.name, "bob");
	paired_as(6, "carol", 1001, false); /* bob left while we were away, or it would still be his */
	trace_is("record left bob; record paired carol; keep 6; paired 6 1 online; changed");
	paired_as(7, "dave", 1002, true); /* we know: we asked for it */
	trace_is("keep 7; paired 7 1 online; changed");
}
END_TEST

START_TEST(test_pair_again_is_no_news)
{
	with_bob();
	paired_as(5, "BOB", 1000, false);
	trace_is("paired 5 1 online; changed");
}
END_TEST

START_TEST(test_pair_with_somebody_else)
{
	with_bob();
	paired_as(5, "bob", 1001, false); /* his name, not his account */
	trace_is("record gone bob; keep 0; changed; ended 3");
	ck_assert_uint_eq(state.partner.pair, 0);
	with_bob();
	paired_as(5, "rob", 1000, false);
	trace_is("record gone bob; keep 0; changed; ended 3");
}
END_TEST

START_TEST(test_pair_lost_and_back)
{
	with_bob();
	notice(UPSTREAM_LOST, 5, 0);
	trace_is("record lost bob; keep 5; blocked; changed");
	notice(UPSTREAM_LOST, 5, 0);
	trace_is("blocked; changed");
	notice(UPSTREAM_BACK, 5, 0);
	trace_is("record back bob; keep 5; paired 5 2 online; changed");
	notice(UPSTREAM_LOST, 6, 0);
	notice(UPSTREAM_BACK, 6, 0);
	notice(UPSTREAM_ENDED, 6, ENDING_LEFT);
	notice(UPSTREAM_BYE, 5, 0);
	trace_is(""); /* another pair's, or another thing */
}
END_TEST

START_TEST(test_pair_is_ended)
{
	static const struct {
		enum ending how;
		const char *happens;
		uint8_t last_end;
	} t[] = {
		{ ENDING_LEFT, "record left bob; keep 0; changed; ended 1", ENDING_LEFT },
		{ ENDING_QUIT, "record quit bob; keep 0; changed; ended 2", ENDING_QUIT },
		{ ENDING_GONE, "record gone bob; keep 0; changed; ended 3", ENDING_GONE },
		/* His helper hears of it later, and may store what is under way: that is unconfirmed first. */
		{ ENDING_MOVED, "blocked; record left bob; keep 0; changed; ended 1", ENDING_LEFT },
	};

	with_bob();
	notice(UPSTREAM_ENDED, 5, t[_i].how);
	trace_is(t[_i].happens);
	ck_assert_uint_eq(state.partner.last_end, t[_i].last_end);
}
END_TEST

START_TEST(test_pair_ends_by_us)
{
	with_bob();
	pair_left(pair);
	trace_is("keep 0; changed; left");
	pair_left(pair);
	trace_is("left");
	with_bob();
	pair_over(pair);
	trace_is("record gone bob; keep 0; changed; ended 3");
}
END_TEST

START_TEST(test_pair_at_a_login)
{
	pair_login(pair, false, 1000, ENDING_QUIT);
	pair_settled(pair); /* there was none, and there is none */
	trace_is("ended 2");
	with_bob();
	pair_login(pair, false, 1000, ENDING_NONE);
	paired_as(5, "bob", 1000, false);
	pair_settled(pair);
	trace_is("paired 5 1 online; changed");
	pair_login(pair, false, 1000, ENDING_LEFT);
	pair_settled(pair); /* it ended while we were away */
	trace_is("record left bob; keep 0; changed; ended 1");
}
END_TEST

START_TEST(test_pair_after_a_lost_registry)
{
	with_bob();
	pair_login(pair, true, 20, ENDING_NONE);
	pair_settled(pair);
	trace_is("record lost bob; keep 5; blocked; changed");
	ev_run(loop, 0);
	trace_is("record gone bob; keep 0; changed; ended 3; missed");
}
END_TEST

START_TEST(test_pair_comes_back_after_a_lost_registry)
{
	with_bob();
	pair_login(pair, true, 20, ENDING_NONE);
	pair_settled(pair);
	trace_clear();
	paired_as(5, "bob", 1000, false);
	trace_is("record back bob; keep 5; paired 5 1 online; changed");
	ev_run(loop, 0); /* until the grace time is over */
	trace_is("");
	ck_assert_uint_eq(state.partner.pair, 5);
}
END_TEST

Suite *
pair_suite(void)
{
	Suite *s = suite_create("pair");
	TCase *t = tcase_create("pair");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_pair_begins);
	tcase_add_test(t, test_pair_again_is_no_news);
	tcase_add_test(t, test_pair_with_somebody_else);
	tcase_add_test(t, test_pair_lost_and_back);
	tcase_add_loop_test(t, test_pair_is_ended, 0, 4);
	tcase_add_test(t, test_pair_ends_by_us);
	tcase_add_test(t, test_pair_at_a_login);
	tcase_add_test(t, test_pair_after_a_lost_registry);
	tcase_add_test(t, test_pair_comes_back_after_a_lost_registry);
	suite_add_tcase(s, t);
	return s;
}
