#include <check.h>

#include "cli/chat/editor/origin.h"

static const struct origin now = { .known = true, .number = 7, .label = "bob" };

START_TEST(whose_it_is)
{
	const struct origin nothing = { 0 }, before = { .known = true, .number = 6, .label = "bob" };
	const struct origin mine = origin_recalled("Bob", &now), hers = origin_recalled("carol", &now);
	const struct origin nobodys = origin_recalled("", &now);

	ck_assert(!origin_is_other(&now, &now));
	ck_assert(!origin_is_other(&nothing, &now));
	ck_assert(origin_is_other(&before, &now)); /* another one of that name, perhaps */
	ck_assert(!origin_is_other(&mine, &now));
	ck_assert(origin_is_other(&hers, &now));
	ck_assert(!origin_is_other(&nobodys, &now));
}
END_TEST

START_TEST(of_two_the_other)
{
	const struct origin hers = origin_recalled("carol", &now), before = { .known = true, .number = 6 };
	const struct origin nobodys = origin_recalled("", &now);
	struct origin o = { .known = true, .number = 7, .label = "bob", .pasted = true };

	origin_join(&o, &now, &now);
	ck_assert(!origin_is_other(&o, &now));
	origin_join(&o, &hers, &now);
	ck_assert_str_eq(o.label, "carol");
	ck_assert(o.recalled && o.pasted);
	origin_join(&o, &before, &now); /* that it was somebody else is known already */
	ck_assert_str_eq(o.label, "carol");
	o = nobodys;
	origin_join(&o, &before, &now);
	ck_assert_uint_eq(o.number, 6);
}
END_TEST

Suite *
origin_suite(void)
{
	Suite *s = suite_create("origin");
	TCase *t = tcase_create("origin");

	tcase_add_test(t, whose_it_is);
	tcase_add_test(t, of_two_the_other);
	suite_add_tcase(s, t);
	return s;
}
