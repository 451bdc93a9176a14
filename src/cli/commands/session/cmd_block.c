/*
 * pchat block, unblock, allow: who may make contact. A blocked name takes its
 * account along, when that is known and not our own, so that another name does not help.
 */
#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>

#include "base/errors.h"
#include "base/translate.h"
#include "cli/line/command.h"
#include "cli/line/typed.h"
#include "cli/output/foreign.h"
#include "cli/output/format.h"
#include "cli/output/output.h"
#include "cli/output/report.h"
#include "client/who.h"
#include "core/names/name.h"
#include "proto/status.h"

static enum verdict
change(struct link *l, bool remove, const struct policy_rule *rule, uint64_t deadline)
{
	const struct control_message m = { .type = CONTROL_RULE,
		.u.rule = { .remove = remove, .has_rule = true, .rule = *rule } };

	return link_command(l, &m, deadline);
}

/* Errors that say nothing about the name; the others of getgrnam(3) mean that there is none. */
static bool
is_failure(int error)
{
	return error == EIO || error == EMFILE || error == ENFILE || error == ENOMEM;
}

#define GROUP_SHOWN 32U /* bytes of its name: an older daemon takes no more, and it is for people alone */

/*
 * "@staff", "@1000". 0; -ENOENT: there is none; -EXDEV: the session is at another host, whose groups have names and numbers
 * of their own, and only a number can be meant; or why nobody knows.
 */
static int
group_rule(const struct link *l, const char *operand, enum policy_rule_type type, struct policy_rule *rule)
{
	const struct group *g = NULL;
	unsigned long gid;
	char *end;

	errno = 0;
	if (!l->host[0] && !(g = getgrnam(operand + 1)) && is_failure(errno))
		return -errno;
	*rule = (struct policy_rule){ .type = (uint8_t)type };
	(void)foreign_cut(operand + 1, rule->name, GROUP_SHOWN + 1);
	if (g) {
		rule->id = g->gr_gid;
		return 0;
	}
	errno = 0;
	gid = strtoul(operand + 1, &end, 10);
	rule->id = (uint32_t)gid;
	if (isdigit((unsigned char)operand[1]) && *end == '\0' && errno == 0 && gid < UINT32_MAX)
		return 0;
	return l->host[0] ? -EXDEV : -ENOENT;
}

static int
report_group(const struct link *l, const char *operand, int error)
{
	if (error == -EXDEV)
		return report(VERDICT_USAGE,
		    "'%s' is at another host, where groups have numbers of their own: say @GID, the number of '%.64s' "
		    "there",
		    l->shown, operand + 1);
	if (error != -ENOENT)
		return report(VERDICT_FAILED, "cannot look up the group '%.64s': %s", operand + 1, error_words(-error));
	return report(VERDICT_NO_SUCH_USER, "there is no group '%.64s'; 'getent group' lists the groups", operand + 1);
}

/* Our own uid as the daemon has it: at another host that is another number, and ours may be anybody's there. */
static enum verdict
find_ourselves(struct link *l, uint64_t deadline, uint32_t *uid)
{
	const struct control_message m = { .type = CONTROL_STATUS };
	struct control_message state;
	const enum verdict v = link_call(l, &m, deadline, CONTROL_STATE, &state);

	if (v == VERDICT_OK)
		*uid = state.u.state.self.uid;
	return v;
}

/* The account behind the name, as long as it is online; POLICY_NO_UID: it is not, or is our own. */
static enum verdict
find_account(struct link *l, const char *name, uint64_t deadline, uint32_t *uid, bool *online)
{
	_cleanup_(who_release) struct who_list r = { .count = 0 };
	uint32_t ours = 0;
	enum verdict v = who_fetch(&r, l, "", deadline);

	if (v == VERDICT_OK) /* the daemon is there, and has said who we are */
		v = find_ourselves(l, deadline, &ours);
	*uid = POLICY_NO_UID;
	*online = false;
	for (size_t i = 0; v == VERDICT_OK && i < r.count; i++) {
		if (!name_equal(r.row[i].name, name))
			continue;
		*online = true;
		*uid = r.row[i].uid == ours ? POLICY_NO_UID : r.row[i].uid;
	}
	return v;
}

static enum verdict
fetch_rules(struct link *l, struct control_message *rules, uint64_t deadline)
{
	const struct control_message m = { .type = CONTROL_POLICY };

	return link_call(l, &m, deadline, CONTROL_RULES, rules);
}

