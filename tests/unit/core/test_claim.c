#include <check.h>
#include <string.h>
#include <strings.h>

#include "core/claim.h"

/* Every combination of who says what: a pair is made of exactly those two that name each other and one pair. */
START_TEST(test_claim_agree_only_when_all_fits)
{
	static const char *const names[] = { "alice", "bob", "ALICE" };
	static const uint32_t uids[] = { 1000, 1001 };
	unsigned agreed = 0;

	for (unsigned i = 0; i < 3U * 3 * 2 * 2 * 3 * 3; i++) {
		struct claim ca = { .pair = i % 3, .uid = uids[i / 9 % 2] };
		struct claim cb = { .pair = i / 3 % 3, .uid = uids[i / 18 % 2] };
		struct claimant a = { "alice", 1000, &ca, false }, b = { "bob", 1001, &cb, false };
		bool fits;

		strcpy(ca.name, names[i / 36 % 3]);
		strcpy(cb.name, names[i / 108 % 3]);
		fits = ca.pair != 0 && ca.pair == cb.pair && ca.uid == 1001 && cb.uid == 1000 &&
		    strcasecmp(ca.name, "bob") == 0 && strcasecmp(cb.name, "alice") == 0;
		ck_assert(claim_agree(&a, &b) == fits);
		ck_assert(claim_agree(&b, &a) == fits);
		agreed += fits;
		a.had_pair = true; /* which may be this one, and over */
		ck_assert(!claim_agree(&a, &b));
		ck_assert(!claim_agree(&b, &a));
		a.had_pair = false;
		a.claim = NULL;
		ck_assert(!claim_agree(&a, &b));
		ck_assert(!claim_agree(&b, &a));
	}
	ck_assert_uint_eq(agreed, 2 * 2); /* two pairs, and a name in either case */
}
END_TEST

START_TEST(test_claim_admit)
{
	ck_assert_int_eq(claim_admit(false, false), VERDICT_OK);
	ck_assert_int_eq(claim_admit(true, true), VERDICT_OK);
	ck_assert_int_eq(claim_admit(true, false), VERDICT_EXPIRED);
	ck_assert_int_eq(claim_admit(false, true), VERDICT_STARTING); /* the name may be of one who comes back */
}
END_TEST

Suite *
claim_suite(void)
{
	Suite *s = suite_create("claim");
	TCase *t = tcase_create("claim");

	tcase_add_test(t, test_claim_agree_only_when_all_fits);
	tcase_add_test(t, test_claim_admit);
	suite_add_tcase(s, t);
	return s;
}
