/* Lines that were delivered, acknowledged by one connection and told by another, in any order: shown once, as they are told. */
#include <check.h>
#include <string.h>

#include "cli/chat/own.h"
#include "number.h"
#include "trace.h"

static struct own *o;

static void
show(void *context, const char *text, size_t len, int64_t time_ms)
{
	(void)context;
	trace("%.*s at %d", (int)len, text, time_ms == 5 ? 5 : 0);
}

static void
setup(void)
{
	trace_clear();
	o = own_new(show, NULL);
	ck_assert_ptr_nonnull(o);
}

static void
teardown(void)
{
	own_free(o);
	own_free(NULL);
}

static bool
delivered(uint64_t id, bool waited, bool told)
{
	const struct deliver_line line = { .text = "line", .len = 4, .id = number(id), .waited = waited };

	return own_delivered(o, &line, told);
}

static void
told(uint64_t id, enum own_line whose)
{
	const struct record r = {
		.own = true, .msgid = number(id), .time_ms = 5, .body = (const uint8_t *)"line", .length = 4
	};

	own_told(o, &r, whose);
}

START_TEST(shown_when_it_is_told)
{
	ck_assert(!delivered(1, false, true));
	trace_is("");
	told(9, OWN_ANOTHER);
	trace_is("line at 5");
	told(1, OWN_ANOTHER);
	trace_is("line at 5");
	own_flush(o);
	trace_is("");
}
END_TEST

START_TEST(told_first)
{
	told(1, OWN_OURS);
	trace_is("line at 5");
	told(1, OWN_OURS);
	trace_is("");
	own_flush(o); /* its acknowledgement may come by the next helper */
	ck_assert(!delivered(1, false, false));
	trace_is("");
}
END_TEST

START_TEST(not_told_at_all)
{
	ck_assert(delivered(1, false, false));
	ck_assert(!delivered(2, false, true));
	ck_assert(!delivered(3, false, true));
	told(3, OWN_ANOTHER); /* what stands before it was left out */
	trace_is("line at 0; line at 5");
	ck_assert(!delivered(4, false, true));
	own_flush(o);
	trace_is("line at 0");
	own_flush(NULL);
}
END_TEST

/* One that was shown while it waited is not shown again. */
START_TEST(one_that_waited)
{
	told(1, OWN_WAITED);
	ck_assert(delivered(1, true, true));
	ck_assert(delivered(2, true, true));
	told(2, OWN_ANOTHER);
	trace_is("");
}
END_TEST

Suite *
own_suite(void)
{
	Suite *s = suite_create("own");
	TCase *t = tcase_create("own");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, shown_when_it_is_told);
	tcase_add_test(t, told_first);
	tcase_add_test(t, not_told_at_all);
	tcase_add_test(t, one_that_waited);
	suite_add_tcase(s, t);
	return s;
}
