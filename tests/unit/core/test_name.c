#include <check.h>
#include <string.h>

#include "base/macros.h"
#include "core/name.h"

#define X31 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

/* The rule R2, said the other way round: each byte at each place. */
START_TEST(every_byte)
{
	static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	static const char later[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

	for (int byte = 0; byte < 256; byte++) {
		const char c = (char)byte;
		const char one[] = { c };
		const char two[] = { 'a', c };
		const char three[] = { 'a', c, 'a' };

		ck_assert_int_eq(name_valid(one, 1), c != '\0' && strchr(first, c) != NULL);
		ck_assert_int_eq(name_valid(two, 2), c != '\0' && strchr(later, c) != NULL);
		ck_assert_int_eq(name_valid(three, 3), c != '\0' && strchr(later, c) != NULL);
	}
}
END_TEST

START_TEST(length)
{
	ck_assert(!name_valid("", 0));
	ck_assert(!name_valid("a", 0));
	ck_assert(name_valid("a", 1));
	ck_assert(name_valid(X31, 31));
	ck_assert(name_valid(X31 "x", 32));
	ck_assert(!name_valid(X31 "xx", 33));
}
END_TEST

/* No more bytes are looked at than were given. */
START_TEST(no_further)
{
	ck_assert(name_valid("bob\n", 3));
	ck_assert(!name_valid("bob\n", 4));
}
END_TEST

static const struct {
	const char *a, *b;
	bool same;
} pairs[] = {
	{ "bob", "bob", true },
	{ "bob", "BOB", true },
	{ "A.b_C-9", "a.B_c-9", true },
	{ "bob", "bo", false },
	{ "bo", "bob", false },
	{ "bob", "rob", false },
	{ "a-b", "a.b", false },
	{ "a_b", "a-b", false },
	{ "k0", "kO", false },
	{ "Z", "z", true },
	{ X31 "a", X31 "A", true },
	{ X31 "a", X31 "b", false },
};

START_TEST(without_case)
{
	char a[NAME_MAX_LEN + 1], b[NAME_MAX_LEN + 1];

	ck_assert_int_eq(name_equal(pairs[_i].a, pairs[_i].b), pairs[_i].same);
	name_fold(pairs[_i].a, a);
	name_fold(pairs[_i].b, b);
	ck_assert_int_eq(strcmp(a, b) == 0, pairs[_i].same);
	ck_assert_int_eq(name_hash(pairs[_i].a) == name_hash(pairs[_i].b), pairs[_i].same);
}
END_TEST

START_TEST(folded)
{
	char out[NAME_MAX_LEN + 1];

	name_fold("Alice.B_C-7", out);
	ck_assert_str_eq(out, "alice.b_c-7");
	name_fold(X31 "Y", out);
	ck_assert_str_eq(out, X31 "y");
}
END_TEST

Suite *
name_suite(void)
{
	Suite *suite = suite_create("name");
	TCase *tc = tcase_create("name");

	tcase_add_test(tc, every_byte);
	tcase_add_test(tc, length);
	tcase_add_test(tc, no_further);
	tcase_add_loop_test(tc, without_case, 0, ARRAY_SIZE(pairs));
	tcase_add_test(tc, folded);
	suite_add_tcase(suite, tc);
	return suite;
}
