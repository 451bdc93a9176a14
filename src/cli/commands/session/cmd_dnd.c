/* pchat dnd on|off: refuse new chats, or accept them again. */
#include <string.h>

#include "base/translate.h"
#include "cli/line/command.h"
#include "cli/output/report.h"

static int
dnd_run(struct invocation *inv)
{
	const char *what = inv->opt.operands[0];
	const uint64_t deadline = options_deadline(&inv->opt);
	struct control_message request = { .type = CONTROL_RULE };
	enum verdict v;

	if (strcmp(what, "on") != 0 && strcmp(what, "off") != 0)
		return report(VERDICT_USAGE, "dnd is on or off, not '%.64s'", what);
	request.u.rule.dnd = what[1] == 'n' ? 2 : 1;
	v = link_command(&inv->link, &request, deadline);
	return v == VERDICT_OK ? 0 : report(v, "%s", inv->link.words);
}

const struct command command_dnd = {
	.name = "dnd",
	.operands = "on|off",
	.missing = N_("on or off?"),
	.summary = N_("do not disturb: refuse new chats and notes, or accept them again"),
	.examples = "pchat dnd on\n",
	.details = N_("A chat that you are in goes on. The setting is remembered across logins.\n"),
	.min_operands = 1,
	.max_operands = 1,
	.needs_session = true,
	.run = dnd_run,
};