/* The rules of `p` from `first` on are made; or, when one cannot be, none of them. */
static enum verdict
make_rules(struct link *l, const struct policy *p, uint32_t first, uint64_t deadline)
{
	char why[sizeof(l->words)];
	enum verdict v = VERDICT_OK;
	uint32_t i = first;

	while (i < p->count && (v = change(l, false, &p->rule[i], deadline)) == VERDICT_OK)
		i++;
	if (v == VERDICT_OK)
		return v;
	memcpy(why, l->words, sizeof(why));
	while (i-- > first)
		(void)change(l, true, &p->rule[i], deadline);
	memcpy(l->words, why, sizeof(why));
	return v;
}

static int
block_name(struct link *l, const char *name, uint64_t deadline)
{
	struct control_message rules;
	struct policy *p = &rules.u.policy;
	enum verdict v;
	uint32_t before, uid;
	bool online;

	if ((v = fetch_rules(l, &rules, deadline)) != VERDICT_OK ||
	    (v = find_account(l, name, deadline, &uid, &online)) != VERDICT_OK)
		return report(v, "%s", l->words);
	before = p->count;
	if (!policy_block(p, name, uid))
		return report(VERDICT_LIMIT, "there are too many rules; remove some with: pchat unblock NAME");
	if ((v = make_rules(l, p, before, deadline)) != VERDICT_OK)
		return report(v, "%s", l->words);
	if (!online)
		remark("nobody named '%s' is online; the rule for the name stands", name);
	return 0;
}

/* `group` is the operand, too; without `numbered` nobody knows its number, and a rule of that name is meant. */
static bool
is_about(const struct policy_rule *rule, const struct policy_rule *group, bool numbered, const char *operand)
{
	switch (rule->type) {
	case POLICY_BLOCK_NAME:
	case POLICY_BLOCK_UID:
		return operand[0] != '@' && policy_blocks(rule, operand);
	default:
		return operand[0] == '@' && (numbered ? rule->id == group->id : strcmp(rule->name, group->name) == 0);
	}
}

static int
unblock(struct invocation *inv, const char *operand)
{
	const uint64_t deadline = options_deadline(&inv->opt);
	struct policy_rule group = { 0 };
	struct control_message rules;
	enum verdict v;
	unsigned removed = 0;
	int rc = 0;

	if (operand[0] == '@' && (rc = group_rule(&inv->link, operand, POLICY_BLOCK_GROUP, &group)) < 0 && rc != -EXDEV)
		return report_group(&inv->link, operand, rc);
	v = fetch_rules(&inv->link, &rules, deadline);
	for (uint32_t i = 0; v == VERDICT_OK && i < rules.u.policy.count; i++) {
		if (!is_about(&rules.u.policy.rule[i], &group, rc == 0, operand))
			continue;
		v = change(&inv->link, true, &rules.u.policy.rule[i], deadline);
		removed++;
	}
	if (v != VERDICT_OK)
		return report(v, "%s", inv->link.words);
	if (removed == 0)
		return report(
		    VERDICT_NO_SUCH_USER, "there is no rule about '%.64s'; 'pchat block' lists the rules", operand);
	return 0;
}

static void
print_rule(const struct policy_rule *r)
{
	char name[FORMAT_SAFE_MAX];

	format_safe(r->name, name);
	if (r->type == POLICY_BLOCK_NAME)
		output_printf("block %s\n", name);
	else if (r->type == POLICY_BLOCK_UID)
		output_printf("block %s's account, uid %u\n", name, r->id);
	else
		output_printf("%s @%s, gid %u\n", r->type == POLICY_BLOCK_GROUP ? "block" : "allow", name, r->id);
}

static void
print_rule_json(const struct policy_rule *r)
{
	const bool group = r->type == POLICY_BLOCK_GROUP || r->type == POLICY_ALLOW_GROUP;
	json_t *o = json_pack("{ssso}", "rule", r->type == POLICY_ALLOW_GROUP ? "allow" : "block",
	    group ? "group" : "name", format_json_text(r->name));

	if (r->type != POLICY_BLOCK_NAME)
		format_json_add(&o, group ? "gid" : "uid", json_integer(r->id));
	format_json_line(o);
}

