/* pchat notes on|off: take notes, or none. */
#include <string.h>

#include "cli/line/command.h"
#include "cli/output/report.h"

static int
notes_run(struct invocation *inv)
{
	const char *what = inv->opt.operands[0];
	const uint64_t deadline = options_deadline(&inv->opt);
	struct control_message request = { .type = CONTROL_RULE };
	enum verdict v;

	if (strcmp(what, "on") != 0 && strcmp(what, "off") != 0)
		return report(VERDICT_USAGE, "notes are on or off, not '%.64s'", what);
	request.u.rule.notes = what[1] == 'n' ? 2 : 1;
	v = link_command(&inv->link, &request, deadline);
	if (v != VERDICT_OK && inv->link.features == 0)
		return report(
		    VERDICT_FAILED, "the session's helper is of an older pchat; 'pchat quit' and log in again");
	return v == VERDICT_OK ? 0 : report(v, "%s", inv->link.words);
}

const struct command command_notes = {
	.name = "notes",
	.operands = "on|off",
	.missing = "on or off?",
	.summary = "take notes (see tell), or none",
	.examples = "pchat notes off\n",
	.details = "They are taken unless you say off. It is remembered across logins.\n",
	.min_operands = 1,
	.max_operands = 1,
	.needs_session = true,
	.knows_notes = true,
	.run = notes_run,
};
