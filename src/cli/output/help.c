#include "cli/output/help.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cli/line/command.h"
#include "cli/line/suggest.h"
#include "cli/output/output.h"
#include "cli/output/report.h"

#define OVERVIEW_MS 1000

static void
indented(const char *lines)
{
	while (*lines) {
		const size_t n = strcspn(lines, "\n") + 1;

		output_string("    ");
		output_write(lines, n);
		lines += n;
	}
}

static void
option_line(const struct option_row *row)
{
	char left[64];
	int n = snprintf(left, sizeof(left), row->letter ? "-%c, " : "    ", row->letter);

	n += snprintf(left + n, sizeof(left) - (size_t)n, "--%s", row->name);
	if (row->takes == OPTION_MAYBE_SECONDS)
		(void)snprintf(left + n, sizeof(left) - (size_t)n, "[=%s]", row->value);
	else if (row->value)
		(void)snprintf(left + n, sizeof(left) - (size_t)n, " %s", row->value);
	output_printf("    %-24s %s\n", left, row->help);
}

static void
option_lines(const char *heading, const struct option_row *row)
{
	if (!row || !row->name)
		return;
	output_printf("\n%s:\n", heading);
	for (; row->name; row++)
		option_line(row);
}

static int
show_command(const struct command *c)
{
	output_string("Examples:\n");
	indented(c->examples);
	output_printf("\nUsage: pchat [OPTION]... %s%s%s%s\n", c->name, c->options ? " [OPTION]..." : "",
	    *c->operands ? " " : "", c->operands);
	output_printf("    %s\n", c->summary);
	if (c->details) {
		output_string("\n");
		output_string(c->details);
	}
	option_lines("Options", c->options);
	option_lines("Options of every command", options_global);
	return 0;
}

static void
command_lines(const struct command *const *table)
{
	for (const struct command *const *c = table; *c; c++)
		if (!(*c)->hidden)
			output_printf("    %-12s %s\n", (*c)->name, (*c)->summary);
}

static int
show_all(const struct command *const *table)
{
	output_string("Examples:\n"
		      "    pchat login alice            log in under a name\n"
		      "    pchat to bob                 begin a chat\n"
		      "    pchat send \"lunch?\"          send, and know that it arrived\n"
		      "    pchat read                   see what is new\n"
		      "\nUsage: pchat [OPTION]... COMMAND [ARGUMENT]...\n"
		      "    private one-to-one chat between the people and scripts of this host\n"
		      "\nCommands ('pchat COMMAND --help' tells more):\n");
	command_lines(table);
	option_lines("Options, before or after the command", options_global);
	return 0;
}

/* What stands behind the sentence that says who one is. */
static void
circumstances(const struct control_message *m)
{
	if (m->u.state.unread > 0)
		output_printf(" %" PRIu64 " unread.", m->u.state.unread);
	if (m->u.state.dnd)
		output_string(" You refuse all contact: 'pchat dnd off' ends that.");
	if (m->u.state.daemon != DAEMON_CONNECTED)
		output_string(" The daemon cannot be reached at the moment.");
	output_string("\n\n");
}

static void
next_steps_without_session(const char *words, enum verdict v)
{
	output_printf("%s\n\n", words);
	if (v == VERDICT_NO_SESSION)
		output_string("    pchat login         log in under your account's name\n"
			      "    pchat login NAME    or under another\n");
	else
		output_string(
		    "    pchat               look again\n    pchat status        wait longer for an answer\n");
}

static void
next_steps_without_partner(const struct control_message *m)
{
	output_printf("You are %s; nobody is chatting with you.", m->u.state.self.name);
	circumstances(m);
	output_string("    pchat who           who is online\n    pchat to NAME       begin a chat\n");
	if (m->u.state.last > 0)
		output_string("    pchat read          see what has arrived\n");
	output_string("    pchat quit          log out\n");
}