static int
list(struct invocation *inv)
{
	struct control_message rules;
	const enum verdict v = fetch_rules(&inv->link, &rules, options_deadline(&inv->opt));

	if (v != VERDICT_OK)
		return report(v, "%s", inv->link.words);
	for (uint32_t i = 0; i < rules.u.policy.count; i++)
		(inv->opt.given[OPT_JSON] ? print_rule_json : print_rule)(&rules.u.policy.rule[i]);
	if (rules.u.policy.count == 0)
		remark("there are no rules: whoever is online may make contact");
	return 0;
}

static int
add(struct invocation *inv, enum policy_rule_type type_of_group)
{
	const char *operand = inv->opt.operands[0];
	struct policy_rule rule;
	enum verdict v;
	int rc;

	if (operand[0] != '@' && name_equal(operand, inv->link.name))
		return report_verdict(VERDICT_SELF, operand);
	if (operand[0] != '@')
		return block_name(&inv->link, operand, options_deadline(&inv->opt));
	if ((rc = group_rule(&inv->link, operand, type_of_group, &rule)) < 0)
		return report_group(&inv->link, operand, rc);
	v = change(&inv->link, false, &rule, options_deadline(&inv->opt));
	return v == VERDICT_OK ? 0 : report(v, "%s", inv->link.words);
}

/* A name by R2, which becomes composed, or @ and a group. */
static enum verdict
take_target(struct invocation *inv, char words[TYPED_WORDS])
{
	static char name[NAME_MAX_LEN + 1];
	char *operand = inv->opt.operands[0];

	(void)snprintf(words, TYPED_WORDS, "%.64s: %s", operand, _(status_words(VERDICT_MALFORMED)));
	if (operand[0] == '@')
		return operand[1] != '\0' ? VERDICT_OK : VERDICT_MALFORMED;
	if (!typed_name(operand, name, words))
		return VERDICT_MALFORMED;
	inv->opt.operands[0] = name;
	return VERDICT_OK;
}

static int
block_run(struct invocation *inv)
{
	char words[TYPED_WORDS];

	if (inv->opt.operand_count == 0)
		return list(inv);
	if (take_target(inv, words) != VERDICT_OK)
		return report(VERDICT_MALFORMED, "%s", words);
	return add(inv, POLICY_BLOCK_GROUP);
}

static int
unblock_run(struct invocation *inv)
{
	char words[TYPED_WORDS];

	if (take_target(inv, words) != VERDICT_OK)
		return report(VERDICT_MALFORMED, "%s", words);
	return unblock(inv, inv->opt.operands[0]);
}

static int
allow_run(struct invocation *inv)
{
	char words[TYPED_WORDS];

	if (inv->opt.operands[0][0] != '@' || take_target(inv, words) != VERDICT_OK)
		return report(VERDICT_USAGE, "allow takes a group: pchat allow @GROUP");
	return add(inv, POLICY_ALLOW_GROUP);
}

const struct command command_block = {
	.name = "block",
	.operands = "[NAME|@GROUP]",
	.summary = N_("refuse contact by a person or a group; without a name, show all rules"),
	.examples = "pchat block mallory\n"
		    "pchat block @students\n"
		    "pchat block\n",
	.details = N_("The account behind the name is blocked too, when it is online and not your own. A block\n"
		      "wins over an allow. Rules are remembered across logins.\n"),
	.max_operands = 1,
	.needs_session = true,
	.run = block_run,
};

const struct command command_unblock = {
	.name = "unblock",
	.operands = "NAME|@GROUP",
	.missing = N_("unblock whom?"),
	.summary = N_("remove a rule made by block or allow"),
	.examples = "pchat unblock mallory\n"
		    "pchat unblock @students\n",
	.min_operands = 1,
	.max_operands = 1,
	.needs_session = true,
	.run = unblock_run,
};

const struct command command_allow = {
	.name = "allow",
	.operands = "@GROUP",
	.missing = N_("allow which group?"),
	.summary = N_("let only members of such groups make contact"),
	.examples = "pchat allow @staff\n"
		    "pchat unblock @staff\n",
	.details = N_("The kernel says whose login is in a group. Once one group is allowed, nobody else may\n"
		      "make contact; 'pchat unblock @GROUP' undoes that.\n"),
	.min_operands = 1,
	.max_operands = 1,
	.needs_session = true,
	.run = allow_run,
};
