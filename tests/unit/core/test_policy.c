#include <check.h>

#include "base/macros.h"
#include "core/policy.h"

#define NAME(n)                                        \
	{                                              \
		.type = POLICY_BLOCK_NAME, .name = (n) \
	}
#define UID(n)                                      \
	{                                           \
		.type = POLICY_BLOCK_UID, .id = (n) \
	}
#define BLOCK(n)                                      \
	{                                             \
		.type = POLICY_BLOCK_GROUP, .id = (n) \
	}
#define ALLOW(n)                                      \
	{                                             \
		.type = POLICY_ALLOW_GROUP, .id = (n) \
	}

/* Always asked by bob, uid 1001, in the groups 1001, 50 and 60. */
static const struct {
	const char *what;
	bool dnd;
	uint32_t count;
	struct policy_rule rule[3];
	bool refused;
} cases[] = {
	{ "no rule", false, 0, { { 0 } }, false },
	{ "dnd", true, 0, { { 0 } }, true },
	{ "dnd wins over allow", true, 1, { ALLOW(50) }, true },
	{ "name", false, 1, { NAME("bob") }, true },
	{ "name without case", false, 1, { NAME("BoB") }, true },
	{ "another name", false, 1, { NAME("bobby") }, false },
	{ "uid", false, 1, { UID(1001) }, true },
	{ "another uid", false, 1, { UID(50) }, false },
	{ "group", false, 1, { BLOCK(60) }, true },
	{ "primary group", false, 1, { BLOCK(1001) }, true },
	{ "another group", false, 1, { BLOCK(1000) }, false },
	{ "allowed group", false, 1, { ALLOW(60) }, false },
	{ "another allowed group", false, 1, { ALLOW(61) }, true },
	{ "one of two allowed", false, 2, { ALLOW(61), ALLOW(50) }, false },
	{ "one of two allowed, first", false, 2, { ALLOW(50), ALLOW(61) }, false },
	{ "block wins over allow", false, 2, { ALLOW(50), BLOCK(60) }, true },
	{ "block wins over allow, first", false, 2, { NAME("bob"), ALLOW(50) }, true },
	{ "allowed, another blocked", false, 2, { ALLOW(50), NAME("eve") }, false },
	{ "not allowed, another blocked", false, 2, { ALLOW(61), NAME("eve") }, true },
	{ "the last of three", false, 3, { NAME("eve"), UID(7), BLOCK(60) }, true },
	{ "a type of the future", false, 1, { { .type = 99, .id = 1001, .name = "bob" } }, false },
	{ "what is behind the count", false, 1, { NAME("eve"), NAME("bob") }, false },
};

START_TEST(asked)
{
	static const uint32_t groups[] = { 1001, 50, 60 };
	const struct policy_caller bob = { "bob", 1001, groups, ARRAY_SIZE(groups) };
	struct policy p = { .dnd = cases[_i].dnd, .count = cases[_i].count };

	for (size_t i = 0; i < ARRAY_SIZE(cases[_i].rule); i++)
		p.rule[i] = cases[_i].rule[i];
	ck_assert_msg(policy_refuses(&p, &bob) == cases[_i].refused, "%s", cases[_i].what);
}
END_TEST

START_TEST(nobody_special)
{
	const struct policy_caller alone = { "bob", 1001, NULL, 0 };
	const struct policy members = { .count = 1, .rule = { ALLOW(50) } };

	ck_assert(!policy_refuses(NULL, &alone));
	ck_assert(policy_refuses(&members, &alone));
}
END_TEST

START_TEST(add_and_remove)
{
	const struct policy_rule bob = NAME("bob"), bob_again = NAME("BOB"), uid = UID(5), block = BLOCK(5),
				 allow = ALLOW(5);
	struct policy p = { 0 };

	ck_assert(policy_add(&p, &bob));
	ck_assert(policy_add(&p, &uid));
	ck_assert(policy_add(&p, &block));
	ck_assert(policy_add(&p, &allow));
	ck_assert_uint_eq(p.count, 4);
	ck_assert(policy_add(&p, &bob_again));
	ck_assert(policy_add(&p, &block));
	ck_assert_uint_eq(p.count, 4);

	ck_assert(policy_remove(&p, &uid));
	ck_assert_uint_eq(p.count, 3);
	ck_assert(!policy_remove(&p, &uid));
	ck_assert_uint_eq(p.rule[0].type, POLICY_BLOCK_NAME);
	ck_assert_uint_eq(p.rule[1].type, POLICY_BLOCK_GROUP);
	ck_assert_uint_eq(p.rule[2].type, POLICY_ALLOW_GROUP);
	ck_assert(policy_remove(&p, &bob_again));
	ck_assert(policy_remove(&p, &allow));
	ck_assert(policy_remove(&p, &block));
	ck_assert_uint_eq(p.count, 0);
	ck_assert(!policy_remove(&p, &block));
}
END_TEST

START_TEST(full)
{
	struct policy p = { 0 };
	const struct policy_rule more = UID(POLICY_ENTRIES), there = UID(0);

	for (uint32_t i = 0; i < POLICY_ENTRIES; i++) {
		const struct policy_rule rule = UID(i);

		ck_assert(policy_add(&p, &rule));
	}
	ck_assert(!policy_add(&p, &more));
	ck_assert(policy_add(&p, &there));
	ck_assert_uint_eq(p.count, POLICY_ENTRIES);
	ck_assert(policy_remove(&p, &there));
	ck_assert(policy_add(&p, &more));
	ck_assert_uint_eq(p.rule[0].id, 1);
	ck_assert_uint_eq(p.rule[POLICY_ENTRIES - 1].id, POLICY_ENTRIES);
}
END_TEST

Suite *
policy_suite(void)
{
	Suite *suite = suite_create("policy");
	TCase *tc = tcase_create("policy");

	tcase_add_loop_test(tc, asked, 0, ARRAY_SIZE(cases));
	tcase_add_test(tc, nobody_special);
	tcase_add_test(tc, add_and_remove);
	tcase_add_test(tc, full);
	suite_add_tcase(suite, tc);
	return suite;
}
