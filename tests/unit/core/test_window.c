#include <check.h>

#include "core/window.h"
#include "quick.h"

static struct window w;

static void
setup(void)
{
	window_reset(&w);
}

START_TEST(test_window_bounds_the_number)
{
	for (unsigned i = 0; i < WINDOW_MESSAGES; i++)
		ck_assert(window_push(&w, 1));
	ck_assert(!window_push(&w, 1));
	ck_assert_uint_eq(w.count, WINDOW_MESSAGES);
	ck_assert_uint_eq(w.bytes, WINDOW_MESSAGES);
	window_pop(&w, 1);
	ck_assert(window_push(&w, 1));
	ck_assert(!window_has_room(&w, 0));
}
END_TEST

START_TEST(test_window_bounds_the_bytes)
{
	for (unsigned i = 0; i < WINDOW_BYTES / MESSAGE_MAX; i++)
		ck_assert(window_push(&w, MESSAGE_MAX));
	ck_assert(!window_push(&w, 1));
	ck_assert(window_push(&w, 0));
	window_pop(&w, 1);
	ck_assert(!window_push(&w, MESSAGE_MAX + 1));
	ck_assert(!window_push(&w, UINT32_MAX));
	ck_assert(window_push(&w, MESSAGE_MAX));
}
END_TEST

START_TEST(test_window_forgets_the_oldest_first)
{
	/* Round the ring several times, with sizes that differ. */
	uint32_t pushed = 0, popped = 0, bytes = 0;

	while (popped < 5 * WINDOW_MESSAGES) {
		while (window_push(&w, pushed % 300))
			bytes += pushed++ % 300;
		quick_assert(w.bytes == bytes);
		for (unsigned i = 0; i < 700; i++)
			bytes -= popped++ % 300;
		window_pop(&w, 700);
		quick_assert(w.bytes == bytes);
		quick_assert(w.count == pushed - popped);
	}
	window_pop(&w, UINT32_MAX);
	quick_assert(w.count == 0);
	quick_assert(w.bytes == 0);
}
END_TEST

Suite *
window_suite(void)
{
	Suite *s = suite_create("window");
	TCase *t = tcase_create("window");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, test_window_bounds_the_number);
	tcase_add_test(t, test_window_bounds_the_bytes);
	tcase_add_test(t, test_window_forgets_the_oldest_first);
	suite_add_tcase(s, t);
	return s;
}
