/* Who may come in, and under which index, without a socket. */
#include <check.h>
#include <stdint.h>
#include <unistd.h>

#include "core/limits.h"
#include "session/control/listener.h"
#include "session/fake.h"
#include "trace.h"

static struct listener *l;
static const struct rundir dir = { .fd = 5 };
static char places[CONTROL_CLIENTS];
static bool short_of_memory;
static unsigned seen;

static struct control_client *
welcome(void *context, int fd, uint32_t client)
{
	(void)context;
	trace("welcome %d %u", fd, client);
	return short_of_memory ? NULL : (struct control_client *)(void *)&places[client];
}

static const struct listener_class class = { welcome };

static void
setup(void)
{
	trace_clear();
	fake_begin();
	short_of_memory = false;
	seen = 0;
	l = listener_new(&class, NULL, NULL);
	ck_assert_ptr_nonnull(l);
	ck_assert(!fake_listens());
	ck_assert_int_eq(listener_open(l, &dir, "alice"), 0);
}

static void
teardown(void)
{
	listener_free(l);
	listener_free(NULL);
}

static void
count(struct control_client *c)
{
	ck_assert_ptr_nonnull(c);
	seen++;
}

START_TEST(test_listener_only_the_owner)
{
	int last;

	fake_connect(11, geteuid() + 1);
	trace_is("");
	ck_assert_uint_eq(fake_closed(&last), 1);
	ck_assert_int_eq(last, 11);
	fake_connect(12, geteuid());
	trace_is("welcome 12 0");
	ck_assert_uint_eq(fake_closed(&last), 1);
}
END_TEST

START_TEST(test_listener_indices)
{
	fake_connect(11, geteuid());
	fake_connect(12, geteuid());
	fake_connect(13, geteuid());
	trace_is("welcome 11 0; welcome 12 1; welcome 13 2");
	ck_assert_ptr_eq(listener_client(l, 1), (void *)&places[1]);
	ck_assert_ptr_null(listener_client(l, 3));
	ck_assert_ptr_null(listener_client(l, CONTROL_CLIENTS));
	ck_assert_ptr_null(listener_client(l, UINT32_MAX));
	listener_forget(l, 1);
	listener_each(l, count);
	ck_assert_uint_eq(seen, 2);
	fake_connect(14, geteuid());
	trace_is("welcome 14 1"); /* the one that is free again */
}
END_TEST

START_TEST(test_listener_crowded)
{
	int last;

	for (int i = 0; i < (int)CONTROL_CLIENTS; i++)
		fake_connect(-1, geteuid());
	trace_clear();
	fake_connect(-2, geteuid());
	trace_is("");
	ck_assert_uint_eq(fake_closed(&last), 1);
	ck_assert_int_eq(last, -2);
	listener_forget(l, 200);
	fake_connect(-3, geteuid());
	trace_is("welcome -3 200");
}
END_TEST

START_TEST(test_listener_short_of_memory)
{
	short_of_memory = true;
	fake_connect(11, geteuid());
	trace_is("welcome 11 0");
	ck_assert_ptr_null(listener_client(l, 0));
	short_of_memory = false;
	fake_connect(12, geteuid());
	trace_is("welcome 12 0");
}
END_TEST

START_TEST(test_listener_closes)
{
	fake_connect(11, geteuid());
	listener_close(l);
	ck_assert(!fake_listens());
	ck_assert_ptr_nonnull(listener_client(l, 0)); /* who is there is let go by others */
	listener_close(l);
}
END_TEST

Suite *
listener_suite(void)
{
	Suite *s = suite_create("listener");
	TCase *t = tcase_create("listener");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_listener_only_the_owner);
	tcase_add_test(t, test_listener_indices);
	tcase_add_test(t, test_listener_crowded);
	tcase_add_test(t, test_listener_short_of_memory);
	tcase_add_test(t, test_listener_closes);
	suite_add_tcase(s, t);
	return s;
}
