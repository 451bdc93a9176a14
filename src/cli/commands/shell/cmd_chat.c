/* pchat chat: the row. What runs it differs: pchat-full becomes pchat-chat, which links what a terminal takes. */
#include "base/translate.h"
#include "cli/line/command.h"

static const struct option_row options[] = {
	{ OPT_NO_BELL, 0, "no-bell", OPTION_NOTHING, NULL, N_("no bell for what arrives") },
	{ OPT_PLAIN, 0, "plain", OPTION_NOTHING, NULL, N_("one row, no drawing: for screen readers") },
	{ OPT_FULL_TIME, 0, "full-time", OPTION_NOTHING, NULL, N_("date and time with each record") },
	{ 0 },
};

const struct command command_chat = {
	.name = "chat",
	.operands = "[NAME]",
	.summary = N_("talk at a terminal: messages appear above the line being typed"),
	.examples = "pchat chat\n"
		    "pchat chat bob\n"
		    "tail -f build.log | pchat chat bob\n",
	.details = N_("Begins to chat with NAME, if given. In it, /help shows the commands; ^D closes\n"
		      "it, and you stay logged in: what arrives meanwhile is shown the next time.\n"
		      "Without a terminal it is a filter: each line of standard input is sent as it\n"
		      "is, and what arrives is printed.\n"),
	.options = options,
	.max_operands = 1,
	.names_first = true,
	.needs_session = true,
	.run = chat_run,
};
