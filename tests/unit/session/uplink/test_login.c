#include <check.h>
#include <string.h>

#include "session/uplink/login.h"

/* Every verdict, of a new session and of one that comes back. */
START_TEST(test_login_refused)
{
	for (int v = 0; v < VERDICT_COUNT; v++) {
		struct login fresh = { .state = LOGIN_GREETING, .fresh = true }, old = { .state = LOGIN_GREETING };
		const enum login_refusal a = login_refused(&fresh, (enum verdict)v),
					 b = login_refused(&old, (enum verdict)v);

		if (v == VERDICT_EXPIRED) {
			ck_assert(a == LOGIN_AGAIN && b == LOGIN_AGAIN && old.anew);
		} else if (v == VERDICT_STARTING || v == VERDICT_RATE) {
			ck_assert(a == LOGIN_RETRY && b == LOGIN_RETRY);
		} else if (v == VERDICT_LIMIT || v == VERDICT_FAILED) {
			ck_assert(a == LOGIN_OVER && b == LOGIN_RETRY_LATE);
		} else {
			ck_assert(a == LOGIN_OVER && b == LOGIN_OVER);
		}
		ck_assert(v == VERDICT_EXPIRED || !old.anew);
	}
}
END_TEST

/* Somebody else has a session of this id: asked again at once, the daemon would say the same for ever. */
START_TEST(test_login_somebody_elses)
{
	struct login l = { .state = LOGIN_GREETING };

	ck_assert_int_eq(login_refused(&l, VERDICT_EXPIRED), LOGIN_AGAIN);
	ck_assert_int_eq(login_refused(&l, VERDICT_EXPIRED), LOGIN_OVER);
}
END_TEST

/* Of a new session, of one that comes back, and of one that the daemon does not know any more. */
START_TEST(test_login_message)
{
	const struct session_file file = { .name = "Alice", .id = { { 1, 2, 3 } } };
	const struct state state = { .partner = { .pair = 7, .peer.name = "bob" }, .policy.dnd = true };
	struct login l = { .fresh = true };
	struct upstream_message m;

	login_begin(&l);
	ck_assert_int_eq(l.state, LOGIN_GREETING);
	login_message(&l, &file, &state, &m);
	ck_assert(!m.u.login.resume_only);
	l.fresh = false;
	login_message(&l, &file, &state, &m);
	ck_assert_int_eq(m.type, UPSTREAM_LOGIN);
	ck_assert(m.u.login.resume_only);
	ck_assert_str_eq(m.u.login.name, "Alice");
	ck_assert(ident_equal(&m.u.login.id, &file.id));
	ck_assert_uint_eq(m.u.login.pair, 7);
	ck_assert_str_eq(m.u.login.partner.name, "bob");
	ck_assert(m.u.login.policy.dnd);
	(void)login_refused(&l, VERDICT_EXPIRED);
	login_message(&l, &file, &state, &m);
	ck_assert(!m.u.login.resume_only);
	login_begin(&l); /* on each connection it asks for what there was */
	login_message(&l, &file, &state, &m);
	ck_assert(m.u.login.resume_only);
}
END_TEST

/* Begun anew though it was to be resumed: the daemon had lost its registry. */
START_TEST(test_login_lost_registry)
{
	struct login l = { .state = LOGIN_GREETING };

	ck_assert(login_welcome(&l, false));
	ck_assert_int_eq(l.state, LOGIN_SETTLING);
	ck_assert(!login_welcome(&l, true));
	l.fresh = true;
	ck_assert(!login_welcome(&l, false));
	login_settled(&l);
	ck_assert(l.state == LOGIN_READY && !l.fresh);
	login_begin(&l);
	(void)login_refused(&l, VERDICT_EXPIRED);
	ck_assert(!login_welcome(&l, false)); /* it was told that there is nothing to resume */
}
END_TEST

Suite *
login_suite(void)
{
	Suite *s = suite_create("login");
	TCase *t = tcase_create("login");

	tcase_add_test(t, test_login_refused);
	tcase_add_test(t, test_login_somebody_elses);
	tcase_add_test(t, test_login_message);
	tcase_add_test(t, test_login_lost_registry);
	suite_add_tcase(s, t);
	return s;
}
