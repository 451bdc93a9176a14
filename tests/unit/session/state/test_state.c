#include <check.h>

#include "session/state/state.h"

static unsigned changes;

static void
changed(void *context)
{
	ck_assert_ptr_eq(context, &changes);
	changes++;
}

START_TEST(test_state_tells_of_changes)
{
	const struct state s = { .changed = changed, .context = &changes };

	changes = 0;
	state_changed(&s);
	state_changed(&s);
	ck_assert_uint_eq(changes, 2);
}
END_TEST

/* Every combination of connection, pair and partner. */
START_TEST(test_state_shows)
{
	const bool ready = _i & 1, paired = _i & 2, online = _i & 4;
	const struct state s = { .self = { .name = "alice", .uid = 1 },
		.partner = { .pair = paired ? 9 : 0,
		    .online = online,
		    .peer = { .name = "bob" },
		    .last_end = ENDING_LEFT },
		.policy.dnd = true };
	struct control_message m = { .type = CONTROL_STATE };

	state_show(&s, ready, &m);
	ck_assert_str_eq(m.u.state.self.name, "alice");
	ck_assert_str_eq(m.u.state.partner.name, paired ? "bob" : "");
	ck_assert_uint_eq(m.u.state.pair, paired ? 9 : 0);
	ck_assert_uint_eq(m.u.state.state, !ready ? WHO_RECONNECTING : paired ? WHO_PAIRED : WHO_FREE);
	ck_assert_uint_eq(m.u.state.daemon, ready ? DAEMON_CONNECTED : DAEMON_RECONNECTING);
	ck_assert(m.u.state.partner_online == (paired && online));
	ck_assert_uint_eq(m.u.state.last_end, ENDING_LEFT);
	ck_assert(m.u.state.dnd);
}
END_TEST

Suite *
state_suite(void)
{
	Suite *s = suite_create("state");
	TCase *t = tcase_create("state");

	tcase_add_test(t, test_state_tells_of_changes);
	tcase_add_loop_test(t, test_state_shows, 0, 8);
	suite_add_tcase(s, t);
	return s;
}
