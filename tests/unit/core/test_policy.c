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
	{ "the account's name", false, 1, { NAME("Robert") }, true },
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
	const struct policy_caller bob = { "bob", "robert", 1001, groups, ARRAY_SIZE(groups) };
	struct policy p = { .dnd = cases[_i].dnd, .count = cases[_i].count };

	for (size_t i = 0; i < ARRAY_SIZE(cases[_i].rule); i++)
		p.rule[i] = cases[_i].rule[i];
	ck_assert_msg(
	    policy_judge(&p, &bob) == (cases[_i].refused ? VERDICT_REFUSES : VERDICT_OK), "%s", cases[_i].what);
}
END_TEST

START_TEST(nobody_special)
{
	const struct policy_caller alone = { "bob", "", 1001, NULL, 0 };
	const struct policy members = { .count = 1, .rule = { ALLOW(50) } };

	ck_assert_int_eq(policy_judge(NULL, &alone), VERDICT_OK);
	ck_assert_int_eq(policy_judge(&members, &alone), VERDICT_REFUSES);
}
END_TEST

/* Nobody has told the account of a caller: what its rules would say of it is not known, and what they say anyway is. */
START_TEST(account_unknown)
{
	static const struct {
		const char *what;
		bool dnd;
		uint32_t count;
		struct policy_rule rule[3];
		enum verdict wanted;
	} rows[] = {
		{ "no rule", false, 0, { { 0 } }, VERDICT_OK },
		{ "dnd", true, 1, { NAME("eve") }, VERDICT_REFUSES },
		{ "its uid", false, 2, { NAME("eve"), UID(1001) }, VERDICT_REFUSES },
		{ "another uid", false, 1, { UID(7) }, VERDICT_OK },
		{ "its name", false, 1, { NAME("bob") }, VERDICT_REFUSES },
		{ "another name, that may be its account's", false, 1, { NAME("eve") }, VERDICT_NO_ANSWER },
		{ "a group that it is in", false, 1, { BLOCK(50) }, VERDICT_REFUSES },
		{ "a group that it may belong to", false, 1, { BLOCK(51) }, VERDICT_NO_ANSWER },
		{ "a group that is allowed", false, 1, { ALLOW(50) }, VERDICT_NO_ANSWER },
		{ "not allowed", false, 1, { ALLOW(51) }, VERDICT_NO_ANSWER },
	};
	static const uint32_t groups[] = { 1001, 50 };
	const struct policy_caller bob = { "bob", NULL, 1001, groups, ARRAY_SIZE(groups) };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct policy p = { .dnd = rows[i].dnd, .count = rows[i].count };

		memcpy(p.rule, rows[i].rule, sizeof(rows[i].rule));
		ck_assert_msg(policy_judge(&p, &bob) == rows[i].wanted, "%s", rows[i].what);
	}
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

static bool
refuses(const struct policy *p, const char *name, uint32_t uid)
{
	const struct policy_caller caller = { .name = name, .account = "", .uid = uid };

	return policy_judge(p, &caller) == VERDICT_REFUSES;
}

/* `count` rules about others, and, as told, rules about bob that were there before. */
static struct policy
filled(uint32_t count, bool name, bool account)
{
	struct policy p = { .count = count };

	for (uint32_t i = 0; i < count; i++)
		p.rule[i] = (struct policy_rule)UID(5000 + i);
	if (name)
		p.rule[0] = (struct policy_rule)NAME("Bob");
	if (account)
		p.rule[1] = (struct policy_rule){ .type = POLICY_BLOCK_UID, .id = 1001, .name = "Bob" };
	return p;
}

/* Every fullness, with and without each rule being there, with and without a known account. */
START_TEST(block_makes_both_rules_or_none)
{
	for (unsigned i = 0; i < 8; i++) {
		const bool name = i & 1, account = i & 2, known = i & 4;
		const struct policy before = filled((uint32_t)_i, name, account);
		const uint32_t wanted = (name ? 0U : 1U) + (known && !account ? 1U : 0U);
		const bool fits = before.count + wanted <= POLICY_ENTRIES;
		struct policy p = before;

		ck_assert(policy_block(&p, "bob", known ? 1001 : POLICY_NO_UID) == fits);
		ck_assert_uint_eq(p.count, before.count + (fits ? wanted : 0));
		ck_assert_mem_eq(p.rule, before.rule, before.count * sizeof(p.rule[0]));
		ck_assert(refuses(&p, "BOB", 7) == (fits || name));
		ck_assert(refuses(&p, "robert", 1001) == (account || (fits && known)));
		ck_assert(refuses(&p, "robert", POLICY_NO_UID) == false);
	}
}
END_TEST

START_TEST(unblock_takes_back_what_block_made)
{
	const struct policy_rule rule = NAME("BOB"), other = { .type = POLICY_BLOCK_UID, .id = 1001, .name = "rob" };
	struct policy p = filled((uint32_t)_i, false, false);
	const struct policy before = p;

	if (!policy_block(&p, "bob", 1001))
		return;
	policy_unblock(&p, &rule);
	ck_assert_uint_eq(p.count, before.count);
	ck_assert_mem_eq(p.rule, before.rule, before.count * sizeof(p.rule[0]));
	ck_assert(policy_add(&p, &other)); /* made by `block rob`: it stays */
	policy_unblock(&p, &rule);
	ck_assert(refuses(&p, "bob", 1001));
	policy_unblock(&p, &other); /* a rule that is no name's goes alone */
	ck_assert(!refuses(&p, "bob", 1001));
}
END_TEST

START_TEST(rules_of_a_name)
{
	const struct policy_rule of_bob[] = { NAME("bob"), { .type = POLICY_BLOCK_UID, .id = 1, .name = "BOB" } };
	const struct policy_rule of_others[] = { NAME("rob"), UID(1), { .type = POLICY_BLOCK_GROUP, .name = "bob" },
		{ .type = POLICY_ALLOW_GROUP, .name = "bob" } };

	for (size_t i = 0; i < ARRAY_SIZE(of_bob); i++)
		ck_assert(policy_blocks(&of_bob[i], "bob"));
	for (size_t i = 0; i < ARRAY_SIZE(of_others); i++)
		ck_assert(!policy_blocks(&of_others[i], "bob"));
}
END_TEST

Suite *
policy_suite(void)
{
	Suite *suite = suite_create("policy");
	TCase *tc = tcase_create("policy");

	tcase_add_loop_test(tc, asked, 0, ARRAY_SIZE(cases));
	tcase_add_test(tc, nobody_special);
	tcase_add_test(tc, account_unknown);
	tcase_add_test(tc, add_and_remove);
	tcase_add_test(tc, full);
	tcase_add_loop_test(tc, block_makes_both_rules_or_none, 2, POLICY_ENTRIES + 1);
	tcase_add_loop_test(tc, unblock_takes_back_what_block_made, 0, POLICY_ENTRIES + 1);
	tcase_add_test(tc, rules_of_a_name);
	suite_add_tcase(suite, tc);
	return suite;
}
