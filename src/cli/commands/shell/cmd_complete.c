/*
 * pchat __complete WHAT: what the shells' completions offer, as lines of a word,
 * a tab and a description. Starts nothing, and rather says nothing than take long.
 */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/translate.h"
#include "cli/commands/shell/complete_files.h"
#include "cli/commands/stream/offers.h"
#include "cli/line/command.h"
#include "cli/output/format.h"
#include "cli/output/output.h"
#include "cli/output/report.h"
#include "client/history_open.h"
#include "client/who.h"
#include "proto/feature.h"
#include "proto/offer.h"

#define COMPLETE_MS 150 /* of the 200 that it may take */

static void
line(const char *word, const char *description)
{
	output_string(word);
	output_string("\t");
	output_string(description);
	output_string("\n");
}

static int
complete_commands(struct invocation *inv)
{
	for (const struct command *const *c = inv->edition->commands; *c; c++)
		if (!(*c)->hidden)
			line((*c)->name, _((*c)->summary));
	return 0;
}

static void
option_rows(const struct option_row *row)
{
	for (; row && row->name; row++) {
		output_printf("--%s\t%s\n", row->name, _(row->help));
		if (row->letter)
			output_printf("-%c\t%s\n", row->letter, _(row->help));
	}
}

/* __complete options [COMMAND] */
static int
complete_options(struct invocation *inv)
{
	const struct command *c =
	    inv->opt.operand_count > 1 ? command_find(inv->edition->commands, inv->opt.operands[1]) : NULL;

	if (c)
		option_rows(c->options);
	option_rows(options_global);
	return 0;
}

static bool
session_line(const char *name, void *context)
{
	(void)context;
	line(name, _("a session of yours"));
	return true;
}

static bool
session_line_at(const char *host, const char *name, void *context)
{
	char session[VIA_SESSION_MAX + 1];

	via_join(host, name, session);
	return session_line(session, context);
}

static int
complete_sessions(struct invocation *inv)
{
	struct link *l = &inv->link;

	for (unsigned place = 0; place < RUNDIR_PLACES; place++) {
		if (rundir_open(&l->dir, place, NULL) < 0)
			continue;
		session_file_each_via(&l->dir, session_line_at, NULL);
		(void)!session_file_each(&l->dir, session_line, NULL);
		rundir_close(&l->dir);
	}
	return 0;
}

static const char *
about(const struct who_row *e)
{
	static char text[FORMAT_SAFE_MAX + 32];
	char account[FORMAT_SAFE_MAX];

	(void)snprintf(
	    text, sizeof(text), _("%s, account %s"), _(format_state(e->state)), format_safe(e->account, account));
	return text;
}

/*
 * Everyone but ourselves, and those who would refuse; those alone whose names begin as the second operand: a shell takes
 * long to look through a crowd.
 */
static int
each_user(struct invocation *inv, void (*print)(const struct who_row *e))
{
	const char *begins = inv->opt.operand_count > 1 ? inv->opt.operands[1] : "";
	const uint64_t deadline = deadline_in(COMPLETE_MS);
	struct link *l = &inv->link;
	_cleanup_(who_release) struct who_list r = { .count = 0 };

	if (command_find_session(inv) != VERDICT_OK || link_connect(l, deadline) != VERDICT_OK ||
	    who_fetch(&r, l, begins, deadline) != VERDICT_OK)
		return 0;
	for (size_t i = 0; i < r.count; i++)
		if (r.row[i].reachable && strcasecmp(r.row[i].name, l->name) != 0)
			print(&r.row[i]);
	return 0;
}

static void
user_line(const struct who_row *e)
{
	line(e->name, about(e));
}

static void
name_line(const struct who_row *e)
{
	output_string(e->name);
	output_string("\n");
}

static int
complete_users(struct invocation *inv)
{
	return each_user(inv, user_line);
}

/* The same, without a description. */
static int
complete_names(struct invocation *inv)
{
	return each_user(inv, name_line);
}

