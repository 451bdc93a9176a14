#include "core/policy.h"

#include <stdio.h>

#include "core/names/name.h"

static bool
in_group(const struct policy_caller *caller, uint32_t gid)
{
	for (size_t i = 0; i < caller->n_groups; i++)
		if (caller->groups[i] == gid)
			return true;
	return false;
}

static bool
rule_matches(const struct policy_rule *rule, const struct policy_caller *caller)
{
	switch (rule->type) {
	case POLICY_BLOCK_NAME:
		return name_equal(rule->name, caller->name) ||
		    (caller->account && name_equal(rule->name, caller->account));
	case POLICY_BLOCK_UID:
		return rule->id == caller->uid;
	case POLICY_BLOCK_GROUP:
	case POLICY_ALLOW_GROUP:
		return in_group(caller, rule->id);
	default:
		return false;
	}
}

/* The kernel tells a uid. Whose it is, and which groups its owner should have, the user database tells. */
static bool
takes_account(const struct policy_rule *rule)
{
	return rule->type != POLICY_BLOCK_UID;
}

enum verdict
policy_judge(const struct policy *p, const struct policy_caller *caller)
{
	bool members_only = false, member = false, unsure = false;

	if (!p)
		return VERDICT_OK;
	if (p->dnd)
		return VERDICT_REFUSES;
	for (uint32_t i = 0; i < p->count; i++) {
		const bool matches = rule_matches(&p->rule[i], caller);

		unsure |= !caller->account && takes_account(&p->rule[i]);
		if (p->rule[i].type == POLICY_ALLOW_GROUP) {
			members_only = true;
			member |= matches;
		} else if (matches) {
			return VERDICT_REFUSES;
		}
	}
	if (unsure)
		return VERDICT_NO_ANSWER;
	return members_only && !member ? VERDICT_REFUSES : VERDICT_OK;
}

/* Names count for name rules only, numbers for the others only: what else a rule holds is not compared. */
static bool
rule_equal(const struct policy_rule *a, const struct policy_rule *b)
{
	if (a->type != b->type)
		return false;
	return a->type == POLICY_BLOCK_NAME ? name_equal(a->name, b->name) : a->id == b->id;
}

/* The index of an equal rule, p->count when there is none. */
static uint32_t
policy_find(const struct policy *p, const struct policy_rule *rule)
{
	uint32_t i;

	for (i = 0; i < p->count && !rule_equal(&p->rule[i], rule); i++)
		continue;
	return i;
}

bool
policy_add(struct policy *p, const struct policy_rule *rule)
{
	if (policy_find(p, rule) < p->count)
		return true;
	if (p->count == POLICY_ENTRIES)
		return false;
	p->rule[p->count++] = *rule;
	return true;
}

bool
policy_remove(struct policy *p, const struct policy_rule *rule)
{
	const uint32_t found = policy_find(p, rule);

	if (found == p->count)
		return false;
	p->count--;
	for (uint32_t i = found; i < p->count; i++)
		p->rule[i] = p->rule[i + 1];
	return true;
}

bool
policy_block(struct policy *p, const char *name, uint32_t uid)
{
	const uint32_t before = p->count;
	struct policy_rule of_name = { .type = POLICY_BLOCK_NAME },
			   of_account = { .type = POLICY_BLOCK_UID, .id = uid };

	(void)snprintf(of_name.name, sizeof(of_name.name), "%s", name);
	(void)snprintf(of_account.name, sizeof(of_account.name), "%s", name);
	if (policy_add(p, &of_name) && (uid == POLICY_NO_UID || policy_add(p, &of_account)))
		return true;
	p->count = before; /* rules are added at the end */
	return false;
}

bool
policy_blocks(const struct policy_rule *rule, const char *name)
{
	return (rule->type == POLICY_BLOCK_NAME || rule->type == POLICY_BLOCK_UID) && rule->name[0] != '\0' &&
	    name_equal(rule->name, name);
}

void
policy_unblock(struct policy *p, const struct policy_rule *rule)
{
	(void)policy_remove(p, rule);
	for (uint32_t i = p->count; rule->type == POLICY_BLOCK_NAME && i-- > 0;) {
		const struct policy_rule other = p->rule[i];

		if (policy_blocks(&other, rule->name))
			(void)policy_remove(p, &other);
	}
}
