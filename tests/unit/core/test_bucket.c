#include <check.h>

#include "core/bucket.h"
#include "core/limits.h"

/* How many tokens are to be had at one moment. */
static unsigned
drain(struct bucket *b, uint64_t now)
{
	unsigned n = 0;

	while (n < 1000 && bucket_take(b, now, REQUEST_RATE, REQUEST_BURST))
		n++;
	return n;
}

START_TEST(burst_then_rate)
{
	struct bucket b = { 0 };
	const uint64_t start = 1000000;

	ck_assert_uint_eq(drain(&b, start), REQUEST_BURST);
	ck_assert_uint_eq(drain(&b, start), 0);
	ck_assert_uint_eq(drain(&b, start + 99), 0);
	ck_assert_uint_eq(drain(&b, start + 100), 1);
	ck_assert_uint_eq(drain(&b, start + 150), 0);
	ck_assert_uint_eq(drain(&b, start + 200), 1);
	ck_assert_uint_eq(drain(&b, start + 1200), REQUEST_RATE);
}
END_TEST

START_TEST(never_more_than_the_burst)
{
	struct bucket b = { 0 };

	ck_assert_uint_eq(drain(&b, 0), REQUEST_BURST);
	ck_assert_uint_eq(drain(&b, 1000 * REQUEST_BURST), REQUEST_BURST);
	ck_assert_uint_eq(drain(&b, UINT64_MAX / 2), REQUEST_BURST);
}
END_TEST

/* Over a long time it is the rate, however often somebody asks. */
START_TEST(long_run)
{
	struct bucket b = { 0 };
	unsigned taken = 0;

	for (uint64_t ms = 0; ms < 60000; ms++)
		taken += bucket_take(&b, ms, REQUEST_RATE, REQUEST_BURST);
	ck_assert_uint_ge(taken, REQUEST_BURST + 59 * REQUEST_RATE);
	ck_assert_uint_le(taken, REQUEST_BURST + 60 * REQUEST_RATE);
}
END_TEST

START_TEST(refusal_costs_nothing)
{
	struct bucket b = { 0 };
	uint64_t full_at;

	drain(&b, 5000);
	full_at = b.full_at;
	ck_assert(!bucket_take(&b, 5000, REQUEST_RATE, REQUEST_BURST));
	ck_assert_uint_eq(b.full_at, full_at);
}
END_TEST

Suite *
bucket_suite(void)
{
	Suite *suite = suite_create("bucket");
	TCase *tc = tcase_create("bucket");

	tcase_add_test(tc, burst_then_rate);
	tcase_add_test(tc, never_more_than_the_burst);
	tcase_add_test(tc, long_run);
	tcase_add_test(tc, refusal_costs_nothing);
	suite_add_tcase(suite, tc);
	return suite;
}