/* All that there are: one may be blocked that one is no member of. Of another host's nothing is known. */
static int
complete_groups(struct invocation *inv)
{
	const struct group *g;
	char name[FORMAT_SAFE_MAX];

	if (command_find_session(inv) == VERDICT_OK && inv->link.host[0])
		return 0;
	setgrent();
	while ((g = getgrent())) {
		output_printf("@%s\t", format_safe(g->gr_name, name));
		output_printf(_("group, gid %u\n"), (unsigned)g->gr_gid);
	}
	endgrent();
	return 0;
}

/* What block and allow have made, as unblock takes it. */
static int
complete_rules(struct invocation *inv)
{
	const struct control_message m = { .type = CONTROL_POLICY };
	const uint64_t deadline = deadline_in(COMPLETE_MS);
	struct link *l = &inv->link;
	struct control_message rules;

	if (command_find_session(inv) != VERDICT_OK || link_connect(l, deadline) != VERDICT_OK ||
	    link_call(l, &m, deadline, CONTROL_RULES, &rules) != VERDICT_OK)
		return 0;
	for (uint32_t i = 0; i < rules.u.policy.count; i++) {
		const struct policy_rule *r = &rules.u.policy.rule[i];
		char name[FORMAT_SAFE_MAX];

		format_safe(r->name, name);
		if (r->type == POLICY_BLOCK_NAME)
			line(name, "blocked");
		else if (r->type != POLICY_BLOCK_UID) /* that goes with the name */
			output_printf("@%s\t%s\n", name, r->type == POLICY_BLOCK_GROUP ? _("blocked") : _("allowed"));
	}
	return 0;
}

static void
offer_line(const struct record *r, void *context)
{
	char number[24];

	(void)context;
	(void)snprintf(number, sizeof(number), "%llu", (unsigned long long)r->id);
	output_printf("%s\t%s", number, offer_kind(r->body, r->length) == OFFER_STREAM ? _("stream") : _("files"));
	format_offer(r);
	output_string("\n");
}

/* What the partner offers. */
static int
complete_offers(struct invocation *inv)
{
	const uint64_t deadline = deadline_in(COMPLETE_MS);

	inv->link.features = FEATURE_NOTES | FEATURE_STREAMS;
	if (command_find_session(inv) == VERDICT_OK && link_connect(&inv->link, deadline) == VERDICT_OK)
		(void)!offers_list(&inv->link, deadline, offer_line, NULL);
	return 0;
}

static void
inbox_line(const char *name, void *context)
{
	(void)context;
	line(name, _("an inbox of yours"));
}

static int
complete_inboxes(struct invocation *inv)
{
	(void)inv;
	history_each_inbox(inbox_line, NULL);
	return 0;
}

static int
complete_logins(struct invocation *inv)
{
	(void)inv;
	history_each_login(inbox_line, NULL);
	return 0;
}

/* __complete files WORD; a shell knows them itself. */
static int
files(struct invocation *inv)
{
	complete_files(inv->opt.operand_count > 1 ? inv->opt.operands[1] : "", deadline_in(COMPLETE_MS));
	return 0;
}

static const struct {
	const char *what;
	int (*run)(struct invocation *inv);
} kinds[] = {
	{ "commands", complete_commands },
	{ "files", files },
	{ "groups", complete_groups },
	{ "inboxes", complete_inboxes },
	{ "logins", complete_logins },
	{ "names", complete_names },
	{ "offers", complete_offers },
	{ "options", complete_options },
	{ "rules", complete_rules },
	{ "sessions", complete_sessions },
	{ "users", complete_users },
};

/* That nobody reads it is forgotten. */
static int
silent(int status)
{
	if (output_flush() == -ETIMEDOUT)
		output_redirect(STDOUT_FILENO);
	return status;
}

static int
complete_run(struct invocation *inv)
{
	output_give_up(deadline_in(COMPLETE_MS));
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(inv->opt.operands[0], kinds[i].what) == 0)
			return silent(kinds[i].run(inv));
	return report(VERDICT_USAGE,
	    "__complete knows commands, files WORD, groups, inboxes, logins, names [BEGIN], offers, options [COMMAND], "
	    "rules, sessions and users [BEGIN]");
}

const struct command command_complete = {
	.name = "__complete",
	.operands = "WHAT",
	.summary = N_("what shells complete with"),
	.examples = "pchat __complete users\n",
	.min_operands = 1,
	.max_operands = 2,
	.hidden = true,
	.run = complete_run,
};
