#include <check.h>
#include <stdint.h>

#include "base/macros.h"
#include "core/ident.h"

static struct ident
parsed(const char *text)
{
	struct ident id;

	ck_assert_msg(ident_parse(text, &id), "'%s' is not parsed", text);
	return id;
}

static const struct {
	const char *first;
	uint64_t n;
	const char *sum;
} sums[] = {
	{ "00000000000000000000000000000000", 0, "00000000000000000000000000000000" },
	{ "00000000000000000000000000000000", 1, "00000000000000000000000000000001" },
	{ "000000000000000000000000000000ff", 1, "00000000000000000000000000000100" },
	{ "0000000000000000ffffffffffffffff", 1, "00000000000000010000000000000000" },
	{ "0123456789abcdef8000000000000000", UINT64_C(1) << 63, "0123456789abcdf00000000000000000" },
	{ "00000000000000000000000000000001", UINT64_MAX, "00000000000000010000000000000000" },
	{ "ffffffffffffffffffffffffffffffff", 1, "00000000000000000000000000000000" },
	{ "ffffffffffffffffffffffffffffffff", UINT64_MAX, "0000000000000000fffffffffffffffe" },
};

START_TEST(counts_up)
{
	const struct ident first = parsed(sums[_i].first);
	const struct ident sum = ident_add(&first, sums[_i].n);
	char text[IDENT_HEX_LEN + 1];
	uint64_t n = ~sums[_i].n;

	ident_format(&sum, text);
	ck_assert_str_eq(text, sums[_i].sum);
	ck_assert(ident_distance(&first, &sum, &n));
	ck_assert_uint_eq(n, sums[_i].n);
}
END_TEST

START_TEST(order_is_that_of_numbers)
{
	const struct ident low = parsed("0000000000000000ffffffffffffffff");
	const struct ident high = ident_add(&low, 1);

	ck_assert_int_lt(memcmp(&low, &high, sizeof(low)), 0);
	ck_assert(ident_equal(&low, &low));
	ck_assert(!ident_equal(&low, &high));
}
END_TEST

START_TEST(far_apart)
{
	const struct ident a = parsed("00000000000000000000000000000005");
	const struct ident before = parsed("00000000000000000000000000000004");
	const struct ident beyond = parsed("00000000000000010000000000000005");
	const struct ident borrow = parsed("00000000000000010000000000000004");
	uint64_t n = 42;

	ck_assert(!ident_distance(&a, &before, &n));
	ck_assert(!ident_distance(&a, &beyond, &n));
	ck_assert_uint_eq(n, 42);
	ck_assert(ident_distance(&a, &borrow, &n));
	ck_assert_uint_eq(n, UINT64_MAX);
}
END_TEST

START_TEST(text_and_back)
{
	const struct ident id = parsed("00112233445566778899aAbBcCdDeEfF");
	char text[IDENT_HEX_LEN + 1];

	ck_assert_uint_eq(id.b[1], 0x11);
	ck_assert_uint_eq(id.b[15], 0xff);
	ident_format(&id, text);
	ck_assert_str_eq(text, "00112233445566778899aabbccddeeff");
}
END_TEST

static const char *const no_ids[] = {
	"", "0", "0011223344556677889900112233445", /* one short */
	"001122334455667788990011223344556",        /* one too many */
	"0011223344556677889900112233445g", "g0112233445566778899001122334455", " 0112233445566778899001122334455",
	"0x112233445566778899001122334455", "-0112233445566778899001122334455", "00112233445566778899001122334455 ",
	("\xff"
	 "0112233445566778899001122334455"), /* apart, or the f would be a third digit */
};

START_TEST(no_id)
{
	const struct ident before = parsed("000102030405060708090a0b0c0d0e0f");
	struct ident id = before;

	ck_assert(!ident_parse(no_ids[_i], &id));
	ck_assert(ident_equal(&id, &before));
}
END_TEST

Suite *
ident_suite(void)
{
	Suite *suite = suite_create("ident");
	TCase *tc = tcase_create("ident");

	tcase_add_loop_test(tc, counts_up, 0, ARRAY_SIZE(sums));
	tcase_add_test(tc, order_is_that_of_numbers);
	tcase_add_test(tc, far_apart);
	tcase_add_test(tc, text_and_back);
	tcase_add_loop_test(tc, no_id, 0, ARRAY_SIZE(no_ids));
	suite_add_tcase(suite, tc);
	return suite;
}
