/* Whether there is colour, and whose it is. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "cli/line/options.h"
#include "cli/output/colour.h"

static struct options o;

/* With --color=WHEN, or without. */
static bool
with(const char *when)
{
	o.given[OPT_COLOR] = when != NULL;
	o.text[OPT_COLOR] = when;
	colour_setup(&o);
	return colour_on();
}

START_TEST(when)
{
	bool on_terminal, wanted_none, dumb;

	ck_assert_int_eq(setenv("TERM", "xterm", 1), 0);
	ck_assert_int_eq(unsetenv("NO_COLOR"), 0);
	capture_begin(STDOUT_FILENO);
	ck_assert(with("always") && !with("never") && !with("auto") && !with(NULL));
	(void)capture_end();
	capture_terminal(STDOUT_FILENO, 80);
	on_terminal = with(NULL) && with("auto") && !with("never");
	ck_assert_int_eq(setenv("NO_COLOR", "1", 1), 0);
	wanted_none = !with(NULL) && with("always");
	ck_assert_int_eq(setenv("NO_COLOR", "", 1), 0);
	ck_assert_int_eq(setenv("TERM", "dumb", 1), 0);
	dumb = !with(NULL) && with("always");
	(void)capture_end();
	ck_assert(on_terminal);
	ck_assert(wanted_none);
	ck_assert(dumb);
}
END_TEST

START_TEST(whose)
{
	static const char *const names[] = { "alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi" };
	unsigned others = 0;

	ck_assert(with("always"));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *colour = colour_of_name(names[i]);

		ck_assert_int_eq(strncmp(colour, "\033[", 2), 0);
		ck_assert_int_eq(colour[strlen(colour) - 1], 'm');
		ck_assert_ptr_eq(colour_of_name(names[i]), colour);
		ck_assert_str_ne(colour, colour_of_self());
		others += strcmp(colour, colour_of_name("alice")) != 0;
	}
	ck_assert_uint_gt(others, 3);
	ck_assert_str_eq(colour_off(), "\033[0m");
	colour_mute(true);
	ck_assert_str_eq(colour_of_name("alice"), "");
	ck_assert_str_eq(colour_off(), "");
	ck_assert(colour_on());
	colour_mute(false);
	ck_assert_str_ne(colour_of_name("alice"), "");
	ck_assert(!with("never"));
	ck_assert_str_eq(colour_of_name("alice"), "");
	ck_assert_str_eq(colour_of_self(), "");
	ck_assert_str_eq(colour_quiet(), "");
	ck_assert_str_eq(colour_off(), "");
}
END_TEST

Suite *
colour_suite(void)
{
	Suite *s = suite_create("colour");
	TCase *tc = tcase_create("colour");

	tcase_add_test(tc, when);
	tcase_add_test(tc, whose);
	suite_add_tcase(s, tc);
	return s;
}
