/* What a program does with signals, whatever it was started with, and what it gives back. */
#include <check.h>
#include <signal.h>
#include <stdlib.h>

#include "base/signals.h"

static void *
done_by(int sig)
{
	struct sigaction action;

	ck_assert_int_eq(sigaction(sig, NULL, &action), 0);
	return (void *)action.sa_handler;
}

static int
is_blocked(int sig)
{
	sigset_t set;

	ck_assert_int_eq(sigprocmask(SIG_BLOCK, NULL, &set), 0);
	return sigismember(&set, sig);
}

static void
inherit(void (*what)(int))
{
	sigset_t set;

	ck_assert(signal(SIGPIPE, what) != SIG_ERR);
	ck_assert(signal(SIGXFSZ, what) != SIG_ERR);
	ck_assert(signal(SIGCHLD, what) != SIG_ERR);
	ck_assert_int_eq(sigemptyset(&set), 0);
	ck_assert_int_eq(sigaddset(&set, SIGTERM), 0);
	ck_assert_int_eq(sigprocmask(SIG_SETMASK, &set, NULL), 0);
}

START_TEST(test_signals_are_what_a_program_needs)
{
	inherit(_i ? SIG_IGN : SIG_DFL);
	signals_begin();
	ck_assert_ptr_eq(done_by(SIGPIPE), (void *)SIG_IGN);
	ck_assert_ptr_eq(done_by(SIGXFSZ), (void *)SIG_IGN);
	ck_assert_ptr_eq(done_by(SIGCHLD), (void *)SIG_DFL);
	ck_assert_int_eq(is_blocked(SIGTERM), 0);
}
END_TEST

START_TEST(test_what_was_is_given_back)
{
	void *const was = _i ? (void *)SIG_IGN : (void *)SIG_DFL;

	inherit(_i ? SIG_IGN : SIG_DFL);
	signals_begin_writing();
	ck_assert_ptr_eq(done_by(SIGXFSZ), was);
	signals_begin();
	signals_begin(); /* what was first counts */
	signals_give_back();
	ck_assert_ptr_eq(done_by(SIGPIPE), was);
	ck_assert_ptr_eq(done_by(SIGXFSZ), was);
	ck_assert_ptr_eq(done_by(SIGCHLD), was);
	ck_assert_int_eq(is_blocked(SIGTERM), 1);
	signals_begin();
	ck_assert_ptr_eq(done_by(SIGCHLD), (void *)SIG_DFL);
}
END_TEST

START_TEST(test_the_user_s_own_are_told)
{
	sigset_t defaults, blocked;

	inherit(_i ? SIG_IGN : SIG_DFL);
	signals_begin();
	signals_of_user(&defaults, &blocked);
	ck_assert_int_eq(sigismember(&defaults, SIGPIPE), !_i);
	ck_assert_int_eq(sigismember(&defaults, SIGXFSZ), !_i);
	ck_assert_int_eq(sigismember(&blocked, SIGTERM), 1);
	ck_assert_int_eq(sigismember(&blocked, SIGHUP), 0);
}
END_TEST

Suite *
signals_suite(void)
{
	Suite *s = suite_create("signals");
	TCase *tc = tcase_create("signals");

	tcase_add_loop_test(tc, test_signals_are_what_a_program_needs, 0, 2);
	tcase_add_loop_test(tc, test_what_was_is_given_back, 0, 2);
	tcase_add_loop_test(tc, test_the_user_s_own_are_told, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}
