/*
 * Whom a session lets contact it: dnd, `block NAME`, `block @group`,
 * `allow @group`. Plain state and one question.
 */
#ifndef PCHAT_CORE_POLICY_H
#define PCHAT_CORE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/limits.h"
#include "core/verdict.h"

enum policy_rule_type {
	POLICY_BLOCK_NAME = 1, /* a session of that name, whoever holds it, */
	POLICY_BLOCK_UID = 2,  /* and the account behind it, under any name */
	POLICY_BLOCK_GROUP = 3,
	POLICY_ALLOW_GROUP = 4, /* once there is one, only members of an allowed group may */
};

struct policy_rule {
	uint8_t type; /* enum policy_rule_type */
	uint32_t id;  /* uid or gid */
	char name[NAME_MAX_LEN + 1];
};

struct policy {
	bool dnd;
	uint32_t count;
	struct policy_rule rule[POLICY_ENTRIES];
};

/* Who asks; groups as the kernel reports them (SO_PEERGROUPS, unix(7)), the primary one included. */
struct policy_caller {
	const char *name;
	const char *account; /* empty: it has none, or none that could be a session's name; NULL: nobody has told */
	uint32_t uid;
	const uint32_t *groups;
	size_t n_groups;
};

/*
 * OK, REFUSES, or NO_ANSWER: there are rules about names or groups, and the caller's account is not known. A rule for a
 * name holds for the account of that name, too. A block wins over an allow. p may be NULL: nobody is refused.
 */
enum verdict policy_judge(const struct policy *p, const struct policy_caller *caller);

/* Adds a rule unless it is there; false when the policy is full. */
bool policy_add(struct policy *p, const struct policy_rule *rule);

/* Removes a rule; false when it was not there. */
bool policy_remove(struct policy *p, const struct policy_rule *rule);

/*
 * `block NAME`: a rule for the name, and one for the account behind it, so that another name does not help. `uid` is
 * that account; POLICY_NO_UID when it is not known, or one's own. Both rules, or, when there is no room for both, none
 * that was not there before: then it returns false.
 */
#define POLICY_NO_UID UINT32_MAX
bool policy_block(struct policy *p, const char *name, uint32_t uid);

/* `unblock NAME`, `unblock @GROUP`: removes the rule; with a name's rule also that of the account that was behind it. */
void policy_unblock(struct policy *p, const struct policy_rule *rule);

/* Whether `block NAME` made this rule. */
bool policy_blocks(const struct policy_rule *rule, const char *name);

#endif