static void
next_steps_with_partner(const struct control_message *m)
{
	const char *away = m->u.state.partner_online ? "" : ", whose connection is lost for the moment";

	output_printf("You are %s, chatting with %s%s.", m->u.state.self.name, m->u.state.partner.name, away);
	circumstances(m);
	output_string(
	    "    pchat read          see what has arrived\n    pchat send TEXT     send a message\n"
	    "    pchat ask TEXT      send a question, and wait for the answer\n    pchat leave         end the chat\n");
}

/* `pchat` alone. */
static int
show_overview(struct invocation *inv)
{
	const struct control_message request = { .type = CONTROL_STATUS };
	const uint64_t deadline = deadline_in(OVERVIEW_MS);
	struct control_message m;
	enum verdict v = command_find_session(inv);

	inv->link.revive = true;
	if (v == VERDICT_OK && (v = link_connect(&inv->link, deadline)) == VERDICT_OK)
		v = link_call(&inv->link, &request, deadline, CONTROL_STATE, &m);
	if (v != VERDICT_OK)
		next_steps_without_session(inv->link.words, v);
	else if (m.u.state.partner.name[0])
		next_steps_with_partner(&m);
	else
		next_steps_without_partner(&m);
	if (v == VERDICT_OK && link_alone(&inv->link))
		output_printf("\nNote: %s.\n", link_alone(&inv->link));
	output_string("\n'pchat --help' lists all commands.\n");
	return 0;
}

int
help_run(struct invocation *inv)
{
	const struct options *o = &inv->opt;

	if (o->given[OPT_VERSION]) {
		output_string(PACKAGE_STRING "\n");
		return 0;
	}
	if (!o->given[OPT_HELP] && o->operand_count == 0)
		return show_overview(inv);
	return o->command ? show_command(o->command) : show_all(o->commands);
}

static const char *
nearest_command(const struct options *o)
{
	struct suggestion s;

	suggest_begin(&s, o->operands[0]);
	for (const struct command *const *c = o->commands; *c; c++)
		if (!(*c)->hidden)
			suggest_try(&s, (*c)->name);
	return s.best;
}

static const char *
nearest_option(const struct options *o)
{
	struct suggestion s;

	suggest_begin(&s, o->unknown);
	for (const struct option_row *row = o->command ? o->command->options : NULL; row && row->name; row++)
		suggest_try(&s, row->name);
	for (const struct option_row *row = options_global; row->name; row++)
		suggest_try(&s, row->name);
	return s.best;
}

static const struct option_row *
find_unknown(const struct command *c, const struct options *o)
{
	if (o->unknown)
		return options_find(c->options, o->unknown, strcspn(o->unknown, "="));
	return options_find_letter(c->options, o->unknown_letter);
}

/* Whose option stood before the command: that one's, or of the first that has it. */
static const struct command *
owner(const struct options *o)
{
	if (!o->early)
		return NULL;
	if (o->command)
		return find_unknown(o->command, o) ? o->command : NULL;
	for (const struct command *const *c = o->commands; *c; c++)
		if (find_unknown(*c, o))
			return *c;
	return NULL;
}

static int
report_early(const struct options *o, const struct command *c)
{
	const char letter[] = { o->unknown_letter, '\0' };

	return report(VERDICT_USAGE, "%s before the command; it belongs behind it: pchat %s %s%s", o->mistake, c->name,
	    o->unknown ? "--" : "-", o->unknown ? find_unknown(c, o)->name : letter);
}

int
help_mistake(const struct options *o)
{
	const struct command *c = o->command, *early = owner(o);
	const char *meant = o->unknown ? nearest_option(o) : c || o->operand_count == 0 ? NULL : nearest_command(o);

	if (o->malformed)
		return report(VERDICT_MALFORMED, "%s", o->mistake);
	if (early)
		return report_early(o, early);
	if (meant)
		return report(VERDICT_USAGE, "%s; did you mean '%s%s'?", o->mistake, o->unknown ? "--" : "", meant);
	if (!c)
		return report(VERDICT_USAGE, "%s; 'pchat --help' shows what there is", o->mistake);
	return report(VERDICT_USAGE, "%s; usage: pchat %s%s%s ('pchat %s --help' tells more)", o->mistake, c->name,
	    *c->operands ? " " : "", c->operands, c->name);
}
