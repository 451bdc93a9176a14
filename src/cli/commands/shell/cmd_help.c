/* pchat help [COMMAND]: another way to say --help. */
#include "base/translate.h"
#include "cli/line/command.h"
#include "cli/output/help.h"
#include "cli/output/report.h"

static int
help_command_run(struct invocation *inv)
{
	struct options *o = &inv->opt;

	o->command = o->operand_count > 0 ? command_find(inv->edition->commands, o->operands[0]) : NULL;
	if (o->operand_count > 0 && !o->command)
		return report(VERDICT_USAGE, "there is no command '%.64s'; 'pchat --help' lists them", o->operands[0]);
	o->given[OPT_HELP] = true;
	return help_run(inv);
}

const struct command command_help = {
	.name = "help",
	.operands = "[COMMAND]",
	.summary = N_("show help"),
	.examples = "pchat help\npchat help send\n",
	.max_operands = 1,
	.run = help_command_run,
};
