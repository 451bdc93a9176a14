/* pchat status: me, my partner, what is unread. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/translate.h"
#include "cli/commands/session/cmd_status_prompt.h"
#include "cli/line/command.h"
#include "cli/output/foreign.h"
#include "cli/output/format.h"
#include "cli/output/output.h"
#include "cli/output/partner.h"
#include "cli/output/report.h"
#include "cli/output/rows.h"
#include "proto/feature.h"
#include "proto/safe.h"
#include "proto/status.h"

static const struct option_row options[] = {
	{ OPT_PROMPT, 0, "prompt", OPTION_NOTHING, NULL,
	    N_("a word for PS1 or a status line; never fails, never takes long") },
	{ 0 },
};

static void
print_json(const struct control_message *m)
{
	format_json_line(json_pack("{sssososssIsIss}", "name", m->u.state.self.name, "partner",
	    format_json_text(m->u.state.partner.name), "partner_account", format_json_text(m->u.state.partner.account),
	    "state", format_state(m->u.state.state), "unread", (json_int_t)m->u.state.unread, "notes",
	    (json_int_t)m->u.state.notes, "daemon",
	    m->u.state.daemon == DAEMON_CONNECTED ? "connected" : "reconnecting"));
}

static const char *
last_end(uint8_t ending)
{
	static const char *const words[] = {
		[ENDING_NONE] = "",
		[ENDING_LEFT] = N_(" (the last partner left)"),
		[ENDING_QUIT] = N_(" (the last partner quit)"),
		[ENDING_GONE] = N_(" (the last partner is gone)"),
	};

	return ending < ARRAY_SIZE(words) ? _(words[ending]) : "";
}

/* The count goes into the sentence as text, whatever its type is. */
static const char *
number_of(uint64_t count, char out[24])
{
	(void)snprintf(out, 24, "%" PRIu64, count);
	return out;
}

#define AWAY_SHOWN REPORT_SAFE_MAX(FOREIGN_QUOTED(AWAY_MAX))

static const char *
quoted(const char *text, char out[AWAY_SHOWN])
{
	char escaped[FOREIGN_QUOTED(AWAY_MAX)];

	(void)foreign_quoted(text, strlen(text), escaped, sizeof(escaped));
	out[safe_line(escaped, strlen(escaped), out, AWAY_SHOWN - 1)] = '\0';
	return out;
}

/* What a person wrote comes last, quoted. */
static void
print_away(const struct control_message *m)
{
	char shown[AWAY_SHOWN];

	if (m->u.state.away[0])
		output_printf(_(", away: \"%s\""), quoted(m->u.state.away, shown));
	if (m->u.state.partner_away[0])
		output_printf(_(", who is away: \"%s\""), quoted(m->u.state.partner_away, shown));
}

static void
print_text(const struct link *l, const struct control_message *m)
{
	char account[FORMAT_SAFE_MAX], number[24];

	rows_begin();
	output_printf("%s: ", m->u.state.self.name);
	if (m->u.state.partner.name[0])
		output_printf(m->u.state.partner_online
			? _("chatting with %s (account %s)")
			: _("chatting with %s (account %s), whose connection is lost for the moment"),
		    m->u.state.partner.name, format_safe(m->u.state.partner.account, account));
	else
		output_printf("%s%s", _("free"), last_end(m->u.state.last_end));
	output_printf(
	    translate_count(", %s unread", ", %s unread", m->u.state.unread), number_of(m->u.state.unread, number));
	if (m->u.state.notes > 0)
		output_printf(
		    translate_count(", %s note", ", %s notes", m->u.state.notes), number_of(m->u.state.notes, number));
	if (m->u.state.notes_off)
		output_string(_(", takes no notes"));
	if (m->u.state.dnd)
		output_string(_(", do not disturb"));
	if (m->u.state.daemon != DAEMON_CONNECTED)
		output_string(_(", reconnecting to the daemon"));
	if (l->host[0])
		output_printf(_(", at %s"), l->host);
	print_away(m);
	output_string("\n");
	rows_end();
}

/* Of a session at another host: why the daemon there cannot be reached, if that is known. */
static void
remark_trouble(struct invocation *inv, uint64_t deadline)
{
	const struct control_message request = { .type = CONTROL_LINK };
	struct control_message reply;

	if (link_call(&inv->link, &request, deadline, CONTROL_OUTCOME, &reply) == VERDICT_OK &&
	    reply.u.outcome.verdict == VERDICT_NO_DAEMON && reply.u.outcome.words[0])
		remark("%s", reply.u.outcome.words);
}

static int
status_run(struct invocation *inv)
{
	const struct control_message request = { .type = CONTROL_STATUS };
	const uint64_t deadline = options_deadline(&inv->opt);
	struct control_message m;
	enum verdict v;

	if (inv->opt.given[OPT_PROMPT])
		return status_prompt_run(inv);
	inv->link.revive = true;
	inv->link.features = FEATURE_NOTES | FEATURE_AWAY;
	v = command_find_session(inv);
	if (v == VERDICT_OK && (v = link_connect(&inv->link, deadline)) == VERDICT_OK)
		v = link_call(&inv->link, &request, deadline, CONTROL_STATE, &m);
	if (v != VERDICT_OK)
		return report(v, "%s", inv->link.words);
	(void)rows_setup();
	if (inv->opt.given[OPT_JSON])
		print_json(&m);
	else
		print_text(&inv->link, &m);
	if (inv->link.host[0] && m.u.state.daemon != DAEMON_CONNECTED)
		remark_trouble(inv, deadline);
	if (!inv->opt.given[OPT_JSON] && link_alone(&inv->link))
		remark("%s", link_alone(&inv->link));
	return 0;
}

const struct command command_status = {
	.name = "status",
	.operands = "",
	.summary = N_("show who you are, who your partner is, and how much is unread"),
	.examples = "pchat status\n"
		    "PS1='$(pchat status --prompt)\\$ '\n"
		    "pchat status --json | jq .unread\n",
	.details = N_("--prompt prints the partner and how much is unread ('bob:2', or 'bob' when nothing is).\n"
		      "Without a partner it prints your own name, and without a session nothing. It exits with 0.\n"),
	.options = options,
	.run = status_run,
};
